"""The shapes of a timeline: in their place, wide enough to be seen, and never across a gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webapp.services.history import Point, Series
from webapp.services.stays import Stay
from webapp.services.time_axis import Axis
from webapp.views import lanes

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = Axis(NOW - 24 * HOUR, NOW, ends_now=True)


def stay(begin: float, end: float, status: str) -> Stay:
    return Stay(NOW - begin * HOUR, NOW - end * HOUR, status)


def points(*latencies: float | None) -> Series:
    """One an hour, the last one before now."""
    made = [
        Point(NOW - n * HOUR, NOW - (n - 1) * HOUR, 60, 0, 0, None, value, value * 2, 15, 15)
        for n, value in zip(range(len(latencies), 0, -1), latencies, strict=True)
        if value is not None
    ]
    return Series(DAY.start, DAY.end, HOUR, made)


def test_bars_lie_where_their_time_does() -> None:
    live, down = lanes.bars([stay(24, 6, "live"), stay(6, 0, "offline")], DAY)
    assert (live.x, live.width) == (0, 750)
    assert (down.x, down.width, down.height) == (750, 250, lanes.HEIGHT)


def test_live_is_a_calm_line_between_what_is_wrong() -> None:
    [live] = lanes.bars([stay(24, 0, "live")], DAY)
    assert live.height < lanes.HEIGHT


def test_a_short_outage_is_wide_enough_to_be_seen_and_drawn_over_its_neighbours() -> None:
    found = lanes.bars([stay(24, 0.005, "live"), stay(0.005, 0, "offline")], DAY)
    assert found[-1].status == "offline"
    assert (found[-1].x, found[-1].width) == (1000 - lanes.LEAST_WIDTH, lanes.LEAST_WIDTH)


def test_what_is_not_known_is_as_wide_as_it_was() -> None:
    bar = lanes.bars([stay(24, 1, "live"), stay(1, 0.999, "unknown"), stay(0.999, 0, "live")], DAY)[1]
    assert bar.status == "unknown"
    assert bar.width < 1


def test_cells_hold_every_second_of_the_stays() -> None:
    cells = DAY.cells()
    made = lanes.cells_of([stay(20, 6.1, "live"), stay(6.1, 5.9, "offline"), stay(5.9, 0, "live")], cells)
    assert sum(cell.get("offline", 0) for cell in made) == pytest.approx(0.2 * 3600)
    assert sum(sum(cell.values()) for cell in made) == pytest.approx(20 * 3600)
    assert made[0] == {}


def test_equal_cells_are_one_shape_and_empty_ones_none() -> None:
    cells = DAY.cells()
    made = lanes.cells_of([stay(12, 0, "live")], cells)
    assert lanes.stacks(made, cells, DAY) == {"live": "M500 4H1000v8H500z"}


def test_one_camera_of_a_thousand_can_be_seen() -> None:
    cells = DAY.cells()
    path = lanes.stacks([{"live": 999.0, "offline": 1.0}] * len(cells), cells, DAY)
    assert path["offline"] == f"M0 0H1000v{lanes.HEIGHT * lanes.LEAST_SHARE:.1f}H0z"


def test_what_is_switched_off_counts_nowhere() -> None:
    cells = DAY.cells()
    assert lanes.stacks([{"disabled": 900.0}] * len(cells), cells, DAY) == {}


def test_a_line_breaks_where_checks_are_missing() -> None:
    line = lanes.latency(points(20, 20, None, None, 20, 20), DAY, 46).line
    assert line.count("M") == 2


def test_a_lonely_point_is_as_wide_as_its_span() -> None:
    assert lanes.latency(points(20, None, None), DAY, 46).line == "M875 27.6L916.7 27.6"


def test_without_a_value_nothing_is_drawn() -> None:
    chart = lanes.latency(points(None, None), DAY, 46)
    assert chart.is_empty
    assert chart.largest is None


def test_the_scale_ends_at_a_number_that_reads_well() -> None:
    assert [lanes.round_up(value) for value in (0.4, 1, 7, 18, 31, 100, 101)] == [1, 1, 10, 20, 50, 100, 200]


def test_frames_are_drawn_against_what_is_expected() -> None:
    chart = lanes.frame_rate(points(20, 20), DAY, 30, 15.0)
    assert chart.expected_y == pytest.approx(30 * (1 - 1 / 1.15), abs=0.1)
