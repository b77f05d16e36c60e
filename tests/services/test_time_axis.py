"""The time axis: true to seconds, with ticks where the clock of the reader shows whole hours, days and weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from webapp.services.time_axis import DAY, HOUR, MOST_CELLS, MOST_TICKS, RANGES, WIDTH, Axis, midnight

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)


def of(name: str, end: datetime = NOW, zone: tzinfo = BERLIN) -> Axis:
    return Axis(end - RANGES[name], end, zone, ends_now=True)


def day(year: int, month: int, number: int) -> Axis:
    """A day of Berlin, from midnight to midnight."""
    begin = datetime(year, month, number).date()
    return Axis(midnight(begin, BERLIN), midnight(begin + DAY, BERLIN), BERLIN)


def labels(axis: Axis) -> list[str]:
    return [tick.label for tick in axis.ticks()]


def test_a_day_has_ticks_on_every_third_hour_of_the_readers_clock() -> None:
    assert labels(of("24h")) == ["09:00", "12:00", "15:00", "18:00", "21:00", "22 Nov", "03:00"]


def test_a_label_at_the_edge_has_room_and_the_day_is_what_stays_said() -> None:
    assert labels(of("24h", datetime(2026, 11, 22, 22, 40, tzinfo=UTC)))[:3] == ["22 Nov", "", "06:00"]
    assert labels(of("24h", datetime(2026, 11, 22, 19, 40, tzinfo=UTC)))[:3] == ["", "22 Nov", "03:00"]
    assert labels(of("24h", datetime(2026, 11, 22, 21, 40, tzinfo=UTC)))[:3] == ["22 Nov", "03:00", "06:00"]


def test_an_hour_has_ticks_on_every_tenth_minute() -> None:
    assert labels(of("1h")) == ["05:50", "06:00", "06:10", "06:20", "06:30"]


def test_a_week_has_a_tick_on_every_midnight_but_where_now_stands() -> None:
    ticks = of("7d").ticks()
    assert [tick.label for tick in ticks][:2] == ["Mon 16", "Tue 17"]
    assert {tick.at.astimezone(BERLIN).hour for tick in ticks} == {0}
    assert len(ticks) == 6


def test_a_month_has_its_mondays_and_a_quarter_every_second_one() -> None:
    assert labels(of("30d")) == ["Mon 26 Oct", "Mon 2 Nov", "Mon 9 Nov", "Mon 16 Nov"]
    mondays = of("90d").ticks()
    assert all(later.at - earlier.at in (14 * DAY, 14 * DAY + HOUR) for earlier, later in pairwise(mondays))


def test_a_year_has_months() -> None:
    axis = Axis(NOW - 365 * DAY, NOW, BERLIN)
    assert all(label.endswith(("2025", "2026")) for label in labels(axis))
    assert 4 <= len(labels(axis)) <= MOST_TICKS


def test_the_day_on_which_clocks_go_forward_is_23_hours_wide() -> None:
    axis = day(2026, 3, 29)
    assert axis.seconds == 23 * 3600
    assert labels(axis) == ["29 Mar", "", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "30 Mar"]
    midday = axis.x(datetime(2026, 3, 29, 12, tzinfo=BERLIN))
    assert midday == round(WIDTH * 11 / 23, 1)
    assert axis.jumps() == [datetime(2026, 3, 29, 1, tzinfo=UTC)]


def test_the_day_on_which_clocks_go_back_is_25_hours_wide() -> None:
    axis = day(2026, 10, 25)
    assert axis.seconds == 25 * 3600
    assert axis.x(datetime(2026, 10, 25, 12, tzinfo=BERLIN)) == round(WIDTH * 13 / 25, 1)
    assert axis.jumps() == [datetime(2026, 10, 25, 1, tzinfo=UTC)]


def test_an_hour_that_does_not_exist_has_no_tick_and_one_that_comes_twice_has_two() -> None:
    spring = Axis(datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC), BERLIN)
    assert [label for label in labels(spring) if label.endswith(":00")] == ["01:00", "03:00", "04:00", "05:00", "06:00"]
    autumn = Axis(datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 4, tzinfo=UTC), BERLIN)
    assert labels(autumn).count("02:00") == 2


def test_a_week_with_a_change_of_clocks_keeps_its_ticks_on_midnight() -> None:
    ticks = of("7d", datetime(2026, 10, 28, 12, tzinfo=UTC)).ticks()
    assert {tick.at.astimezone(BERLIN).hour for tick in ticks} == {0}
    assert 25 * HOUR in [later.at - earlier.at for earlier, later in pairwise(ticks)]


def test_what_lies_outside_stands_on_the_edge() -> None:
    axis = of("24h")
    assert axis.x(NOW - 2 * DAY) == 0
    assert axis.x(NOW + DAY) == WIDTH


@pytest.mark.parametrize(("name", "step"), [("1h", 1 / 60), ("24h", 0.25), ("7d", 1), ("30d", 6), ("90d", 24)])
def test_cells_have_a_round_length(name: str, step: float) -> None:
    cells = of(name).cells()
    assert cells.step == step * HOUR
    assert cells.span(0)[0] == NOW - RANGES[name]
    assert cells.span(len(cells) - 1)[1] == NOW


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    end=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    minutes=st.integers(5, 400 * 1440),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_ticks_are_few_in_order_and_inside_and_cells_leave_no_gap(end: datetime, minutes: int, zone: str) -> None:
    moment = end.replace(tzinfo=UTC)
    axis = Axis(moment - timedelta(minutes=minutes), moment, ZoneInfo(zone))
    ticks = axis.ticks()
    assert len(ticks) <= MOST_TICKS + 1
    assert all(axis.start <= tick.at <= axis.end for tick in ticks)
    assert all(earlier.x <= later.x for earlier, later in pairwise(ticks))
    cells = axis.cells()
    spans = [cells.span(number) for number in range(len(cells))]
    assert len(spans) <= MOST_CELLS
    assert (spans[0][0], spans[-1][1]) == (axis.start, axis.end)
    assert all(earlier[1] == later[0] for earlier, later in pairwise(spans))
    assert all(begin < until for begin, until in spans)
