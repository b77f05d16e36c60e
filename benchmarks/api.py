"""The REST API with a large fleet: a list, an export that streams, and readers beside a sweep."""

from __future__ import annotations

import tracemalloc
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from urllib.error import URLError

from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks import site
from benchmarks.measure import Figures, camera_farm, free_port, say
from benchmarks.pages import add_person, count_queries, medians_ms
from benchmarks.stack import Stack, add_cameras, stack, wait_until
from benchmarks.together import CAMERAS, INTERVAL_S, QUIET_TICKS, on_time, sleep_until
from webapp.extensions import db
from webapp.models import User, utc_now
from webapp.services import sweep_plan, tokens

LIST = "/api/v1/cameras?page_size=200"
FLEETS = (200, 5000)
GROUPS = 400
GOAL_MS = 15
EXPORTS = (5000, 20_000)
READERS = 20


def measure(figures: Figures, _seconds: float) -> None:
    for database in ("sqlite", "postgresql"):
        with stack(database) as running:
            _measure_lists(figures, running, database)
    for database in ("sqlite", "postgresql"):
        settings = {"CHECK_INTERVAL_SECONDS": str(INTERVAL_S), "API_CALLS_PER_MINUTE": "1000000"}
        with camera_farm() as (address, _pid), stack(database, **settings) as running:
            add_cameras([f"rtsp://{address}/sim/none/door-h264-720p-gop2-mid/{n}" for n in range(CAMERAS)])
            _measure_readers(figures, running, database)


def _measure_lists(figures: Figures, running: Stack, database: str) -> None:
    headers, client = _headers(), running.app.test_client()
    group_ids, queries, have = site.make_groups(GROUPS), list[int](), 0
    for size in FLEETS:
        say(f"api: {database}, {size} cameras in {GROUPS} groups …")
        site.add_cameras(size - have, group_ids, have)
        have = size
        client.get(LIST, headers=headers)  # the first use of a token is written down
        queries.append(count_queries(lambda: client.get(LIST, headers=headers)))
    if len(set(queries)) > 1:
        raise SystemExit(f"the list takes {queries} queries with {FLEETS} cameras")
    took = medians_ms({"list": lambda: client.get(LIST, headers=headers)}, 100)["list"]
    figures.ratio(f"api_list_to_its_goal_{database}", took / GOAL_MS, f"< 1, {GOAL_MS} ms")
    text = f"{database}, {have:,} cameras: list of 200 in {took:.1f} ms and {queries[-1]} queries"
    figures.note(text, **{f"api_list_ms_{database}": took, f"api_list_queries_{database}": queries[-1]})
    peaks = [_peak_mb(client, headers)]
    site.add_cameras(EXPORTS[1] - have, group_ids, have)
    peaks.append(_peak_mb(client, headers))
    figures.ratio(f"api_export_peak_of_four_times_the_rows_{database}", peaks[1] / peaks[0], "< 1.2")
    text = (
        f"{database}: export of {EXPORTS[0]:,} rows at a peak of {peaks[0]:.1f} MB, of {EXPORTS[1]:,} {peaks[1]:.1f} MB"
    )
    figures.note(text, **{f"api_export_peak_mb_{database}": peaks[1]})


def _peak_mb(client: FlaskClient, headers: dict[str, str]) -> float:
    """The most that Python held at a time while an export was streamed, read and thrown away."""
    db.session.remove()
    tracemalloc.start()
    try:
        for _ in client.get("/api/v1/cameras/export?format=csv", headers=headers, buffered=False).response:
            pass
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def _headers() -> dict[str, str]:
    add_person()
    _, text = tokens.log_in(db.session.scalars(select(User)).one(), utc_now())
    return {"Authorization": f"Bearer {text}"}


def _measure_readers(figures: Figures, running: Stack, database: str) -> None:
    headers = _headers()
    running.start("jobs.schedule")
    for queue in ("tick", "checks", "checks"):
        running.start("jobs.worker", queue)
    begin = sweep_plan.tick_of(datetime.now(UTC)) + timedelta(seconds=2 * INTERVAL_S)
    turn = begin + timedelta(seconds=QUIET_TICKS * INTERVAL_S)
    end = turn + timedelta(seconds=QUIET_TICKS * INTERVAL_S)
    say(f"api: {CAMERAS} cameras every {INTERVAL_S} s, {database}, alone …")
    sleep_until(turn)
    say(f"api: and {READERS} readers …")
    with _readers(running, headers) as answers:
        sleep_until(end)
    sleep_until(end + timedelta(seconds=INTERVAL_S))
    quiet, busy = on_time(begin, turn), on_time(turn, end)
    rate = len(answers) / (QUIET_TICKS * INTERVAL_S)
    figures.ratio(f"sweep_on_time_beside_{READERS}_readers_{database}", busy / max(quiet, 0.01), "≥ 0.99")
    figures.note(
        f"{CAMERAS} cameras every {INTERVAL_S} s, {database}: {100 * quiet:.2f} % on time alone, {100 * busy:.2f} % "
        f"beside {READERS} integrators who read {rate:.1f} pages of 200 a second"
    )


@contextmanager
def _readers(running: Stack, headers: dict[str, str]) -> Iterator[list[int]]:
    """Integrators who each read one page after the other from a real server; the sizes of the answers so far."""
    port, over, answers = free_port(), Event(), list[int]()
    running.start("gunicorn", f"--bind=127.0.0.1:{port}", "--log-level=critical", "wsgi:app")
    address = f"http://127.0.0.1:{port}{LIST}"
    wait_until(lambda: _read(address, headers) > 0, 60)

    def reading() -> None:
        while not over.is_set():
            answers.append(_read(address, headers))

    threads = [Thread(target=reading) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _read(address: str, headers: dict[str, str]) -> int:
    """Bytes of an answer; 0 while nobody serves."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:  # noqa: S310
            return len(answer.read())
    except URLError:
        return 0
