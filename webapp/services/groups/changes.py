"""Making, changing and moving a group: where it may stand, by whom, and what the audit says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ...extensions import db, transaction
from ...models import Camera, CameraGroup, new_id
from ...schemas import GroupInput, InvalidInput
from .. import audit, live, pace
from ..inheritance import HANDED_DOWN
from ..rights import Scope
from .structure import MAX_DEPTH, Structure, read_to_change

SAID = ("name", "location", "parent_id", *HANDED_DOWN)
OUTSIDE = "Choose one of your groups: you may not put anything outside of them."
GONE = "This group does not exist any more; choose another."
NOT_YOURS = "This group may only be changed by somebody who has rights on it."
HELD_FAST = "Your rights begin at this group: only somebody with rights above it may move or delete it."


class EditedMeanwhile(Exception):
    """Somebody else saved this group after the form was opened; `group` is what is stored now."""

    def __init__(self, group: CameraGroup) -> None:
        self.group = group
        super().__init__("Somebody else changed this group while you were editing it.")


class DeletedMeanwhile(LookupError):
    """Somebody deleted this group after the form was opened."""


def load(group_id: str, scope: Scope) -> CameraGroup | None:
    return db.session.get(CameraGroup, group_id) if scope.covers(group_id) else None


def is_movable(group: CameraGroup, scope: Scope) -> bool:
    """Whether somebody with rights in `scope` may move or delete it: rights given on the group itself do not reach."""
    return scope.covers(group.id) and scope.covers(group.parent_id)


def create(given: GroupInput, now: datetime, scope: Scope) -> CameraGroup:
    group = CameraGroup(id=new_id(), created_at=now)
    with transaction():
        structure = read_to_change()
        require_place(structure, None, given.name, given.parent_id, scope)
        _require_free_name(structure, given)
        _fill(group, given, now)
        db.session.add(group)
        audit.record("group.create", group, after=described(group), at=now)
    live.publish([], status_changed=True)
    return group


def update(group: CameraGroup, given: GroupInput, now: datetime, scope: Scope) -> CameraGroup:
    """Save an edit. EditedMeanwhile or DeletedMeanwhile when somebody was faster."""
    with transaction():
        structure = read_to_change()
        stored = stored_now(group.id, scope)
        if given.version is not None and given.version != stored.version:
            raise EditedMeanwhile(stored)
        if given.parent_id != stored.parent_id:
            require_movable(stored, scope)
            require_place(structure, stored.id, given.name, given.parent_id, scope)
        _require_free_name(structure, given, but=stored.id)
        before = described(stored)
        _fill(stored, given, now)
        stored.version += 1
        audit.record("group.update", stored, before, described(stored), now)
        db.session.flush()
        pace.reschedule(now, Camera.group_id.in_(structure.below(stored.id)))
    live.publish([], status_changed=True)
    return stored


def move(group: CameraGroup, parent_id: str | None, now: datetime, scope: Scope) -> CameraGroup:
    """Hang the group, with all it holds, into another one, or with None at the top of the tree."""
    with transaction():
        structure = read_to_change()
        stored = stored_now(group.id, scope)
        require_movable(stored, scope)
        _require_other_place(structure, stored, parent_id, scope)
        hang(stored, parent_id, now)
        db.session.flush()
        pace.reschedule(now, Camera.group_id.in_(structure.below(stored.id)))
    live.publish([], status_changed=True)
    return stored


def hang(group: CameraGroup, parent_id: str | None, now: datetime) -> None:
    audit.record("group.move", group, {"parent_id": group.parent_id}, {"parent_id": parent_id}, now)
    group.parent_id, group.updated_at = parent_id, now
    group.version += 1


def stored_now(group_id: str, scope: Scope) -> CameraGroup:
    """The group as it is at this moment, for a change within the running transaction."""
    stored = db.session.get(CameraGroup, group_id, populate_existing=True)
    if stored is None:
        raise DeletedMeanwhile
    if not scope.covers(stored.id):
        raise InvalidInput({"": [NOT_YOURS]})
    return stored


def require_movable(group: CameraGroup, scope: Scope) -> None:
    if not is_movable(group, scope):
        raise InvalidInput({"": [HELD_FAST]})


def require_place(
    structure: Structure, group_id: str | None, name: str, parent_id: str | None, scope: Scope, field: str = "parent_id"
) -> None:
    """A group, new when `group_id` is None, may hang in `parent_id`; else InvalidInput that says why not."""
    require_within(structure, parent_id, scope, field)
    if parent_id and group_id in structure.way(parent_id):
        why = "it is the same group" if parent_id == group_id else f"“{structure.names[parent_id]}” lies within it"
        raise InvalidInput({field: [f"“{name}” cannot move there: {why}. Choose a group outside of it."]})
    if len(structure.way(parent_id)) + (structure.height(group_id) if group_id else 1) > MAX_DEPTH:
        raise InvalidInput({field: [f"Groups can lie {MAX_DEPTH} deep at most; choose a place further up."]})


def require_within(structure: Structure, parent_id: str | None, scope: Scope, field: str) -> None:
    if parent_id is None and not scope.is_everything:
        raise InvalidInput({field: [OUTSIDE]})
    if parent_id is not None and not (parent_id in structure.names and scope.covers(parent_id)):
        raise InvalidInput({field: [GONE]})


def taken(structure: Structure, name: str, parent_id: str | None) -> str:
    where = f"“{structure.names[parent_id]}” holds" if parent_id else "At the top of the tree there is"
    return f"{where} a group called “{name}” already."


def described(group: CameraGroup) -> dict[str, Any]:
    """What people say of the group, as the audit compares it."""
    return {name: getattr(group, name) for name in SAID}


def _fill(group: CameraGroup, given: GroupInput, now: datetime) -> None:
    for name in SAID:
        setattr(group, name, getattr(given, name))
    group.updated_at = now


def _require_free_name(structure: Structure, given: GroupInput, but: str | None = None) -> None:
    if structure.sibling(given.name, given.parent_id, but):
        raise InvalidInput({"name": [f"There is a group called “{given.name}” here already; choose another name."]})


def _require_other_place(structure: Structure, stored: CameraGroup, parent_id: str | None, scope: Scope) -> None:
    if parent_id == stored.parent_id:
        raise InvalidInput({"parent_id": [f"“{stored.name}” is there already; choose another place."]})
    require_place(structure, stored.id, stored.name, parent_id, scope)
    if structure.sibling(stored.name, parent_id):
        sentence = f"{taken(structure, stored.name, parent_id)} Rename one of the two first."
        raise InvalidInput({"parent_id": [sentence]})
