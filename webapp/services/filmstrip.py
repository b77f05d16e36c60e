"""The kept pictures of one camera, day by day: the strip, the one that is shown large, and deleting it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from ..extensions import db, settings, transaction
from ..models import Camera, CameraSnapshot
from ..storage import StorageError, storage_from_settings
from . import audit
from .cameras import locked
from .rights import Scope

ON_A_PAGE = 96


@dataclass(frozen=True, slots=True)
class Film:
    """One page of a day. The pictures are in the order in which they were taken."""

    camera: Camera
    day: date
    pictures: Sequence[CameraSnapshot]
    shown: CameraSnapshot | None
    """The one that is shown large."""
    total: int
    """Of the whole day."""
    number: int
    pages: int
    day_before: date | None
    """The nearest earlier day that has pictures."""
    day_after: date | None

    @property
    def before(self) -> CameraSnapshot | None:
        return self._beside(-1)

    @property
    def after(self) -> CameraSnapshot | None:
        return self._beside(1)

    def _beside(self, step: int) -> CameraSnapshot | None:
        ids = [picture.id for picture in self.pictures]
        at = ids.index(self.shown.id) + step if self.shown else -1
        return self.pictures[at] if 0 <= at < len(ids) else None


def latest(camera: Camera, count: int) -> list[CameraSnapshot]:
    """The newest first."""
    return list(db.session.scalars(_of(camera).order_by(CameraSnapshot.created_at.desc()).limit(count)))


def find(camera: Camera, snapshot_id: str) -> CameraSnapshot | None:
    found: CameraSnapshot | None = db.session.scalar(_of(camera).where(CameraSnapshot.id == snapshot_id))
    return found


def read(snapshot: CameraSnapshot) -> bytes:
    """storage.NotFound when its file is missing, storage.StorageError when it cannot be read now."""
    return storage_from_settings(settings).get(snapshot.storage_path).data


def newest_day(camera: Camera, zone: tzinfo) -> date | None:
    """The last day that has pictures, where the person is."""
    return _day(db.session.scalar(_only(func.max(CameraSnapshot.created_at), camera)), zone)


def of_day(
    camera: Camera, day: date, zone: tzinfo, shown: CameraSnapshot | None = None, number: int | None = None
) -> Film:
    """The page with `shown`, else page `number`, else the last one; without `shown` the last of its pictures."""
    start, end = bounds(day, zone)
    within = (CameraSnapshot.created_at >= start, CameraSnapshot.created_at < end)
    total = db.session.scalar(_only(func.count(), camera, *within)) or 0
    pages = max(1, -(-total // ON_A_PAGE))
    if shown is not None:
        earlier = _only(func.count(), camera, *within, CameraSnapshot.created_at < shown.created_at)
        number = (db.session.scalar(earlier) or 0) // ON_A_PAGE + 1
    number = min(max(number or pages, 1), pages)
    order = (CameraSnapshot.created_at, CameraSnapshot.id)
    page = _of(camera).where(*within).order_by(*order).limit(ON_A_PAGE).offset((number - 1) * ON_A_PAGE)
    pictures = list(db.session.scalars(page))
    if shown not in pictures:
        shown = pictures[-1] if pictures else None
    return Film(camera, day, pictures, shown, total, number, pages, *_neighbours(camera, start, end, zone))


def bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """From midnight to midnight: 23 or 25 hours on the days that change the clocks."""
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def remove(camera: Camera, snapshot: CameraSnapshot, now: datetime, scope: Scope) -> None:
    """Delete the record, then its file; cameras.DeletedMeanwhile when the camera is out of reach by now."""
    with transaction():
        stored = locked(camera.id, scope)
        found = db.session.get(CameraSnapshot, snapshot.id, populate_existing=True)
        if found is not None:
            db.session.delete(found)
            audit.record("camera.delete_snapshot", stored, {"taken_at": found.created_at}, at=now)
    with suppress(StorageError):  # else the file is an orphan; housekeeping finds those
        storage_from_settings(settings).delete(snapshot.storage_path)


def _neighbours(camera: Camera, start: datetime, end: datetime, zone: tzinfo) -> tuple[date | None, date | None]:
    before = db.session.scalar(_only(func.max(CameraSnapshot.created_at), camera, CameraSnapshot.created_at < start))
    after = db.session.scalar(_only(func.min(CameraSnapshot.created_at), camera, CameraSnapshot.created_at >= end))
    return _day(before, zone), _day(after, zone)


def _day(moment: datetime | None, zone: tzinfo) -> date | None:
    return moment.astimezone(zone).date() if moment else None


def _of(camera: Camera) -> Select[CameraSnapshot]:
    return select(CameraSnapshot).where(CameraSnapshot.camera_id == camera.id)


def _only(what: ColumnElement[Any], camera: Camera, *conditions: ColumnElement[bool]) -> Select[tuple[Any]]:
    return select(what).where(CameraSnapshot.camera_id == camera.id, *conditions)
