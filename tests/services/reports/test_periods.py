"""Whole days by somebody's clocks, what comes after and what was before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.services.reports.periods import Kind, Period, between, holding, last_over

VIENNA = "Europe/Vienna"
ZONES = (VIENNA, "UTC", "America/New_York", "Asia/Beirut", "Pacific/Apia", "Australia/Lord_Howe")


def test_a_week_begins_on_monday_by_the_clocks_of_the_zone() -> None:
    week = holding(Kind.WEEK, date(2026, 11, 22), VIENNA)
    assert (week.first, week.last) == (date(2026, 11, 16), date(2026, 11, 22))
    assert week.start == datetime(2026, 11, 15, 23, tzinfo=UTC)
    assert week.end == datetime(2026, 11, 22, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 167), (date(2026, 10, 25), 169), (date(2026, 6, 1), 168)]
)
def test_a_week_in_which_the_clocks_change_is_an_hour_off(day: date, hours: int) -> None:
    week = holding(Kind.WEEK, day, VIENNA)
    assert week.end - week.start == timedelta(hours=hours)


def test_a_day_that_begins_without_midnight_begins_when_it_does() -> None:
    day = holding(Kind.DAY, date(2026, 3, 29), "Asia/Beirut")
    assert day.start == datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert day.end - day.start == timedelta(hours=23)


@pytest.mark.parametrize(
    ("kind", "first", "last", "days"),
    [
        (Kind.MONTH, date(2026, 2, 1), date(2026, 2, 28), 28),
        (Kind.DAY, date(2026, 2, 17), date(2026, 2, 17), 1),
        (Kind.WEEK, date(2026, 2, 16), date(2026, 2, 22), 7),
    ],
)
def test_it_holds_the_day(kind: Kind, first: date, last: date, days: int) -> None:
    found = holding(kind, date(2026, 2, 17), "UTC")
    assert (found.first, found.last, found.days) == (first, last, days)


def test_the_last_one_that_is_over_depends_on_the_clocks() -> None:
    midnight_in_vienna = datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert last_over(Kind.WEEK, midnight_in_vienna, VIENNA).first == date(2026, 11, 16)
    assert last_over(Kind.WEEK, midnight_in_vienna, "UTC").first == date(2026, 11, 9)


@given(
    st.sampled_from([Kind.DAY, Kind.WEEK, Kind.MONTH]),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.sampled_from(ZONES),
)
def test_periods_touch_and_come_back(kind: Kind, day: date, zone: str) -> None:
    found = holding(kind, day, zone)
    assert found.first <= day <= found.last
    assert found.after.start == found.end
    assert found.before.end == found.start
    assert found.after.before == found == found.before.after


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 365), st.sampled_from(ZONES))
def test_a_custom_one_is_followed_by_as_many_days(day: date, more: int, zone: str) -> None:
    found = Period(Kind.CUSTOM, day, day + timedelta(days=more), zone)
    assert found.after.before == found
    assert found.after.days == found.days
    assert found.after.start == found.end


@given(st.sampled_from(list(Kind)), st.dates(date(2012, 1, 1), date(2100, 1, 1)), st.sampled_from(ZONES))
def test_it_is_read_from_its_moments_as_it_was_written(kind: Kind, day: date, zone: str) -> None:
    found = holding(kind, day, zone)
    assert between(found.start, found.end, kind, zone) == found


@pytest.mark.parametrize(
    ("period", "title"),
    [
        (holding(Kind.WEEK, date(2026, 11, 20), "UTC"), "Week of 16 November 2026"),
        (holding(Kind.MONTH, date(2026, 11, 20), "UTC"), "November 2026"),
        (holding(Kind.DAY, date(2026, 11, 2), "UTC"), "2 November 2026"),
        (Period(Kind.CUSTOM, date(2026, 11, 2), date(2026, 12, 3), "UTC"), "2 November 2026 to 3 December 2026"),
    ],
)
def test_it_has_a_title(period: Period, title: str) -> None:
    assert period.title == title


def test_a_zone_that_is_gone_is_utc() -> None:
    assert holding(Kind.DAY, date(2026, 11, 2), "Mars/Olympus").start == datetime(2026, 11, 2, tzinfo=UTC)
