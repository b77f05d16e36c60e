"""What people say of a camera's state: that it is not to be checked, and that it is being worked on until a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..extensions import db, transaction
from ..models import Camera, StatusChange
from ..schemas import InvalidInput
from . import audit, live
from .camera_record import history_of, maintenance_ahead
from .cameras import locked
from .rights import Scope

LONGEST_MAINTENANCE = timedelta(days=366)


def set_active(camera: Camera, is_active: bool, now: datetime, scope: Scope) -> Camera:
    """Switch the checks of a camera on or off; DeletedMeanwhile when somebody was faster."""
    with transaction():
        stored = locked(camera.id, scope)
        switch(stored, is_active, now)
    live.publish([stored.id], status_changed=True)
    return stored


def set_maintenance(camera: Camera, until: datetime | None, now: datetime, scope: Scope) -> Camera:
    """Keep a camera's outages out of the counts until a moment, or end that now with None.

    InvalidInput when the moment is none that work could end at; DeletedMeanwhile when somebody was faster.
    """
    require_sensible_end(until, now)
    with transaction():
        stored = locked(camera.id, scope)
        maintain(stored, until, now)
    live.publish([stored.id], status_changed=True)
    return stored


def switch(stored: Camera, is_active: bool, now: datetime) -> bool:
    """set_active for those who hold the locked camera in a transaction of their own; whether it changed anything."""
    if stored.is_active == is_active:
        return False
    _note(stored, is_active, stored.maintenance_until, now)
    audit.record("camera.enable" if is_active else "camera.disable", stored, at=now)
    if is_active:
        stored.next_due_at = now
    stored.is_active, stored.updated_at = is_active, now
    stored.maintenance_until = maintenance_ahead(stored, now)
    stored.version += 1
    return True


def maintain(stored: Camera, until: datetime | None, now: datetime) -> bool:
    """set_maintenance for those who hold the locked camera in a transaction of their own; whether it changed anything.

    Checks go on, so that it is seen when the camera is back. An edit that is open meanwhile may still be saved.
    """
    before = maintenance_ahead(stored, now)
    if before == until:
        return False
    _note(stored, stored.is_active, until, now)
    action = "camera.maintain" if until else "camera.resume"
    audit.record(action, stored, {"maintenance_until": before}, {"maintenance_until": until}, now)
    stored.maintenance_until = until
    return True


def require_sensible_end(until: datetime | None, now: datetime) -> None:
    if until is not None and not now < until <= now + LONGEST_MAINTENANCE:
        raise InvalidInput({"until": ["Choose a moment in the future, at most a year from now."]})


def _note(stored: Camera, is_active: bool, maintenance_until: datetime | None, now: datetime) -> None:
    db.session.add_all(StatusChange(**change) for change in history_of(stored, is_active, maintenance_until, now))
