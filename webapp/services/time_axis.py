"""A true time axis: the range somebody asked for, and ticks on whole hours, days and weeks of their zone. Pure.

Positions count real seconds, so that the day on which the clocks go forward is 23 hours wide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

WIDTH = 1000.0
"""The whole axis in the units of its drawings."""
MOST_TICKS = 10
EDGE, ROOM = WIDTH * 0.02, WIDTH * 0.16
"""So near the edge a label stands beside its tick, not beneath it, and takes so much room."""
MOST_CELLS = 180
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RANGES = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
STEPS = (*(n * MINUTE for n in (1, 2, 5, 10, 15, 30)), *(n * HOUR for n in (1, 2, 3, 6, 12)))
"""Between two ticks on the clock."""
DAY_STEPS = (1, 2, 7, 14)
"""Between two ticks on midnights, in days; whole weeks begin on Monday."""
CELL_STEPS = (*(n * MINUTE for n in (1, 5, 15)), HOUR, 6 * HOUR, DAY, 7 * DAY)


@dataclass(frozen=True, slots=True)
class Tick:
    at: datetime
    x: float
    label: str
    is_day: bool
    """It stands at midnight, or on a whole day."""

    @property
    def is_at_edge(self) -> bool:
        return self.x < EDGE


@dataclass(frozen=True, slots=True)
class Axis:
    start: datetime
    end: datetime
    zone: tzinfo = UTC
    ends_now: bool = False

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()

    def x(self, moment: datetime) -> float:
        """Where a moment lies, from 0 to WIDTH; what is outside stands on the edge."""
        share = (moment - self.start).total_seconds() / self.seconds
        return round(WIDTH * min(max(share, 0.0), 1.0), 1)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def ticks(self) -> list[Tick]:
        """At most MOST_TICKS, none where "now" stands; without words where another label needs the room."""
        last = WIDTH * 0.94 if self.ends_now else WIDTH
        return _with_room([tick for tick in self._ticks() if tick.x <= last])

    def _ticks(self) -> list[Tick]:
        length = self.end - self.start
        for step in STEPS:
            if length / step < MOST_TICKS:
                return [self._on_the_clock(at) for at in self._clocks(step)]
        for days in DAY_STEPS:
            if length / (days * DAY) < MOST_TICKS:
                return [self._on_a_day(day, days < 7) for day in self._days() if _is_nth(day, days)]
        return self._months()

    def _clocks(self, step: timedelta) -> Iterator[datetime]:
        """Whole steps from midnight on the clock of the zone: an hour that comes twice has its ticks twice."""
        wall = self.local(self.start - HOUR).replace(tzinfo=None)
        wall = datetime.combine(wall, time()) + (wall - datetime.combine(wall, time())) // step * step
        until = self.local(self.end + HOUR).replace(tzinfo=None)
        found: set[datetime] = set()
        while wall <= until:
            found |= self._moments(wall)
            wall += step
        yield from sorted(found)

    def _moments(self, wall: datetime) -> set[datetime]:
        """When the clock shows this within the range: never in a gap of summer time, twice in its fold."""
        said = (wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return {at for at in said if self.start <= at <= self.end and self.local(at).replace(tzinfo=None) == wall}

    def _on_the_clock(self, at: datetime) -> Tick:
        local = self.local(at)
        is_day = local.time() == time()
        return Tick(at, self.x(at), f"{local.day} {local:%b}" if is_day else f"{local:%H:%M}", is_day)

    def _days(self) -> Iterator[date]:
        day, last = self.local(self.start).date(), self.local(self.end).date()
        while day <= last:
            if self.start <= midnight(day, self.zone) <= self.end:
                yield day
            day += DAY

    def _on_a_day(self, day: date, is_near: bool) -> Tick:
        """Within a week or two the month goes without saying."""
        at = midnight(day, self.zone)
        return Tick(at, self.x(at), f"{day:%a} {day.day}" if is_near else f"{day:%a} {day.day} {day:%b}", True)

    def _months(self) -> list[Tick]:
        firsts = [day for day in self._days() if day.day == 1]
        step = -(-len(firsts) // MOST_TICKS)
        moments = [(day, midnight(day, self.zone)) for day in firsts if (12 * day.year + day.month) % step == 0]
        return [Tick(at, self.x(at), f"{day:%b %Y}", True) for day, at in moments]

    def jumps(self) -> list[datetime]:
        """The moments within the range at which the clocks go forward or back."""
        moment, found = self.start, []
        while moment < self.end:
            later = min(moment + DAY, self.end)
            if self._offset(moment) != self._offset(later):
                found.append(self._jump_between(moment, later))
            moment = later
        return found

    def _jump_between(self, before: datetime, after: datetime) -> datetime:
        offset = self._offset(before)
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) / 2
            before, after = (middle, after) if self._offset(middle) == offset else (before, middle)
        return after.replace(microsecond=0)

    def _offset(self, moment: datetime) -> timedelta | None:
        return self.local(moment).utcoffset()

    def cells(self) -> Cells:
        """The range cut into at most MOST_CELLS pieces of a round length, which begin on whole ones of the day."""
        length = self.end - self.start
        step = next((step for step in CELL_STEPS if length / step <= MOST_CELLS - 1), length / (MOST_CELLS - 1))
        base = midnight(self.local(self.start).date(), self.zone)
        return Cells(base + (self.start - base) // step * step, step, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Cells:
    """Pieces of equal length; the first and the last are cut to the range."""

    base: datetime
    step: timedelta
    start: datetime
    end: datetime

    def __len__(self) -> int:
        return -(-(self.end - self.base) // self.step)

    def span(self, number: int) -> tuple[datetime, datetime]:
        begin = self.base + number * self.step
        return max(begin, self.start), min(begin + self.step, self.end)


def midnight(day: date, zone: tzinfo) -> datetime:
    """When the day begins there; where the clocks go forward at midnight it is the first moment after."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _with_room(ticks: list[Tick]) -> list[Tick]:
    """Of a label at the edge and the next one, when they are too near each other, the day stays."""
    if len(ticks) < 2 or not ticks[0].is_at_edge or ticks[1].x - ticks[0].x >= ROOM:
        return ticks
    quiet = 0 if ticks[1].is_day and not ticks[0].is_day else 1
    return [replace(tick, label="") if number == quiet else tick for number, tick in enumerate(ticks)]


def _is_nth(day: date, days: int) -> bool:
    """Whether every `days`-th day is this one; day 1 of the calendar was a Monday."""
    return (day.toordinal() - 1) % days == 0
