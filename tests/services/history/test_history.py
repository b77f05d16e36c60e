"""Points of a chart: few, in order, from raw or rolled up, and a gap stays a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import event, text

from tests.services.history.conftest import AddCamera, AddReadings
from webapp.extensions import db
from webapp.outcomes import Outcome
from webapp.services import rollups
from webapp.services.history import MOST_POINTS, series

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
TODAY = datetime(2026, 11, 22, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def every(step: timedelta, start: datetime, end: datetime) -> list[datetime]:
    return [start + n * step for n in range((end - start) // step)]


def test_a_day_has_a_point_for_every_check(add_camera: AddCamera, add_readings: AddReadings) -> None:
    camera_id = add_camera()
    add_readings(camera_id, every(MINUTE, NOW - 2 * DAY, NOW), latency_ms=7.0, fps_actual=15.0)
    found = series(camera_id, NOW - DAY, NOW, NOW)
    assert (found.width, len(found.points)) == (MINUTE, 1440)
    first = found.points[0]
    assert (first.start, first.end, first.good, first.failed, first.worst) == (
        NOW - DAY,
        NOW - DAY + MINUTE,
        1,
        0,
        None,
    )
    assert (first.latency_p50_ms, first.latency_p95_ms, first.fps_low, first.fps_mean) == (7, 7, 15, 15)


def test_what_was_not_checked_has_no_point(add_camera: AddCamera, add_readings: AddReadings) -> None:
    camera_id = add_camera()
    add_readings(camera_id, [NOW - 3 * HOUR, NOW - HOUR])
    assert [point.start for point in series(camera_id, NOW - DAY, NOW, NOW).points] == [NOW - 3 * HOUR, NOW - HOUR]


def test_a_failed_check_says_why_and_our_own_fault_is_neither(add_camera: AddCamera, add_readings: AddReadings) -> None:
    camera_id = add_camera()
    add_readings(camera_id, [NOW - 2 * MINUTE], Outcome.TIMEOUT)
    add_readings(camera_id, [NOW - MINUTE], Outcome.SKIPPED)
    failed, ours = series(camera_id, NOW - HOUR, NOW, NOW).points
    assert (failed.good, failed.failed, failed.ours, failed.worst) == (0, 1, 0, Outcome.TIMEOUT)
    assert (ours.good, ours.failed, ours.ours, ours.worst) == (0, 0, 1, None)


@pytest.mark.parametrize(
    ("asked", "width"), [(HOUR, MINUTE), (DAY, MINUTE), (25 * HOUR, MINUTE), (7 * DAY, HOUR), (60 * DAY, HOUR)]
)
def test_longer_periods_have_wider_points(add_camera: AddCamera, asked: timedelta, width: timedelta) -> None:
    assert series(add_camera(), NOW - asked, NOW, NOW).width == width


def test_a_year_has_a_point_a_day(add_camera: AddCamera) -> None:
    assert series(add_camera(), NOW - 365 * DAY, NOW, NOW).width == DAY


def test_a_camera_that_is_checked_every_ten_minutes_has_points_that_touch(
    add_camera: AddCamera, add_readings: AddReadings
) -> None:
    camera_id = add_camera(check_interval_seconds=600)
    add_readings(camera_id, every(10 * MINUTE, NOW - 2 * HOUR + 3 * MINUTE, NOW + 3 * MINUTE))
    points = series(camera_id, NOW - HOUR, NOW, NOW).points
    assert [point.good for point in points] == [1] * 6
    assert all(a.end == b.start for a, b in pairwise(points))


def test_hours_come_from_roll_ups_and_the_last_ones_from_raw(add_camera: AddCamera, add_readings: AddReadings) -> None:
    camera_id = add_camera()
    add_readings(camera_id, every(10 * MINUTE, NOW - 3 * DAY, NOW), latency_ms=7.0)
    before = series(camera_id, NOW - 3 * DAY, NOW, NOW)
    rollups.roll_up(NOW - HOUR)
    assert series(camera_id, NOW - 3 * DAY, NOW, NOW) == before
    assert [point.good for point in before.points] == [3, *[6] * 71, 3]


def test_days_come_from_roll_ups_and_today_from_raw(add_camera: AddCamera, add_readings: AddReadings) -> None:
    camera_id = add_camera()
    add_readings(camera_id, every(HOUR, NOW - 70 * DAY, NOW), latency_ms=7.0)
    before = series(camera_id, NOW - 80 * DAY, NOW, NOW)
    for day in every(DAY, TODAY - 70 * DAY, TODAY):
        rollups.compute(rollups.DAYS, day)
    assert series(camera_id, NOW - 80 * DAY, NOW, NOW) == before
    assert [point.good for point in before.points] == [12, *[24] * 69, 12]
    assert before.points[-1].start == TODAY


def test_there_are_never_more_points_than_a_chart_can_show(add_camera: AddCamera) -> None:
    found = series(add_camera(), NOW - 5000 * DAY, NOW, NOW)
    assert (found.end - found.start) <= MOST_POINTS * DAY


def test_nobody_asks_in_vain_for_a_camera_that_is_gone_or_for_the_future(add_camera: AddCamera) -> None:
    assert series("gone", NOW - DAY, NOW, NOW).points == []
    assert series(add_camera(), NOW + HOUR, NOW + DAY, NOW).points == []


@pytest.mark.parametrize("either_app", ["postgresql"], indirect=True)
def test_no_chart_reads_the_whole_table(add_camera: AddCamera, add_readings: AddReadings) -> None:
    for _ in range(20):
        add_readings(add_camera(), every(MINUTE, TODAY, NOW))
    db.session.execute(text("ANALYZE camera_health"))
    camera_id, asked = add_camera(), list[str]()
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2] % as_literals(args[3])))
    series(camera_id, NOW - DAY, NOW, NOW)
    series(camera_id, NOW - 30 * DAY, NOW, NOW)
    queries = [query for query in asked if "FROM camera_health \n" in query]
    assert len(queries) == 2
    assert not [found for found in map(plan, queries) if "Index" not in found or "Seq Scan" in found]


def as_literals(parameters: dict[str, object]) -> dict[str, str]:
    return {name: f"'{value}'" for name, value in parameters.items()}


def plan(query: str) -> str:
    with db.engine.connect() as connection:
        return "\n".join(row[0] for row in connection.exec_driver_sql("EXPLAIN " + query))
