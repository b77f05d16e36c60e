"""What an input makes of a camera's row. Without a session, so that one camera and ten thousand have the same rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..credentials import Credentials
from ..extensions import settings
from ..models import Camera, Status, new_id
from ..schemas import CameraInput
from .addresses import require_same_address
from .inheritance import HANDED_DOWN
from .pace import sooner
from .shown import SAID_BY_PEOPLE, unknown_from, without_readings

PLAIN_FIELDS = (
    "name",
    "code",
    "rtsp_url",
    "sub_rtsp_url",
    "stream",
    "username",
    "group_id",
    "location",
    "vendor",
    "model",
    "notes",
    "tags",
    "resolution",
    "fps",
    "codec",
    "is_active",
    *HANDED_DOWN,
)
AUDITED = (*PLAIN_FIELDS, "password_encrypted", "maintenance_until")
ASKED_WITH = ("rtsp_url", "sub_rtsp_url", "stream", "username")


def columns_of(
    given: CameraInput, stored: Any | None, camera_id: str, now: datetime, interval: timedelta
) -> dict[str, Any]:
    """Every column that saving `given` sets, always under the same names: of a new row, or of the one that is `stored`,
    a Camera or a row of its table.

    `interval` is what holds for the camera afterwards (pace.Paces.interval(given)). InvalidInput when the stored
    password would travel to another address.
    """
    columns = {name: getattr(given, name) for name in PLAIN_FIELDS}
    columns |= {"password_encrypted": _sealed(given, stored, camera_id), "updated_at": now}
    if stored is None:
        return columns | _of_a_new_camera(camera_id, now)
    require_known_addresses(given, stored)
    is_fresh = _asks_differently(given, stored)
    is_due = is_fresh or (given.is_active and not stored.is_active)
    return columns | {
        "failures": 0 if is_fresh else stored.failures,
        "auth_failures": 0 if is_fresh else stored.auth_failures,
        "next_due_at": now if is_due else sooner(stored, interval, now),
        "maintenance_until": maintenance_ahead(stored, now),
        "version": stored.version + 1,
    }


def history_of(stored: Any, is_active: bool, maintenance_until: datetime | None, now: datetime) -> list[dict[str, Any]]:
    """The entries of the camera's history when people switch it or its maintenance: columns of StatusChange.

    When its checks have been missing for long, the history learns of that, too: no later check will tell.
    """
    found = []
    lapsed = lapse_of(stored, now)
    if lapsed is not None:
        found.append(_change(stored, lapsed, Status.MAINTENANCE, stored.status))
    before = _said(stored.is_active, stored.maintenance_until, stored.status, now)
    after = _said(is_active, maintenance_until, stored.status, now)
    if before == after:
        return found
    dark = unknown_from(stored)
    if not stored.is_active or dark >= now:
        return [*found, _change(stored, now, before, after)]
    if before not in SAID_BY_PEOPLE:
        found.append(_change(stored, max(dark, lapsed or dark), before, Status.UNKNOWN))
    return [*found, _change(stored, now, without_readings(before), without_readings(after))]


def maintenance_ahead(stored: Any, now: datetime) -> datetime | None:
    """The end of maintenance when it has not come yet: what is over is forgotten with every change."""
    until: datetime | None = stored.maintenance_until
    return until if until is not None and until > now else None


def lapse_of(stored: Any, now: datetime) -> datetime | None:
    """When maintenance ended by itself, until the history is told of it; whoever tells it clears the moment."""
    until: datetime | None = stored.maintenance_until
    return until if stored.is_active and until is not None and until <= now else None


def _said(is_active: bool, maintenance_until: datetime | None, status: str, now: datetime) -> str:
    if not is_active:
        return Status.DISABLED
    return Status.MAINTENANCE if maintenance_until and maintenance_until > now else status


def _change(stored: Any, at: datetime, old: str, new: str) -> dict[str, Any]:
    return {"id": new_id(), "camera_id": stored.id, "at": at, "old": old, "new": new}


def described(camera: Camera | Mapping[str, Any] | Any) -> dict[str, Any]:
    """What people say of a camera, its row, or the columns it is to have, as the audit compares it."""
    if isinstance(camera, Mapping):
        return {name: camera[name] for name in AUDITED if name in camera}
    return {name: getattr(camera, name) for name in AUDITED}


def _of_a_new_camera(camera_id: str, now: datetime) -> dict[str, Any]:
    """Its first check is due at once."""
    moments = dict.fromkeys(("status_since", "next_due_at", "created_at"), now)
    return {"id": camera_id, "status": Status.IDLE, "version": 1, "failures": 0, "auth_failures": 0} | moments


def _sealed(given: CameraInput, stored: Any | None, camera_id: str) -> str | None:
    if given.clear_password:
        return None
    if given.password is not None:
        return Credentials(settings.CREDENTIAL_KEYS).encrypt(given.password, camera_id)
    return stored.password_encrypted if stored is not None else None


def _asks_differently(given: CameraInput, stored: Any) -> bool:
    """Then what was found so far says nothing of what will be found."""
    by_login = given.password is not None or given.clear_password
    return by_login or any(getattr(given, name) != getattr(stored, name) for name in ASKED_WITH)


def require_known_addresses(given: CameraInput, stored: Any) -> None:
    """InvalidInput when a stored password would travel to another address than those it was typed for.

    Both streams are asked with the one password, so it may go to either of the two.
    """
    if not stored.password_encrypted or given.password is not None or given.clear_password:
        return
    known = [url for url in (stored.rtsp_url, stored.sub_rtsp_url) if url]
    for url in (given.rtsp_url, given.sub_rtsp_url):
        if url:
            require_same_address(url, known)
