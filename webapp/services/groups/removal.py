"""Deleting a group: what it holds, and where all of that goes. No camera is ever deleted with its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update

from ...extensions import db, transaction
from ...models import AuditEntry, Camera, CameraGroup, GroupRole, Report
from ...schemas import TOP, GroupRemoval, InvalidInput
from .. import audit, live, pace
from ..rights import Scope
from .changes import described, hang, require_movable, require_place, require_within, stored_now, taken
from .structure import Structure, read, read_to_change

NOT_SAID = "This group holds cameras or sub-groups. Say where they go."
WITHIN = "This place lies within the group that goes; choose one outside of it."


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a group holds: whatever has to find another place before it goes."""

    cameras: int
    """In the group itself."""
    cameras_below: int
    """In its sub-groups."""
    subgroups: int
    """On every level."""
    people: int
    """Who have a role given on the group itself or on a sub-group."""
    reports: int
    """About the group itself or a sub-group."""

    @property
    def is_empty(self) -> bool:
        return not (self.cameras or self.cameras_below or self.subgroups)


@dataclass(frozen=True, slots=True)
class Removed:
    """What a deletion did."""

    cameras: int
    """That changed their group."""
    moved_groups: int
    dissolved_groups: int
    target_id: str | None
    target: str | None
    """The name of the group that took them; None is the top, no group."""


def what_it_holds(group: CameraGroup) -> Holdings:
    below = read().below(group.id)
    inside = select(func.count()).select_from(Camera)
    own = db.session.scalar(inside.where(Camera.group_id == group.id)) or 0
    everywhere = db.session.scalar(inside.where(Camera.group_id.in_(below))) or 0
    people = select(func.count(GroupRole.user_id.distinct())).where(GroupRole.group_id.in_(below))
    reports = select(func.count(Report.id)).where(Report.group_id.in_(below))
    roles, about = db.session.scalar(people) or 0, db.session.scalar(reports) or 0
    return Holdings(own, everywhere - own, len(below) - 1, roles, about)


def delete(group: CameraGroup, given: GroupRemoval, now: datetime, scope: Scope) -> Removed:
    """Delete the group after what it holds has moved to where `given` says. InvalidInput when it does not say, or when
    that place cannot take it.
    """
    with transaction():
        structure = read_to_change()
        stored = stored_now(group.id, scope)
        require_movable(stored, scope)
        is_dissolving = given.subgroups == "dissolve"
        children = structure.children.get(stored.id, [])
        doomed = structure.below(stored.id) if is_dissolving else [stored.id]
        staying = [] if is_dissolving else children
        found = _hold(doomed)
        if found or children:
            _require_target(structure, stored, staying, given.target_id, scope)
        target_id = None if given.target_id == TOP else given.target_id
        _move_cameras(found, target_id, now)
        gone = _step_aside(doomed, {"cameras": len(found), "moved_to": structure.path(target_id)}, now)
        _move_groups(staying, target_id, now)
        _delete_upwards(gone)
        _bring_forward(structure, found, staying, now)
    live.publish([row.id for row in found], status_changed=True)
    target = structure.names[target_id] if target_id else None
    return Removed(len(found), len(staying), len(doomed) - 1, target_id, target)


def _hold(doomed: list[str]) -> list[Row[Any]]:
    """The cameras of these groups. Until our transaction ends nobody adds another: who tries waits, and finds no group.

    Cameras come before groups, as in every change of a camera, so that nobody waits for us while we wait for them.
    """
    own = select(Camera.id, Camera.name, Camera.group_id).where(Camera.group_id.in_(doomed))
    own = own.order_by(Camera.id).with_for_update()
    db.session.execute(own)
    db.session.execute(select(CameraGroup.id).where(CameraGroup.id.in_(doomed)).with_for_update())
    return list(db.session.execute(own))


def _require_target(
    structure: Structure, stored: CameraGroup, staying: list[str], target_id: str | None, scope: Scope
) -> None:
    if target_id is None:
        raise InvalidInput({"target_id": [NOT_SAID]})
    parent_id = None if target_id == TOP else target_id
    require_within(structure, parent_id, scope, "target_id")
    if stored.id in structure.way(parent_id):
        raise InvalidInput({"target_id": [WITHIN]})
    for child in staying:
        require_place(structure, child, structure.names[child], parent_id, scope, "target_id")
        if structure.sibling(structure.names[child], parent_id, but=stored.id):
            sentence = f"{taken(structure, structure.names[child], parent_id)} Choose another place, or dissolve them."
            raise InvalidInput({"target_id": [sentence]})


def _move_cameras(found: Sequence[Row[Any]], target_id: str | None, now: datetime) -> None:
    if not found:
        return
    moved = {"group_id": target_id, "updated_at": now, "version": Camera.version + 1}
    db.session.execute(update(Camera).where(Camera.id.in_([row.id for row in found])).values(moved))
    entries = [
        audit.entry("camera.move", row.name, {"group_id": row.group_id}, {"group_id": target_id}, now)
        | {"camera_id": row.id}
        for row in found
    ]
    db.session.execute(insert(AuditEntry), entries)


def _step_aside(doomed: list[str], told: dict[str, Any], now: datetime) -> list[CameraGroup]:
    """Note that these groups go, and free their names: what stays may be called like them, in their very place."""
    gone = [db.session.get_one(CameraGroup, group_id) for group_id in doomed]
    for group in gone:
        audit.record("group.delete", group, described(group), told if group is gone[0] else None, now)
    for group in gone:
        group.name = group.id
    db.session.flush()
    return gone


def _move_groups(staying: list[str], target_id: str | None, now: datetime) -> None:
    for group_id in staying:
        hang(db.session.get_one(CameraGroup, group_id), target_id, now)
    db.session.flush()


def _delete_upwards(gone: list[CameraGroup]) -> None:
    """Children before their parents, as the database wants it; the roles given on them go along."""
    for group in reversed(gone):
        db.session.delete(group)
        db.session.flush()


def _bring_forward(structure: Structure, found: Sequence[Row[Any]], staying: list[str], now: datetime) -> None:
    """What is inherited now may ask for quicker checks."""
    below = [inner for child in staying for inner in structure.below(child)]
    pace.reschedule(now, or_(Camera.id.in_([row.id for row in found]), Camera.group_id.in_(below)))
