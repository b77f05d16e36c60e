"""A sweep of healthy cameras by the real scheduler and workers, before and while ten thousand rows are imported."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import jobs
from benchmarks.imports import ROWS, import_file, read_import
from benchmarks.measure import Figures, camera_farm, say
from benchmarks.stack import Stack, add_cameras, stack, wait_until
from webapp.extensions import db
from webapp.models import User, WorkState, utc_now
from webapp.schemas import ImportOptions, parse
from webapp.services import live, sweep_plan
from webapp.services.imports import applying, drafts, undoing
from webapp.services.rights import EVERYTHING

CAMERAS = 300
INTERVAL_S = 20
QUIET_TICKS = 3


def measure(figures: Figures, _seconds: float) -> None:
    for database in ("sqlite", "postgresql"):
        settings = {"CHECK_INTERVAL_SECONDS": str(INTERVAL_S)}
        with camera_farm() as (address, _pid), stack(database, **settings) as running:
            add_cameras([f"rtsp://{address}/sim/none/door-h264-720p-gop2-mid/{n}" for n in range(CAMERAS)])
            quiet, busy, ticks = _measure(running, database)
        figures.ratio(f"sweep_on_time_beside_an_import_{database}", busy, "≥ 0.99")
        figures.note(
            f"{CAMERAS} cameras every {INTERVAL_S} s, {database}: {100 * quiet:.2f} % on time alone, "
            f"{100 * busy:.2f} % in the {ticks} ticks in which {ROWS} rows were checked, applied and undone",
        )


def _measure(running: Stack, database: str) -> tuple[float, float, int]:
    """The shares on time without and with the import, and how many ticks the import lasted."""
    running.start("jobs.schedule")
    for queue in ("tick", "checks", "checks", "slow"):
        running.start("jobs.worker", queue)
    first = sweep_plan.tick_of(datetime.now(UTC)) + timedelta(seconds=2 * INTERVAL_S)
    say(f"together: {CAMERAS} cameras, {database}, alone …")
    begin = first + timedelta(seconds=QUIET_TICKS * INTERVAL_S)
    sleep_until(begin)
    say(f"together: and {ROWS} rows …")
    _import_and_undo()
    end = sweep_plan.tick_of(datetime.now(UTC)) + timedelta(seconds=INTERVAL_S)
    sleep_until(end + timedelta(seconds=INTERVAL_S))
    return on_time(first, begin), on_time(begin, end), int((end - begin).total_seconds() / INTERVAL_S)


def _import_and_undo() -> None:
    person = User(email="bench@example.com", role="admin", password_hash="-")  # noqa: S106 - nobody signs in
    db.session.add(person)
    db.session.commit()
    import_ = drafts.create(person, "bench.csv", import_file(is_active=False), utc_now())
    drafts.start_check(import_, parse(ImportOptions, import_.options), EVERYTHING, utc_now())
    _work(import_.id, "check", WorkState.CHECKED)
    applying.start(read_import(import_.id), False, utc_now())
    _work(import_.id, "apply", WorkState.DONE)
    undoing.start(read_import(import_.id), utc_now())
    _work(import_.id, "undo", WorkState.UNDONE)


def _work(import_id: str, act: str, end: WorkState) -> None:
    jobs.work_on_import(import_id, act)
    wait_until(lambda: read_import(import_id).state == end, 300)


def on_time(start: datetime, end: datetime) -> float:
    """Share of the cameras that were checked within their interval, in the ticks from `start` to before `end`."""
    length = timedelta(seconds=INTERVAL_S)
    counts = [live.counts(start + n * length) for n in range(int((end - start) / length))]
    return sum(count.done - count.late for count in counts) / (CAMERAS * len(counts))


def sleep_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
