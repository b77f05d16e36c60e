"""The history of a camera for its charts: few points, from raw readings where the span is short, else from roll-ups."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import select

from ..extensions import db
from ..models import Camera, CameraHealth
from ..outcomes import Outcome
from . import pace, rollups
from .digest import OUTCOMES, Digest, Raw, digest
from .rollups import DAYS, HOURS, Grain, floor
from .sweep_plan import interval

MOST_POINTS = 1500
MINUTE = timedelta(minutes=1)
LONGEST_RAW = timedelta(hours=25)
"""A day, also the one on which the clocks are set back."""

health = CameraHealth.__table__


@dataclass(frozen=True, slots=True)
class Point:
    """The checks of a camera from `start` to before `end`."""

    start: datetime
    end: datetime
    good: int
    failed: int
    ours: int
    """Spoiled by our own faults: neither good nor failed."""
    worst: Outcome | None
    """The most frequent outcome among the failed ones."""
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    fps_low: float | None
    fps_mean: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """Points in the order of time. A span without any check has none: a gap stays a gap."""

    start: datetime
    """Later than asked for when the period is longer than MOST_POINTS days."""
    end: datetime
    width: timedelta
    """Of a point. Two that touch are neighbours; between two that do not, nothing was checked."""
    points: list[Point]


def series(camera_id: str, start: datetime, end: datetime, now: datetime) -> Series:
    """At most MOST_POINTS points that touch the period, none of them in the future."""
    end = min(end, now)
    camera = db.session.get(Camera, camera_id)
    if camera is None or start >= end:
        return Series(start, end, interval(), [])
    own = max(interval(), pace.read().interval(camera))
    width = _width(start, end, own)
    start = max(start, floor(end, width) - (MOST_POINTS - 1) * width)
    return Series(start, end, width, _points(camera_id, floor(start, width), end, width, now))


def _points(camera_id: str, start: datetime, end: datetime, width: timedelta, now: datetime) -> list[Point]:
    for grain in rollups.GRAINS:
        if width == grain.length:
            return _from_roll_ups(grain, camera_id, start, end, now)
    return from_raw(camera_id, start, end, width)


def _width(start: datetime, end: datetime, own: timedelta) -> timedelta:
    """`own` is the camera's interval: of points narrower than that every second one would be missing."""
    if end - start <= LONGEST_RAW:
        for width in sorted({own, max(own, MINUTE)}):
            if width < HOURS.length and _number(start, end, width) <= MOST_POINTS:
                return width
    few = _number(start, end, HOURS.length) <= MOST_POINTS
    return HOURS.length if few and own <= HOURS.length else DAYS.length


def _number(start: datetime, end: datetime, width: timedelta) -> int:
    return math.ceil((end - floor(start, width)) / width)


def from_raw(camera_id: str, start: datetime, end: datetime, width: timedelta) -> list[Point]:
    query = select(health.c.tick, *(health.c[name] for name in Raw._fields))
    query = query.where(health.c.camera_id == camera_id, health.c.tick >= start, health.c.tick < end)
    spans: dict[datetime, list[Raw]] = defaultdict(list)
    for tick, *facts in db.session.execute(query.order_by(health.c.tick)):
        spans[floor(tick, width)].append(Raw(*facts))
    return [_point(begin, width, digest(readings)) for begin, readings in spans.items()]


def _from_roll_ups(grain: Grain, camera_id: str, start: datetime, end: datetime, now: datetime) -> list[Point]:
    """What is rolled up from there, and what is not yet from raw: the hours or days in which we are."""
    done = rollups.done_until(grain, now) or start
    key = grain.column
    query = select(key, *(grain.table.c[field.name] for field in fields(Digest)))
    query = query.where(grain.table.c.camera_id == camera_id, key >= grain.key(start), key < grain.key(min(done, end)))
    rows = db.session.execute(query.order_by(key))
    known = [_point(grain.start(found), grain.length, Digest(*facts)) for found, *facts in rows]
    begin = max(start, done)
    return known + (from_raw(camera_id, begin, end, grain.length) if begin < end else [])


def _point(start: datetime, width: timedelta, found: Digest) -> Point:
    return Point(
        start=start,
        end=start + width,
        good=found.good,
        failed=found.failed,
        ours=found.ours,
        worst=OUTCOMES[found.worst_outcome] if found.worst_outcome else None,
        latency_p50_ms=found.latency_p50_ms,
        latency_p95_ms=found.latency_p95_ms,
        fps_low=found.fps_low,
        fps_mean=found.fps_mean,
    )
