"""When maintenance windows are open: by table, through the change of the clocks, and merged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.models import MaintenanceWindow
from webapp.services.window_times import Span, coming, current, open_until, spans

BERLIN = ZoneInfo("Europe/Berlin")
DAILY = 0b1111111
SUNDAY = 1 << 6


def window(
    starts: str, minutes: int, weekdays: int = 0, zone: str = "UTC", is_active: bool = True
) -> MaintenanceWindow:
    starts_at = datetime.fromisoformat(starts).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    fields = {"starts_at": starts_at, "minutes": minutes, "weekdays": weekdays, "time_zone": zone}
    return MaintenanceWindow(id=starts, is_active=is_active, **fields)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "is_open", "next_at"),
    [
        ("2026-11-22T09:59:59", False, "2026-11-22T10:00"),
        ("2026-11-22T10:00", True, None),
        ("2026-11-22T10:59:59", True, None),
        ("2026-11-22T11:00", False, None),
    ],
)
def test_one_that_comes_once(at: str, is_open: bool, next_at: str | None) -> None:
    found = window("2026-11-22T10:00", 60)
    assert bool(current(found, moment(at))) == is_open
    following = coming(found, moment(at))
    assert (following.start if following else None) == (moment(next_at) if next_at else None)


def test_one_that_comes_every_week_keeps_its_time_of_day_through_the_change_of_the_clocks() -> None:
    """In Berlin it is UTC+2 until 25 October 2026, and UTC+1 from then on."""
    found = window("2026-10-18T04:00", 90, SUNDAY, "Europe/Berlin")
    begins = [span.start for span in spans(found, moment("2026-10-10T00:00"), moment("2026-11-02T00:00"))]
    assert begins == [moment("2026-10-18T02:00"), moment("2026-10-25T03:00"), moment("2026-11-01T03:00")]
    assert {begin.astimezone(BERLIN).hour for begin in begins} == {4}


@pytest.mark.parametrize(("day", "begin"), [("2026-03-29", "2026-03-29T01:30"), ("2026-10-25", "2026-10-25T00:30")])
def test_a_time_of_day_that_is_missing_or_comes_twice_opens_it_once(day: str, begin: str) -> None:
    """At half past two: left out in spring, there twice in autumn."""
    found = window(f"{day}T02:30", 30, DAILY, "Europe/Berlin")
    found.starts_at = moment("2026-01-01T01:30")
    start = moment(f"{day}T00:00") - timedelta(hours=2)
    assert list(spans(found, start, start + timedelta(hours=6))) == [
        Span(moment(begin), moment(begin) + timedelta(minutes=30))
    ]


def test_it_opens_on_its_days_alone_and_not_before_the_first() -> None:
    found = window("2026-11-25T22:00", 180, (1 << 2) | (1 << 4))
    begins = [span.start for span in spans(found, moment("2026-11-20T00:00"), moment("2026-12-03T00:00"))]
    assert begins == [moment(f"{day}T22:00") for day in ("2026-11-25", "2026-11-27", "2026-12-02")]


def test_one_that_goes_past_midnight_is_open_on_the_next_day() -> None:
    found = window("2026-11-22T23:00", 120, SUNDAY)
    assert current(found, moment("2026-11-23T00:30")) is not None
    assert current(found, moment("2026-11-23T01:00")) is None


def test_what_overlaps_or_touches_is_one_maintenance() -> None:
    now = moment("2026-11-22T10:15")
    first, second = window("2026-11-22T10:00", 60), window("2026-11-22T10:30", 90)
    touching, later = window("2026-11-22T12:00", 30), window("2026-11-22T13:00", 30)
    assert open_until([first], now) == moment("2026-11-22T11:00")
    assert open_until([first, second, touching, later], now) == moment("2026-11-22T12:30")
    assert open_until([second, touching], now) is None


def test_one_that_is_always_open_ends_some_day() -> None:
    found = window("2026-11-22T00:00", 24 * 60, DAILY)
    until = open_until([found], moment("2026-11-22T10:00"))
    assert until is not None
    assert until <= moment("2026-12-25T00:00")
    assert open_until([found], moment("2026-11-22T10:05")) == until


def test_one_that_was_ended_is_open_no_more() -> None:
    found = window("2026-11-22T10:00", 60, is_active=False)
    assert current(found, moment("2026-11-22T10:30")) is None
    assert open_until([found], moment("2026-11-22T10:30")) is None


def test_a_zone_that_this_machine_does_not_know_is_utc() -> None:
    found = window("2026-11-22T10:00", 60, SUNDAY)
    found.time_zone = "Mars/Olympus"
    assert current(found, moment("2026-11-22T10:30")) is not None


@given(st.integers(0, DAILY), st.integers(1, 3000), st.integers(-20_000, 20_000))
def test_a_moment_is_open_exactly_when_a_span_holds_it(weekdays: int, minutes: int, offset: int) -> None:
    found = window("2026-10-20T22:15", minutes, weekdays, "Europe/Berlin")
    now = moment("2026-10-25T00:00") + timedelta(minutes=offset)
    around = list(spans(found, now - timedelta(days=4), now + timedelta(days=4)))
    assert bool(current(found, now)) == any(span.holds(now) for span in around)
    until = open_until([found], now)
    assert (until is not None) == bool(current(found, now))
    assert until is None or until > now
