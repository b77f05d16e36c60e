"""Cameras: load, create, change, delete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ..extensions import db, transaction
from ..models import Camera, CameraGroup, StatusChange, new_id
from ..schemas import CameraInput, InvalidInput
from . import audit, live, pace, pictures
from .addresses import require_allowed
from .camera_record import columns_of, described, history_of
from .rights import Scope


class EditedMeanwhile(Exception):
    """Somebody else saved this camera after the form was opened; `camera` is what is stored now."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        super().__init__("Somebody else changed this camera while you were editing it.")


class DeletedMeanwhile(LookupError):
    """Somebody deleted this camera after the form was opened, or moved it out of this person's reach."""


def load(camera_id: str, scope: Scope) -> Camera | None:
    """The camera, when the scope covers it."""
    found: Camera | None = db.session.scalar(select(Camera).where(Camera.id == camera_id, *scope.conditions()))
    return found


def locked(camera_id: str, scope: Scope) -> Camera:
    """The camera as it is stored now, which nobody else changes until the transaction ends; DeletedMeanwhile, also
    when somebody moved it to where the scope does not reach.
    """
    stored: Camera | None = db.session.get(Camera, camera_id, populate_existing=True, with_for_update=True)
    if stored is None or not scope.covers(stored.group_id):
        raise DeletedMeanwhile
    return stored


def create(given: CameraInput, now: datetime, scope: Scope) -> Camera:
    """Store a new camera in a group the scope covers; its first check is due at once."""
    _require_allowed(given, None)
    camera_id = new_id()
    with _written(given, camera_id, scope):
        _require_places(given, camera_id, None, scope)
        camera = Camera(**columns_of(given, None, camera_id, now, pace.read().interval(given)))
        db.session.add(camera)
        audit.record("camera.create", camera, after=described(camera), at=now)
    live.publish([camera.id], status_changed=True)
    return camera


def update(camera: Camera, given: CameraInput, now: datetime, scope: Scope) -> Camera:
    """Save an edit. InvalidInput when an address is not allowed; EditedMeanwhile or DeletedMeanwhile when somebody
    was faster.
    """
    _require_allowed(given, camera)
    with _written(given, camera.id, scope):
        stored = locked(camera.id, scope)
        if given.version is not None and given.version != stored.version:
            raise EditedMeanwhile(stored)
        _require_places(given, stored.id, stored.group_id, scope)
        _save(stored, given, now)
    live.publish([stored.id], status_changed=True)
    return stored


def _save(stored: Camera, given: CameraInput, now: datetime) -> None:
    before = described(stored)
    columns = columns_of(given, stored, stored.id, now, pace.read().interval(given))
    history = history_of(stored, given.is_active, stored.maintenance_until, now)
    db.session.add_all(StatusChange(**change) for change in history)
    for name, value in columns.items():
        setattr(stored, name, value)
    audit.record("camera.update", stored, before, described(stored), now)


def delete(camera: Camera, now: datetime, scope: Scope) -> None:
    """Delete a camera with its history and its picture; DeletedMeanwhile when somebody was faster."""
    with transaction():
        stored = locked(camera.id, scope)
        audit.record("camera.delete", stored, described(stored), at=now)
        db.session.delete(stored)
    pictures.forget([camera.id])
    live.publish([camera.id], status_changed=True)


def _require_allowed(given: CameraInput, stored: Camera | None) -> None:
    """Of what is stored already only the network may have changed, and the check itself asks about that."""
    for field in ("rtsp_url", "sub_rtsp_url"):
        url = getattr(given, field)
        if url and url != getattr(stored, field, None):
            require_allowed(url, field)


@contextmanager
def _written(given: CameraInput, camera_id: str, scope: Scope) -> Iterator[None]:
    """A transaction in which the indexes have the last word, with the sentence of whoever asks first."""
    try:
        with transaction():
            yield
    except IntegrityError:
        _require_places(given, camera_id, None, scope)
        raise


def _require_places(given: CameraInput, camera_id: str, stored_group: str | None, scope: Scope) -> None:
    if given.group_id is None or given.group_id != stored_group:
        require_group(given.group_id, scope)
    _require_free_code(given.code, camera_id, scope)


def require_group(group_id: str | None, scope: Scope) -> None:
    """InvalidInput unless cameras may be put there; nobody can delete the group before the transaction ends."""
    if group_id is None and not scope.is_everything:
        raise InvalidInput({"group_id": ["Choose one of your groups: you may not keep cameras outside of them."]})
    if group_id and (not scope.covers(group_id) or _kept_group(group_id) is None):
        raise InvalidInput({"group_id": ["This group does not exist any more; choose another."]})


def _kept_group(group_id: str) -> CameraGroup | None:
    for_key_share = {"read": True, "key_share": True}
    return db.session.get(CameraGroup, group_id, populate_existing=True, with_for_update=for_key_share)


def _require_free_code(code: str | None, camera_id: str, scope: Scope) -> None:
    """The unique index has the last word; asking first names the camera that has it, to those who may know of it."""
    if code is None:
        return
    taken = select(Camera).where(func.lower(Camera.code) == func.lower(code), Camera.id != camera_id)
    holder = db.session.scalar(taken)
    if holder is not None:
        raise InvalidInput({"code": [code_taken(holder.name if scope.covers(holder.group_id) else None)]})


def code_taken(holder: str | None) -> str:
    """The sentence for a code that another camera has; without its name for those who may not know of it."""
    return f"{f'“{holder}”' if holder else 'Another camera'} has this code already; every code may be used once."
