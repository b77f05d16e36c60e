"""A small tree on either database, and what was written of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from webapp.extensions import db
from webapp.models import AuditEntry, Camera, CameraGroup, GroupRole, Role, User, new_id
from webapp.services import groups
from webapp.services.rights import Scope, scope_of

NOW = datetime.now(UTC).replace(microsecond=0)


def at(*names: str) -> CameraGroup:
    """The group of this path; made when it is not there."""
    found = groups.ensure_path(names)
    assert found
    return found


def paths() -> set[str]:
    """The tree as it is stored."""
    db.session.rollback()
    known = {g.id: g for g in db.session.query(CameraGroup).populate_existing()}
    return {_path(group, known) for group in known.values()}


def _path(group: CameraGroup, known: dict[str, CameraGroup]) -> str:
    above = known.get(group.parent_id or "")
    return f"{_path(above, known)}/{group.name}" if above else group.name


def add_camera(group: CameraGroup | None = None, **fields: Any) -> Camera:
    known = {"id": new_id(), "name": "Gate 2", "rtsp_url": "rtsp://10.20.4.14/1", "next_due_at": NOW}
    camera = Camera(**(known | fields), group_id=group.id if group else None)
    db.session.add(camera)
    db.session.commit()
    return camera


def group_of(camera: Camera) -> str | None:
    db.session.rollback()
    group_id = db.session.query(Camera.group_id).filter_by(id=camera.id).scalar()
    return db.session.query(CameraGroup.name).filter_by(id=group_id).scalar() if group_id else None


def audited(action: str) -> list[AuditEntry]:
    return db.session.query(AuditEntry).filter_by(action=action).order_by(AuditEntry.subject).all()


def operator_on(*given_on: CameraGroup) -> Scope:
    """What somebody may write who is operator on these groups and nothing elsewhere."""
    user = User(email=f"{new_id()}@example.com", role=Role.NONE, password_hash="-")
    db.session.add(user)
    db.session.flush()
    db.session.add_all(GroupRole(user_id=user.id, group_id=group.id, role=Role.OPERATOR) for group in given_on)
    db.session.commit()
    return scope_of(user, "cameras:write")


@pytest.fixture
def tree(either_app: Flask) -> None:
    """Plant with two buildings, one of them with a gate; and another plant."""
    for path in (("Plant", "Building 1"), ("Plant", "Building 2", "Gate"), ("Depot",)):
        at(*path)
