"""The page of one camera: its last day as a strip and as a list of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from sqlalchemy import select

from ..extensions import db
from ..models import AuditEntry, Camera, Status, StatusChange
from . import image_health, timeline
from .grid import STRIP
from .image_health import ImageHealth
from .reasons import Reason, reason_of
from .timeline import Interval

MOST_EVENTS = 50


@dataclass(frozen=True, slots=True)
class Event:
    """The camera took this status at this moment and kept it for so long."""

    at: datetime
    old: str
    new: str
    reason: Reason | None
    lasted: timedelta
    is_current: bool


@dataclass(frozen=True, slots=True)
class CameraPage:
    camera: Camera
    start: datetime
    end: datetime
    strip: list[Interval]
    events: list[Event]
    """The newest first, at most MOST_EVENTS."""
    hidden_events: int
    image: ImageHealth

    @property
    def ticks(self) -> list[datetime]:
        """Every third full hour of the strip, short of its end, where "now" stands."""
        first = self.start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        moments = (first + timedelta(hours=3 * n) for n in range(8))
        return [moment for moment in moments if moment <= self.end - timedelta(minutes=45)]

    @property
    def statuses(self) -> list[Status]:
        """Those that occur in the strip, in the order of the enum."""
        present = {interval.status for interval in self.strip}
        return [status for status in Status if status in present]


def open_page(camera: Camera, now: datetime) -> CameraPage:
    start = now - STRIP
    found = timeline.changes([camera.id], start, now)
    events = _events(found, now)
    strip = timeline.intervals(camera, found, start, now)
    hidden = max(0, len(events) - MOST_EVENTS)
    return CameraPage(camera, start, now, strip, events[:MOST_EVENTS], hidden, image_health.of_camera(camera))


def _events(found: Sequence[StatusChange], now: datetime) -> list[Event]:
    events = []
    for change, following in zip_longest(found, found[1:]):
        until = following.at if following else now
        events.append(Event(change.at, change.old, change.new, reason_of(change), until - change.at, following is None))
    return events[::-1]


def last_saved(camera: Camera) -> AuditEntry | None:
    """The last act of a person on this camera: who, and when."""
    query = select(AuditEntry).where(AuditEntry.camera_id == camera.id).order_by(AuditEntry.at.desc()).limit(1)
    found: AuditEntry | None = db.session.scalar(query)
    return found
