"""How often each camera is checked: in which ticks an interval falls due, and what happens when it is changed.
What groups say of that is read for a whole batch; what they say of looking at pictures comes with it."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update

from ..extensions import db
from ..models import Camera, CameraGroup
from ..video.quality.finding import Sensitivity
from .inheritance import OFF, effective, way
from .judge import waits_for_the_login
from .sweep_plan import interval as tick_length
from .sweep_plan import tick_of

cameras = Camera.__table__
groups = CameraGroup.__table__


@dataclass(frozen=True, slots=True)
class Paces:
    """What the groups say of checks, read once for a whole batch of cameras."""

    groups: Mapping[str, Any]

    def interval(self, camera: Any) -> timedelta:
        """Of a camera, its row, or the input it is to be: its own, else its nearest group's, else the general one."""
        found = effective("check_interval_seconds", camera, way(camera.group_id, self.groups))
        return timedelta(seconds=found.value)

    def sensitivity(self, camera: Any) -> Sensitivity | None:
        """How readily its picture is found at fault; None: it is not looked at."""
        found = effective("image_sensitivity", camera, way(camera.group_id, self.groups)).value
        return None if found == OFF else Sensitivity(found)


def read() -> Paces:
    query = select(groups.c.id, groups.c.parent_id, groups.c.check_interval_seconds, groups.c.image_sensitivity)
    return Paces({row.id: row for row in db.session.execute(query)})


def next_slot(camera_id: str, tick: datetime, interval: timedelta) -> datetime:
    """The first tick after `tick` in which a camera of this interval is due: at most one interval later, rounded up.

    Cameras of one interval are spread over it by their ids, so that ten thousand daily checks are not one tick's work.
    An interval shorter than a tick means every tick.
    """
    length = tick_length().total_seconds()
    seconds = max(interval.total_seconds(), length)
    phase = zlib.crc32(camera_id.encode()) % seconds
    slot = phase + seconds * math.ceil((tick.timestamp() + length - phase) / seconds)
    return datetime.fromtimestamp(slot // length * length, UTC)


def sooner(camera: Any, interval: timedelta, now: datetime) -> datetime:
    """When a camera is due whose interval may have become shorter: it must not wait out the long one.

    One that rejects its password keeps waiting: asked more often, it would lock the account.
    """
    at: datetime = camera.next_due_at
    if waits_for_the_login(camera.outcome, camera.auth_failures):
        return at
    return min(at, next_slot(camera.id, tick_of(now), interval))


def reschedule(now: datetime, *where: ColumnElement[bool]) -> None:
    """Bring forward the checks of those cameras that would wait longer than their interval says by now.

    Call it in the transaction that changed the intervals, after the change has been flushed.
    """
    c = cameras.c
    fields = (c.id, c.group_id, c.check_interval_seconds, c.next_due_at, c.outcome, c.auth_failures)
    found = db.session.execute(select(*fields).where(*where).order_by(c.id).with_for_update()).all()
    paces = read()
    due = [(row, sooner(row, paces.interval(row), now)) for row in found]
    moved = [{"camera_id": row.id, "next_due_at": at} for row, at in due if at != row.next_due_at]
    if moved:
        db.session.connection().execute(update(cameras).where(c.id == bindparam("camera_id")), moved)
