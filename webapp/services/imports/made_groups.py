"""The groups that an import made: taken away again with it, as far as nobody has come to use them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select

from ...extensions import db
from ...models import AuditEntry, Camera, CameraGroup, GroupRole
from .. import audit
from ..groups.structure import Structure, read_to_change
from ..rights import Scope


def remove(ids: Collection[str], now: datetime, scope: Scope) -> None:
    """Within a transaction: delete those of the groups that hold nothing, that nobody changed or has rights on."""
    structure = read_to_change()
    unchanged = select(CameraGroup.id).where(CameraGroup.id.in_(ids), CameraGroup.version == 1).with_for_update()
    unused = {group_id for group_id in db.session.scalars(unchanged) if scope.covers(group_id)} - _used(ids)
    doomed: list[str] = []
    for group_id in sorted(unused, key=lambda group_id: -len(structure.way(group_id))):
        if set(structure.children.get(group_id, [])) <= set(doomed):
            doomed.append(group_id)
    _delete(doomed, structure, now)


def _used(ids: Collection[str]) -> set[str]:
    with_cameras = db.session.scalars(select(Camera.group_id).where(Camera.group_id.in_(ids)).distinct())
    with_people = db.session.scalars(select(GroupRole.group_id).where(GroupRole.group_id.in_(ids)).distinct())
    return {group_id for group_id in [*with_cameras, *with_people] if group_id}


def _delete(doomed: Iterable[str], structure: Structure, now: datetime) -> None:
    """From below, as the database wants it."""
    entries = []
    for group_id in doomed:
        before = {"name": structure.names[group_id], "parent": structure.path(structure.parents[group_id])}
        entries.append(audit.entry("group.delete", structure.names[group_id], before, at=now))
        db.session.execute(delete(CameraGroup).where(CameraGroup.id == group_id))
    if entries:
        db.session.execute(insert(AuditEntry), entries)
