"""How long a camera stayed in which status within any span of time, and what began it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from ..extensions import db
from ..models import Camera, StatusChange
from . import timeline


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


def of_camera(camera: Camera, start: datetime, end: datetime, now: datetime) -> list[Stay]:
    """Each with the change that began it, also when that was before the span."""
    changes = {change.at: change for change in timeline.changes([camera.id], start, end)}
    intervals = timeline.spans([camera], start, end, now)[camera.id]
    stays = [Stay(i.start, i.end, i.status, changes.get(i.start)) for i in intervals]
    return [_begun_before(stays[0], camera.id), *stays[1:]] if stays and not stays[0].change else stays


def _begun_before(stay: Stay, camera_id: str) -> Stay:
    """With the last change before it, if that says the same: what merely passed by, such as a lapse, has none."""
    change = StatusChange
    query = select(change).where(change.camera_id == camera_id, change.at <= stay.start)
    last = db.session.scalar(query.order_by(change.at.desc(), change.id.desc()).limit(1))
    return replace(stay, change=last) if last and last.new == stay.status else stay
