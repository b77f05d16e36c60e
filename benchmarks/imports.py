"""10,000 new cameras from a file by a real worker, on both databases, while somebody else writes all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

import jobs
from benchmarks.measure import Figures, say
from benchmarks.stack import Stack, add_cameras, stack, wait_until
from webapp.extensions import db, transaction
from webapp.models import Camera, Import, User, WorkState, utc_now
from webapp.schemas import ImportOptions, parse
from webapp.services.imports import applying, drafts, undoing
from webapp.services.rights import EVERYTHING

ROWS = 10_000
BEST_PEER_S = 0.061
"""What the best of the others needs for one row."""
PAUSE_S = 0.02


def measure(figures: Figures, _seconds: float) -> None:
    for database in ("sqlite", "postgresql"):
        with stack(database) as running:
            running.start("jobs.worker", "slow")
            found = _import(running, database, is_all_or_nothing=False)
        with stack(database) as running:
            running.start("jobs.worker", "slow")
            at_once = _import(running, database, is_all_or_nothing=True)
        figures.ratio(f"import_rows_per_second_against_the_best_peer_{database}", _against_peer(found), "> 20")
        figures.note(
            f"import of {ROWS} new cameras, {database}: dry run {found.dry_run_s:.1f} s, apply {found.apply_s:.1f} s "
            f"({ROWS / found.apply_s:.0f} rows/s), undo {found.undo_s:.1f} s, worker process {found.peak_mb:.0f} MB; "
            f"another writer waited {found.wait_s:.2f} s at most, all or nothing ({at_once.apply_s:.1f} s, "
            f"{at_once.peak_mb:.0f} MB) {at_once.wait_s:.2f} s",
            **{f"import_{database}_{name}": value for name, value in vars(found).items()},
            **{f"import_{database}_all_or_nothing_{name}": value for name, value in vars(at_once).items()},
        )


@dataclass
class Measured:
    dry_run_s: float
    apply_s: float
    undo_s: float
    peak_mb: float
    wait_s: float
    """The longest time another writer waited during the apply."""


def _against_peer(found: Measured) -> float:
    return BEST_PEER_S / ((found.dry_run_s + found.apply_s) / ROWS)


def _import(running: Stack, database: str, is_all_or_nothing: bool) -> Measured:
    say(f"imports: {ROWS} rows, {database}{', all or nothing' if is_all_or_nothing else ''} …")
    add_cameras([f"rtsp://127.200.0.1/{n}" for n in range(500)])
    person = User(email="bench@example.com", role="admin", password_hash="-")  # noqa: S106 - nobody signs in
    db.session.add(person)
    db.session.commit()
    import_ = drafts.create(person, "bench.csv", import_file(), utc_now())
    drafts.start_check(import_, parse(ImportOptions, import_.options), EVERYTHING, utc_now())
    peak = Peak(running.processes["slow"][0].pid)
    with peak.watched():
        dry_run_s = _work(import_.id, "check", WorkState.CHECKED)
        applying.start(read_import(import_.id), is_all_or_nothing, utc_now())
        writer = Writer(running.app)
        with writer.writing():
            apply_s = _work(import_.id, "apply", WorkState.DONE)
        undoing.start(read_import(import_.id), utc_now())
        undo_s = _work(import_.id, "undo", WorkState.UNDONE)
    return Measured(dry_run_s, apply_s, undo_s, peak.mb, writer.longest_s)


def import_file(is_active: bool = True) -> bytes:
    active = "yes" if is_active else "no"
    lines = (
        f"Kamera {n};C-{n:05};rtsp://127.1.{n // 250}.{n % 250}:554/stream1;admin;geheim {n};"
        f"Werk {n % 5} > Halle {n % 40};Über Tür {n};Axis;P32{n % 90};tor, nacht;1920x1080;15;{active}"
        for n in range(ROWS)
    )
    head = "Bezeichnung;Code;RTSP URL;Benutzer;Kennwort;Gruppe;Ort;Hersteller;Modell;Tags;Auflösung;FPS;Active"
    return "\r\n".join([head, *lines]).encode("windows-1252")


def _work(import_id: str, act: str, end: WorkState) -> float:
    jobs.work_on_import(import_id, act)
    return wait_until(lambda: read_import(import_id).state == end, 300)


def read_import(import_id: str) -> Import:
    db.session.rollback()
    return db.session.get_one(Import, import_id, populate_existing=True)


class Peak:
    """The most memory a job's process held, as the kernel notes it."""

    def __init__(self, worker_pid: int) -> None:
        self.mb = 0.0
        self._children = Path(f"/proc/{worker_pid}/task/{worker_pid}/children")
        self._is_over = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch)
        thread.start()
        yield
        self._is_over.set()
        thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(0.05):
            for pid in self._children.read_text().split():
                self.mb = max(self.mb, _peak_mb(pid))


def _peak_mb(pid: str) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it has just ended
        return 0.0
    lines = dict(line.partition(":")[::2] for line in status.splitlines())
    return float(lines.get("VmHWM", "0 kB").split()[0]) / 1e3


class Writer:
    """Somebody who changes one camera after the other, and notes how long the database let them wait."""

    def __init__(self, app: Flask) -> None:
        self.longest_s = 0.0
        self._app = app
        self._is_over = threading.Event()

    @contextmanager
    def writing(self) -> Iterator[None]:
        thread = threading.Thread(target=self._write)
        thread.start()
        yield
        self._is_over.set()
        thread.join()

    def _write(self) -> None:
        with self._app.app_context():
            ids = [camera_id for (camera_id,) in db.session.query(Camera.id).filter(Camera.name.like("Camera %"))]
            turn = 0
            while not self._is_over.wait(PAUSE_S):
                began = time.monotonic()
                with transaction():
                    db.session.get_one(Camera, ids[turn % len(ids)], populate_existing=True).latency_ms = turn
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                turn += 1
            db.session.remove()
