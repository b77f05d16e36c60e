"""Cameras: find, create, change, delete."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from ..credentials import Credentials
from ..extensions import db, settings, transaction
from ..models import Camera, CameraGroup, Status, StatusChange, new_id
from ..schemas import CameraInput, InvalidInput
from ..storage import StorageError, storage_from_settings
from . import live, shown
from .addresses import require_allowed, require_same_address
from .pictures import latest_key

MAX_PAGE_SIZE = 240
HEAD_LENGTH = 13
"""Characters of an id that tell a camera from its neighbours on a page: 48 random bits and a hyphen."""


class EditedMeanwhile(Exception):
    """Somebody else saved this camera after the form was opened; `camera` is what is stored now."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        super().__init__("Somebody else changed this camera while you were editing it.")


class DeletedMeanwhile(LookupError):
    """Somebody deleted this camera after the form was opened."""


@dataclass(frozen=True, slots=True)
class CameraFilter:
    """What a list shows; group_ids None means the whole fleet."""

    statuses: tuple[Status, ...] = ()
    search: str = ""
    group_ids: tuple[str, ...] | None = None
    sort: str = "worst"


@dataclass(frozen=True, slots=True)
class Page:
    cameras: list[Camera]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.total / self.size))


def find(wanted: CameraFilter, number: int, size: int, now: datetime, total: int | None = None) -> Page:
    """One numbered page of cameras; `total` spares a query when the caller has counted the matches already."""
    size = min(max(size, 1), MAX_PAGE_SIZE)
    conditions = _conditions(wanted, now)
    if total is None:
        total = db.session.scalar(select(func.count(Camera.id)).where(*conditions)) or 0
    number = min(max(number, 1), max(1, math.ceil(total / size)))
    query = _sorted(select(Camera).where(*conditions), wanted.sort, now).limit(size).offset((number - 1) * size)
    return Page(list(db.session.scalars(query)), number, size, total)


def by_ids(ids: list[str]) -> list[Camera]:
    return list(db.session.scalars(select(Camera).where(Camera.id.in_(ids))))


def matching(wanted: CameraFilter, ids: list[str], now: datetime) -> set[str]:
    """Those of `ids` that the filter still shows."""
    query = select(Camera.id).where(Camera.id.in_(ids), *_conditions(wanted, now))
    return set(db.session.scalars(query))


def beginning_with(heads: Collection[str]) -> list[Camera]:
    """The cameras whose id begins with one of these, each HEAD_LENGTH characters long."""
    return list(db.session.scalars(select(Camera).where(_begins_with(heads))))


def beyond(wanted: CameraFilter, heads: Collection[str], now: datetime) -> tuple[int, int]:
    """How many cameras match besides those whose id begins with `heads`, and how many of them have problems."""
    status = shown.shown_status_sql(now)
    problems = func.count(case((status.in_([Status.OFFLINE, Status.DEGRADED]), 1)))
    query = select(func.count(Camera.id), problems).where(~_begins_with(heads), *_conditions(wanted, now))
    total, worse = db.session.execute(query).one()
    return total, worse


def _begins_with(heads: Collection[str]) -> ColumnElement[bool]:
    return func.substr(Camera.id, 1, HEAD_LENGTH).in_(heads)


def _conditions(wanted: CameraFilter, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses:
        conditions.append(shown.shown_status_sql(now).in_([status.value for status in wanted.statuses]))
    if wanted.group_ids is not None:
        conditions.append(Camera.group_id.in_(wanted.group_ids))
    for word in wanted.search.split()[:8]:
        texts = (column.icontains(word, autoescape=True) for column in (Camera.name, Camera.location))
        conditions.append(or_(*texts, _address_contains(word)))
    return conditions


def _address_contains(word: str) -> ColumnElement[bool]:
    """Host and port alone: a path may hold a secret, which whoever may only look could find out letter by letter."""
    return Camera.rtsp_url.regexp_match(f"(?i)^[a-z]+://[^/?]*{re.escape(word)}")


def _sorted(query: Select[tuple[Camera]], sort: str, now: datetime) -> Select[tuple[Camera]]:
    by_name = (func.lower(Camera.name), Camera.id)
    if sort == "name":
        return query.order_by(*by_name)
    if sort == "changed":
        return query.order_by(Camera.status_since.desc(), *by_name)
    return query.order_by(shown.severity_sql(now), *by_name)


def create(given: CameraInput, now: datetime) -> Camera:
    """Store a new camera; its first check is due at once."""
    require_allowed(given.rtsp_url)
    camera = Camera(id=new_id(), status=Status.IDLE, status_since=now, next_due_at=now, created_at=now)
    with transaction():
        _require_group(given.group_id)
        _fill(camera, given, now)
        db.session.add(camera)
    live.publish([camera.id], status_changed=True)
    return camera


def update(camera: Camera, given: CameraInput, now: datetime) -> Camera:
    """Save an edit. InvalidInput when the address is not allowed; EditedMeanwhile or DeletedMeanwhile when somebody
    was faster.
    """
    if given.rtsp_url != camera.rtsp_url:
        require_allowed(given.rtsp_url)
    with transaction():
        stored = db.session.get(Camera, camera.id, populate_existing=True, with_for_update=True)
        if stored is None:
            raise DeletedMeanwhile
        if given.version is not None and given.version != stored.version:
            raise EditedMeanwhile(stored)
        _require_group(given.group_id)
        if stored.password_encrypted and given.password is None and not given.clear_password:
            require_same_address(given.rtsp_url, stored.rtsp_url)
        _note_switch(stored, given.is_active, now)
        _fill(stored, given, now)
        stored.version += 1
    live.publish([stored.id], status_changed=True)
    return stored


def delete(camera: Camera) -> None:
    """Delete a camera with its history and its picture."""
    with transaction():
        db.session.delete(camera)
    with suppress(StorageError):  # else the picture is an orphan; housekeeping finds those
        storage_from_settings(settings).delete(latest_key(camera.id))
    live.publish([camera.id], status_changed=True)


PLAIN_FIELDS = (
    "name",
    "rtsp_url",
    "username",
    "group_id",
    "location",
    "resolution",
    "fps",
    "codec",
    "is_active",
    "enable_detection",
    "detection_sensitivity",
)


def _fill(camera: Camera, given: CameraInput, now: datetime) -> None:
    asks_differently = given.password is not None or given.clear_password
    for name in PLAIN_FIELDS:
        value = getattr(given, name)
        asks_differently |= name in ("rtsp_url", "username") and getattr(camera, name) != value
        setattr(camera, name, value)
    if given.clear_password:
        camera.password_encrypted = None
    elif given.password is not None:
        camera.password_encrypted = Credentials(settings.CREDENTIAL_KEYS).encrypt(given.password, camera.id)
    if asks_differently:
        camera.auth_failures = camera.failures = 0
        camera.next_due_at = now
    camera.updated_at = now


def _note_switch(camera: Camera, is_active: bool, now: datetime) -> None:
    """Disabling and enabling are part of the camera's history; an enabled one is checked at once."""
    if is_active == camera.is_active:
        return
    old, new = (Status.DISABLED, camera.status) if is_active else (camera.status, Status.DISABLED)
    db.session.add(StatusChange(camera_id=camera.id, at=now, old=old, new=new))
    camera.next_due_at = now


def _require_group(group_id: str | None) -> None:
    if group_id and db.session.get(CameraGroup, group_id) is None:
        raise InvalidInput({"group_id": ["This group does not exist any more; choose another."]})
