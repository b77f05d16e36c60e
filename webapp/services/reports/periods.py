"""The periods of reports: whole days of somebody's time zone, what comes after one and what was before. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = timedelta(days=1)


class Kind(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of the day `first` to the end of the day `last`, by the clocks of the zone."""

    kind: Kind
    first: date
    last: date
    zone: str

    @property
    def start(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """Exclusive. A day on which the clocks change has 23 or 25 hours."""
        return _midnight(self.last + DAY, self.zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def after(self) -> Period:
        """The next one of its kind; after a custom one as many days again."""
        if self.kind == Kind.CUSTOM:
            return Period(self.kind, self.last + DAY, self.last + self.days * DAY, self.zone)
        return holding(self.kind, self.last + DAY, self.zone)

    @property
    def before(self) -> Period:
        if self.kind == Kind.CUSTOM:
            return Period(self.kind, self.first - self.days * DAY, self.first - DAY, self.zone)
        return holding(self.kind, self.first - DAY, self.zone)

    @property
    def title(self) -> str:
        """Week of 16 November 2026; November 2026; 3 to 9 November 2026."""
        if self.kind == Kind.MONTH:
            return f"{self.first:%B %Y}"
        if self.kind == Kind.WEEK:
            return f"Week of {_told(self.first)}"
        return _told(self.first) if self.days == 1 else f"{_told(self.first)} to {_told(self.last)}"


def holding(kind: Kind, day: date, zone: str) -> Period:
    """The day, week (from Monday) or month that holds `day`."""
    if kind == Kind.WEEK:
        first = day - day.weekday() * DAY
        return Period(kind, first, first + 6 * DAY, zone)
    if kind == Kind.MONTH:
        first = day.replace(day=1)
        return Period(kind, first, (first + 31 * DAY).replace(day=1) - DAY, zone)
    return Period(kind, day, day, zone)


def last_over(kind: Kind, now: datetime, zone: str) -> Period:
    """The last one that is over."""
    return holding(kind, now.astimezone(zone_named(zone)).date(), zone).before


def between(start: datetime, end: datetime, kind: Kind, zone: str) -> Period:
    """The period that lies between two moments, as a report keeps it."""
    there = zone_named(zone)
    return Period(
        kind, start.astimezone(there).date(), (end - timedelta(microseconds=1)).astimezone(there).date(), zone
    )


def zone_named(name: str) -> ZoneInfo:
    """UTC for one that this machine does not know (any more)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _midnight(day: date, zone: str) -> datetime:
    """In UTC; where the clocks skip midnight, the moment at which the day begins."""
    return datetime.combine(day, time(), zone_named(zone)).astimezone(UTC)


def _told(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
