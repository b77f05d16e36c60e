"""How long cameras stayed in which status within any span of time, also one long past; and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from ..extensions import db
from ..models import Camera, Status, StatusChange
from . import timeline
from .timeline import Interval

UP = (Status.LIVE, Status.DEGRADED)
UNJUDGED = (Status.IDLE, Status.MAINTENANCE, Status.DISABLED)
"""Neither up nor down, nor something that we ought to know."""


@dataclass(frozen=True, slots=True)
class Stay:
    """`end` is exclusive; the stays of a camera touch and never overlap."""

    start: datetime
    end: datetime
    status: str
    change: StatusChange | None = None
    """What began it, when that is known to the history."""

    @property
    def lasted(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Share:
    """Seconds of a span by what we knew of them."""

    up: float = 0
    down: float = 0
    unknown: float = 0
    unjudged: float = 0

    @property
    def uptime(self) -> float | None:
        """Of the time that was measured; None when none was."""
        return self.up / (self.up + self.down) if self.up + self.down else None

    @property
    def measured(self) -> float | None:
        """The part that we know of, of all that we ought to know; None when that is nothing."""
        wanted = self.up + self.down + self.unknown
        return (self.up + self.down) / wanted if wanted else None


def of_camera(camera: Camera, start: datetime, end: datetime, now: datetime) -> list[Stay]:
    """Each with the change that began it, also when that was before the span; three queries."""
    found = timeline.changes([camera.id], start, end)
    intervals = _intervals(camera, found, _next_changes([camera.id], end, now), start, end, now)
    before = _last_before(camera.id, start)
    return [_stay(interval, [*before, *found]) for interval in intervals]


def of_cameras(cameras: Sequence[Camera], start: datetime, end: datetime, now: datetime) -> dict[str, list[Interval]]:
    """Camera id → its intervals from `start`, or its creation when that was later, to `end`; two queries."""
    ids = [camera.id for camera in cameras]
    found: dict[str, list[StatusChange]] = defaultdict(list)
    for change in timeline.changes(ids, start, end):
        found[change.camera_id].append(change)
    after = _next_changes(ids, end, now)
    return {c.id: _intervals(c, found[c.id], after, start, end, now) for c in cameras}


def share(intervals: Iterable[Stay | Interval]) -> Share:
    """Up is live and degraded, down is offline; what is unknown, and what people took out, counts as neither."""
    seconds: dict[str, float] = defaultdict(float)
    for interval in intervals:
        seconds[interval.status] += (interval.end - interval.start).total_seconds()
    return share_of(seconds)


def share_of(seconds: Mapping[str, float]) -> Share:
    up, unjudged = (sum(seconds.get(status, 0) for status in some) for some in (UP, UNJUDGED))
    return Share(up, seconds.get(Status.OFFLINE, 0), seconds.get(Status.UNKNOWN, 0), unjudged)


def _intervals(
    camera: Camera,
    found: Sequence[StatusChange],
    after: dict[str, StatusChange],
    start: datetime,
    end: datetime,
    now: datetime,
) -> list[Interval]:
    """The change after the span says what was at its end; without one it is what is now."""
    if camera.created_at >= end:
        return []
    following = [after[camera.id]] if camera.id in after else []
    whole = timeline.intervals(camera, [*found, *following], start, now)
    return [Interval(i.start, min(i.end, end), i.status) for i in whole if i.start < end]


def _next_changes(ids: Sequence[str], end: datetime, now: datetime) -> dict[str, StatusChange]:
    """Camera id → its first change after the span, if there is one."""
    if end >= now:
        return {}
    change = StatusChange
    number = func.row_number().over(partition_by=change.camera_id, order_by=(change.at, change.id)).label("number")
    first = select(change.id, number).where(change.camera_id.in_(ids), change.at > end, change.at <= now).subquery()
    query = select(change).join(first, first.c.id == change.id).where(first.c.number == 1)
    return {found.camera_id: found for found in db.session.scalars(query)}


def _last_before(camera_id: str, start: datetime) -> list[StatusChange]:
    change = StatusChange
    query = select(change).where(change.camera_id == camera_id, change.at <= start)
    return list(db.session.scalars(query.order_by(change.at.desc(), change.id.desc()).limit(1)))


def _stay(interval: Interval, changes: Sequence[StatusChange]) -> Stay:
    """With the last change that can have begun it: what merely passed by, such as a lapse, has none."""
    began = [change for change in changes if change.at <= interval.start and change.new == interval.status]
    return Stay(interval.start, interval.end, interval.status, began[-1] if began else None)
