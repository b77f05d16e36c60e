"""The lanes of a timeline as shapes: what services know of, in the units in which it is drawn. Pure geometry.

Every lane is WIDTH units wide, whatever its pixels; heights are the lane's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from ..models import Status
from ..services.history import Point, Series
from ..services.stays import Stay
from ..services.time_axis import WIDTH, Axis, Cells
from ..services.timeline import Interval

HEIGHT = 16.0
"""Of a lane of statuses."""
CALM = (4.0, 8.0)
"""Where live is drawn in it, and how high: what is wrong stands out above and below."""
LEAST_WIDTH = 3.0
"""Of what is wrong: an outage of half a minute must be seen in a month."""
LEAST_SHARE = 0.16
"""Of the height of a cell: one camera of a hundred must be seen."""
MOST_BARS = 300
"""With more of them nobody can tell one from the other, and cells say more."""
GAPS = (Status.UNKNOWN, Status.IDLE, Status.DISABLED)
STACKED = (Status.OFFLINE, Status.DEGRADED, Status.UNKNOWN, Status.IDLE, Status.MAINTENANCE)
"""From the top of a cell down; live fills the rest, and what is switched off counts nowhere."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A status for a while."""

    x: float
    y: float
    width: float
    height: float
    status: str
    stay: Stay | Interval


@dataclass(frozen=True, slots=True)
class Chart:
    """Paths of one lane, and what its height stands for."""

    line: str
    band: str
    top: float
    """The value at the upper edge."""
    expected_y: float | None = None
    largest: float | None = None

    @property
    def is_empty(self) -> bool:
        return not self.line


def bars(found: Iterable[Stay | Interval], axis: Axis) -> list[Bar]:
    """Bars of what is wrong come last, so that a wide neighbour does not hide them."""
    made = [_bar(stay, axis) for stay in found]
    return sorted(made, key=lambda bar: bar.status not in (Status.LIVE, *GAPS))


def _bar(stay: Stay | Interval, axis: Axis) -> Bar:
    x, width = axis.x(stay.start), axis.x(stay.end) - axis.x(stay.start)
    if stay.status == Status.LIVE:
        return Bar(x, CALM[0], round(width, 1), CALM[1], stay.status, stay)
    if stay.status not in GAPS and width < LEAST_WIDTH:
        x, width = min(x, WIDTH - LEAST_WIDTH), LEAST_WIDTH
    return Bar(round(x, 1), 0, round(width, 1), HEIGHT, stay.status, stay)


def cells_of(found: Sequence[Stay | Interval], cells: Cells) -> list[dict[str, float]]:
    """For each cell: status → seconds."""
    made: list[dict[str, float]] = [{} for _ in range(len(cells))]
    for stay in found:
        first = max(0, (stay.start - cells.base) // cells.step)
        for number in range(first, len(cells)):
            begin, end = cells.span(number)
            if begin >= stay.end:
                break
            seconds = (min(end, stay.end) - max(begin, stay.start)).total_seconds()
            if seconds > 0:
                made[number][stay.status] = made[number].get(stay.status, 0) + seconds
    return made


def stacks(made: Sequence[dict[str, float]], cells: Cells, axis: Axis) -> dict[str, str]:
    """Status → one path of all its parts, piled up cell by cell; equal neighbours are one."""
    paths: dict[str, str] = {}
    numbered = groupby(enumerate(made), key=lambda pair: _heights(pair[1]))
    for heights, run in numbered:
        numbers = [number for number, _ in run]
        x, until = axis.x(cells.span(numbers[0])[0]), axis.x(cells.span(numbers[-1])[1])
        for status, y, height in heights:
            paths[status] = paths.get(status, "") + f"M{x:g} {y:g}H{until:g}v{height:g}H{x:g}z"
    return paths


def _heights(cell: dict[str, float]) -> tuple[tuple[str, float, float], ...]:
    """(status, y, height) of the parts of a cell."""
    counted = {status: seconds for status, seconds in cell.items() if status != Status.DISABLED}
    total = sum(counted.values())
    if not total:
        return ()
    y, parts = 0.0, []
    for status in STACKED:
        if counted.get(status):
            height = round(HEIGHT * max(counted[status] / total, LEAST_SHARE), 1)
            height = min(height, HEIGHT - y)
            parts.append((status.value, round(y, 1), height))
            y += height
    if not parts:
        return ((Status.LIVE.value, *CALM),)
    return (
        (*parts, (Status.LIVE.value, round(y, 1), round(HEIGHT - y, 1))) if counted.get(Status.LIVE) else tuple(parts)
    )


def latency(series: Series, axis: Axis, height: float) -> Chart:
    """The line is the median, the band what 95 of 100 checks stayed below."""
    values = [p.latency_p95_ms or p.latency_p50_ms for p in series.points]
    largest = max((value for value in values if value is not None), default=None)
    top = round_up(largest or 1)
    draw = _Drawing(series, axis, height, top)
    return Chart(draw.line(lambda p: p.latency_p50_ms), draw.band(lambda p: p.latency_p95_ms), top, None, largest)


def frame_rate(series: Series, axis: Axis, height: float, expected: float | None) -> Chart:
    """Against what the camera is configured to send."""
    values = [p.fps_mean for p in series.points if p.fps_mean is not None]
    largest = max(values, default=None)
    top = 1.15 * max(largest or 0, expected or 0, 1)
    draw = _Drawing(series, axis, height, top)
    rule = draw.y(expected) if expected else None
    return Chart(draw.line(lambda p: p.fps_mean), "", top, rule, largest)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Points as paths. Where checks are missing the path is broken: nothing is drawn across a gap."""

    series: Series
    axis: Axis
    height: float
    top: float

    def y(self, value: float) -> float:
        return round(self.height * (1 - min(value / self.top, 1.0)), 1)

    def line(self, value: Callable[[Point], float | None]) -> str:
        return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in run) for run in self._runs(value))

    def band(self, value: Callable[[Point], float | None]) -> str:
        made = ""
        for run in self._runs(value):
            along = "L".join(f"{x:g} {y:g}" for x, y in run)
            made += f"M{run[0][0]:g} {self.height:g}L{along}L{run[-1][0]:g} {self.height:g}z"
        return made

    def _runs(self, value: Callable[[Point], float | None]) -> list[list[tuple[float, float]]]:
        """Neighbours that have the value; a lonely one is as wide as its span."""
        runs: list[list[Point]] = []
        for point in self.series.points:
            if value(point) is None:
                continue
            if runs and point.start - runs[-1][-1].start <= 1.5 * self.series.width:
                runs[-1].append(point)
            else:
                runs.append([point])
        return [self._places(run, value) for run in runs]

    def _places(self, run: list[Point], value: Callable[[Point], float | None]) -> list[tuple[float, float]]:
        found = [(self.axis.x(p.start + (p.end - p.start) / 2), self.y(value(p) or 0)) for p in run]
        first, last = self.axis.x(run[0].start), max(self.axis.x(run[-1].end), self.axis.x(run[0].start) + 1)
        return [(first, found[0][1]), *found[1:-1], (last, found[-1][1])]


def round_up(value: float) -> float:
    """To a number that reads well on an axis: 10, 20, 50, 100 …"""
    size = 1.0
    while size * 10 < value:
        size *= 10
    return next(size * step for step in (1, 2, 5, 10) if size * step >= value)
