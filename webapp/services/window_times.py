"""When maintenance windows are open: once, or every week by the clock of a time zone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..models import MaintenanceWindow

FARTHEST = timedelta(days=31)
"""Windows that follow each other without a gap are one maintenance, but not for longer than this."""


@dataclass(frozen=True, slots=True)
class Span:
    """`end` is exclusive."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def spans(window: MaintenanceWindow, start: datetime, end: datetime) -> Iterator[Span]:
    """The times the window is open that touch [start, end), in their order."""
    length = timedelta(minutes=window.minutes)
    for begin in _begins(window, start - length, end):
        if begin < end and begin + length > start:
            yield Span(begin, begin + length)


def _begins(window: MaintenanceWindow, start: datetime, end: datetime) -> Iterator[datetime]:
    if not window.weekdays:
        yield window.starts_at
        return
    zone = zone_of(window)
    first = window.starts_at.astimezone(zone)
    for day in _days(max(first, start.astimezone(zone)).date(), end.astimezone(zone).date()):
        # A time of day that the change of the clocks leaves out is read as if it had not come yet: an hour later.
        begin = datetime.combine(day, first.time(), zone).astimezone(UTC)
        if window.weekdays >> day.weekday() & 1 and begin >= window.starts_at:
            yield begin


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def zone_of(window: MaintenanceWindow) -> tzinfo:
    """UTC when this machine no longer knows the zone."""
    try:
        return ZoneInfo(window.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def current(window: MaintenanceWindow, now: datetime) -> Span | None:
    """The time it is open right now; of several that overlap the one that ends last."""
    if not window.is_active:
        return None
    open_now = (span for span in spans(window, now, now + timedelta(seconds=1)) if span.holds(now))
    return max(open_now, default=None, key=lambda span: span.end)


def coming(window: MaintenanceWindow, now: datetime) -> Span | None:
    """The next time it opens."""
    if not window.is_active:
        return None
    until = max(now, window.starts_at) + timedelta(days=8)
    return next((span for span in spans(window, now, until) if span.start > now), None)


def open_until(windows: Iterable[MaintenanceWindow], now: datetime) -> datetime | None:
    """When the maintenance ends that these windows make together right now; None: none of them is open."""
    known = [window for window in windows if window.is_active]
    open_now = [span for window in known if (span := current(window, now))]
    if not open_now:
        return None
    farthest = min(span.start for span in open_now) + FARTHEST
    end = max(span.end for span in open_now)
    later = sorted((span for window in known for span in spans(window, now, farthest)), key=lambda span: span.start)
    for span in later:
        if span.start > end or end >= farthest:
            break
        end = max(end, span.end)
    return end
