"""What can be done with many cameras at once: of each action what it sets on a camera, and how it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...extensions import db
from ...models import BulkCamera, Camera, StatusChange
from ...schemas import MOST_TAGS, BulkInput, CameraInput
from .. import audit, camera_switches
from ..camera_record import PLAIN_FIELDS, columns_of, described, history_of
from ..pace import Paces

Fields = dict[str, Any]
"""Column → value, of a camera."""


class Left(Exception):
    """This camera is left as it is; the sentence says why."""


@dataclass(slots=True)
class Notes:
    """Of one transaction: what it needs to know, and which cameras it touched."""

    now: datetime
    paces: Paces
    changed: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    due: list[str] = field(default_factory=list)
    """Those to be checked at once."""


Plan = Callable[[Any, BulkInput, datetime], Fields]
"""A camera or what was looked at of it → what the action sets on it. May raise Left."""
Act = Callable[[Notes, Camera, BulkCamera, Fields], None]


def change(notes: Notes, camera: Camera, row: BulkCamera, fields: Fields) -> None:
    """Set fields as a person does on the camera's own page; `row` learns how they were."""
    row.before = packed({name: getattr(camera, name) for name in fields})
    if "is_active" in fields:
        camera_switches.switch(camera, fields["is_active"], notes.now)
    elif "maintenance_until" in fields:
        camera_switches.maintain(camera, fields["maintenance_until"], notes.now)
    else:
        _edit(notes, camera, fields)
    row.version = camera.version
    notes.changed.append(camera.id)


def _edit(notes: Notes, camera: Camera, fields: Fields) -> None:
    before, given = described(camera), _as_edited(camera, fields)
    columns = columns_of(given, camera, camera.id, notes.now, notes.paces.interval(given))
    history = history_of(camera, camera.is_active, camera.maintenance_until, notes.now)
    db.session.add_all(StatusChange(**change) for change in history)
    for name, value in columns.items():
        setattr(camera, name, value)
    audit.record("camera.update", camera, before, described(camera), notes.now)


def _as_edited(camera: Camera, fields: Fields) -> CameraInput:
    """The form of this camera as it would come back; what is stored has been checked when it came in."""
    stored = {name: getattr(camera, name) for name in PLAIN_FIELDS}
    return CameraInput.model_construct(**stored | fields)


def _delete(notes: Notes, camera: Camera, _row: BulkCamera, _fields: Fields) -> None:
    audit.record("camera.delete", camera, described(camera), at=notes.now)
    notes.deleted.append(camera.id)
    db.session.delete(camera)


def _make_due(notes: Notes, camera: Camera, _row: BulkCamera, _fields: Fields) -> None:
    """The next tick would find it due; the checks workers are told right away, too."""
    camera.next_due_at = min(camera.next_due_at, notes.now)
    notes.due.append(camera.id)


def _given(_camera: Any, given: BulkInput, _now: datetime) -> Fields:
    return {name: getattr(given, name) for name in given.given}


def _tagged(camera: Any, given: BulkInput, _now: datetime) -> Fields:
    tags = tuple(dict.fromkeys((*camera.tags, *given.tags)))
    if len(tags) > MOST_TAGS:
        raise Left(f"It would have {len(tags)} tags; a camera has at most {MOST_TAGS}.")
    return {"tags": tags}


def _untagged(camera: Any, given: BulkInput, _now: datetime) -> Fields:
    return {"tags": tuple(tag for tag in camera.tags if tag not in given.tags)}


def _in_maintenance(_camera: Any, given: BulkInput, _now: datetime) -> Fields:
    return {"maintenance_until": given.until}


def _resumed(camera: Any, _given: BulkInput, now: datetime) -> Fields:
    is_over = camera.maintenance_until is None or camera.maintenance_until <= now
    return {"maintenance_until": camera.maintenance_until if is_over else None}


def _checkable(camera: Any, _given: BulkInput, _now: datetime) -> Fields:
    if not camera.is_active:
        raise Left("It is switched off, so it is not checked.")
    return {}


@dataclass(frozen=True, slots=True)
class Action:
    plan: Plan
    act: Act = change

    @property
    def can_be_undone(self) -> bool:
        return self.act is change


ACTIONS: Mapping[str, Action] = {
    "move": Action(_given),
    "tag": Action(_tagged),
    "untag": Action(_untagged),
    "enable": Action(lambda *_: {"is_active": True}),
    "disable": Action(lambda *_: {"is_active": False}),
    "maintenance": Action(_in_maintenance),
    "resume": Action(_resumed),
    "check": Action(_checkable, _make_due),
    "detection": Action(_given),
    "interval": Action(_given),
    "delete": Action(lambda *_: {}, _delete),
}


def differing(camera: Any, fields: Fields) -> Fields:
    """What of the fields the camera does not have yet."""
    return {name: value for name, value in fields.items() if getattr(camera, name) != value}


def packed(fields: Fields) -> dict[str, Any]:
    """As JSON can keep them."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}


def unpacked(stored: Mapping[str, Any]) -> Fields:
    fields = dict(stored)
    if fields.get("maintenance_until"):
        fields["maintenance_until"] = datetime.fromisoformat(fields["maintenance_until"])
    return fields | ({"tags": tuple(fields["tags"])} if "tags" in fields else {})
