"""A month of a thousand cameras, 43 million readings, on PostgreSQL: what charts, timelines and writing cost then.

HISTORY_CAMERAS and HISTORY_DAYS in the environment make it smaller. All of it takes 10 GB for a while.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from benchmarks import past
from benchmarks.measure import Figures, say
from benchmarks.pages import add_person, signed_in
from benchmarks.past import Past
from benchmarks.stack import stack
from webapp.extensions import db
from webapp.models import Camera, CameraHealth, utc_now
from webapp.outcomes import Outcome, Reading
from webapp.services import availability, history, outages, partitions, readings, rollups, timeline
from webapp.services.sweep_plan import claim

MONTH, DAY, HOUR, MINUTE = timedelta(days=30), timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FEW_ROWS = 1_000_000
BATCH, BATCHES = 50, 60
ROUNDS = 40
BYTES_A_ROW = 230


def measure(figures: Figures, _seconds: float) -> None:
    cameras, days = int(os.environ.get("HISTORY_CAMERAS", 1000)), int(os.environ.get("HISTORY_DAYS", 30))
    _require_room(cameras * days * 1440 * BYTES_A_ROW)
    with stack("postgresql") as running:
        password = add_person()
        made = past.begin(cameras, days, utc_now())
        few_ms, many_ms = _fill(made)
        rows = _count()
        figures.ratio("history_writing_a_batch_with_all_rows_against_1_million", many_ms / few_ms, "≤ 1.2")
        figures.note(
            f"{rows / 1e6:.1f} million readings: a batch of {BATCH} is written in {many_ms:.1f} ms, "
            f"at 1 million in {few_ms:.1f}",
            history_rows=rows,
            history_batch_ms_few=few_ms,
            history_batch_ms_many=many_ms,
        )
        _roll_up(figures, made)
        _read(figures, made)
        _open_pages(figures, made, signed_in(running.app, password))
        _drop_a_day(figures, made)


def _require_room(needed: int) -> None:
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 2 * needed:
        raise SystemExit(f"{needed / 1e9:.0f} GB and as much to spare are needed in {tempfile.gettempdir()}")


def _fill(made: Past) -> tuple[float, float]:
    """Milliseconds for a batch when there are a million readings, and when there are all."""
    first = made.start + FEW_ROWS // len(made.camera_ids) * MINUTE
    say(f"history: {len(made.camera_ids)} cameras since {made.start:%Y-%m-%d %H:%M} …")
    past.add_readings(made.start, first - MINUTE)
    past.settle()
    few_ms = _batch_ms(made, first)
    for number, (start, end) in enumerate(made.pieces(), 1):
        say(f"history: day {number} …")
        past.add_readings(max(start, first), end)
    past.add_changes(made)
    past.settle()
    return few_ms, _batch_ms(made, made.end)


def _batch_ms(made: Past, tick: datetime) -> float:
    """The median over batches that each write one minute of some cameras, as the checks do.

    Counted from the second minute of each camera on: with the first the pages come back into memory that whatever was
    done before has driven out, while in daily life they are written every minute.
    """
    took: list[float] = []
    a_round = max(1, len(made.camera_ids) // BATCH)
    for number in range(a_round + BATCHES):
        first, at = number % a_round * BATCH, tick + number // a_round * MINUTE
        good = Reading(at, Outcome.ONLINE, connect_ms=1.0, options_ms=2.0, describe_ms=4.0, frame_ms=310.0)
        claims = claim(made.camera_ids[first : first + BATCH], at, at, force=True)
        took.append(_ms(readings.record, at, [(claimed, good) for claimed in claims]))
    return statistics.median(took[a_round:])


def _count() -> int:
    return db.session.scalar(select(func.count()).select_from(CameraHealth)) or 0


def _roll_up(figures: Figures, made: Past) -> None:
    say("history: rolling up …")
    started = time.monotonic()
    pieces = rollups.roll_up(made.end)
    took = time.monotonic() - started
    hour_ms = _ms(
        lambda: rollups.compute(rollups.HOURS, rollups.floor(made.end, rollups.HOURS.length) - 9 * 60 * MINUTE)
    )
    day_ms = _ms(lambda: rollups.compute(rollups.DAYS, rollups.floor(made.end, DAY) - DAY))
    past.settle()
    figures.note(
        f"rolled up {pieces} hours and days in {took:.0f} s; one hour of the fleet takes {hour_ms:.0f} ms, one day "
        f"{day_ms:.0f} ms",
        history_roll_up_s=took,
        history_roll_up_hour_ms=hour_ms,
        history_roll_up_day_ms=day_ms,
    )


def _read(figures: Figures, made: Past) -> None:
    say("history: reading …")
    db.session.commit()
    cameras = list(db.session.scalars(select(Camera)))
    group = [camera for camera in cameras if camera.group_id == made.group_ids[0]]
    end, month = made.end, made.end - MONTH
    chart = _spread(made, lambda id: history.series(id, month, end, end))
    raw = _spread(made, lambda id: history.from_raw(id, month, end, HOUR), 3)
    strips = statistics.median(_ms(timeline.spans, group, end - DAY, end, end) for _ in range(ROUNDS))
    fleet = _ms(availability.of_cameras, cameras, month, end, end)
    listed = _ms(outages.of_cameras, [camera.id for camera in cameras], month, end)
    figures.ratio("history_month_chart_from_raw_against_roll_ups", raw[0] / chart[0], "> 10")
    figures.note(
        f"chart of 30 days: median {chart[0]:.1f} ms, slowest {chart[1]:.1f} (goal ≤ 50), from raw {raw[0]:.0f}; "
        f"24 h of {len(group)} cameras {strips:.1f} ms (goal ≤ 150); "
        f"availability of {len(cameras)} cameras in 30 days {fleet:.0f} ms, {listed:.0f} of it for their outages",
        history_month_chart_ms=chart[0],
        history_month_chart_slowest_ms=chart[1],
        history_month_chart_from_raw_ms=raw[0],
        history_day_of_group_ms=strips,
        history_availability_ms=fleet,
    )


def _spread(made: Past, ask: Callable[[str], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """The median and the slowest over cameras all through the fleet, each asked once."""
    step = max(1, len(made.camera_ids) // rounds)
    took = [_ms(ask, camera_id) for camera_id in made.camera_ids[::step]]
    return statistics.median(took), max(took)


def _open_pages(figures: Figures, made: Past, client: FlaskClient) -> None:
    camera = _page_ms(client, [f"/cameras/{id}/timeline?range=30d" for id in made.camera_ids[:ROUNDS]])
    group = _page_ms(client, [f"/groups/{id}/timeline?range=24h" for id in made.group_ids])
    figures.note(
        f"pages: a camera's 30 days {camera:.0f} ms, a group's 24 hours {group:.0f} ms",
        history_camera_page_ms=camera,
        history_group_page_ms=group,
    )


def _page_ms(client: FlaskClient, urls: Sequence[str]) -> float:
    took = []
    for url in urls:
        started = time.perf_counter()
        answer = client.get(url)
        took.append((time.perf_counter() - started) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{url} was answered with {answer.status_code}")
    return statistics.median(took)


def _drop_a_day(figures: Figures, made: Past) -> None:
    day = made.start.date() + DAY
    size = partitions.extent(day)
    started = time.perf_counter()
    partitions.drop(day)
    took = (time.perf_counter() - started) * 1000
    whole = db.session.scalar(text("SELECT pg_database_size(current_database())")) or 0
    figures.note(
        f"a day of {size.rows} readings, {(size.bytes or 0) / 1e6:.0f} MB, is counted and dropped in {took:.0f} ms; "
        f"the database has {whole / 1e9:.1f} GB",
        history_drop_day_ms=took,
        history_database_gb=whole / 1e9,
    )


def _ms(act: Callable[..., object], *arguments: object) -> float:
    db.session.rollback()
    started = time.perf_counter()
    act(*arguments)
    return (time.perf_counter() - started) * 1000
