"""A person, a small fleet, and one call that has a bulk action done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from webapp.extensions import db
from webapp.models import BulkAction, BulkCamera, Camera, CameraGroup, GroupRole, Role, User, new_id
from webapp.schemas import BulkInput, parse
from webapp.services import rights
from webapp.services.bulk import running, starting
from webapp.services.bulk.choice import Choice
from webapp.services.bulk.preview import preview

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)

Bulk = Callable[..., BulkAction]


def clock() -> datetime:
    return NOW


def add(*objects: Any) -> None:
    db.session.add_all(objects)
    db.session.commit()


def camera(name: str = "Gate", **fields: Any) -> Camera:
    known = {"rtsp_url": "rtsp://10.20.4.14/s", "status": "live", "status_since": NOW, "next_due_at": NOW}
    found = Camera(id=new_id(), name=name, **(known | {"created_at": NOW, "updated_at": NOW} | fields))
    add(found)
    return found


def group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    found = CameraGroup(id=new_id(), name=name, parent_id=parent.id if parent else None)
    add(found)
    return found


def person(role: Role = Role.OPERATOR, **on_groups: CameraGroup) -> User:
    """`on_groups` is role=group for roles that are given on a group."""
    found = User(id=new_id(), email=f"{new_id()}@example.com", role=role, password_hash="x")
    add(found)
    add(*(GroupRole(user_id=found.id, group_id=place.id, role=given) for given, place in on_groups.items()))
    return found


def start(user: User, action: str, *cameras: Camera, agreed: int | None = None, **fields: Any) -> BulkAction:
    """Chosen, previewed and started, with the rights the person has now."""
    given = parse(BulkInput, {"action": action, **fields})
    choice = Choice(tuple(camera.id for camera in cameras))
    sight, may_write = rights.scope_of(user, "cameras:read"), rights.scope_of(user, "cameras:write")
    if agreed is None:
        shown = preview(choice, given, sight, may_write, NOW)
        return starting.start(choice, given, starting.Agreed(shown.will, shown.digest), user, sight, may_write, NOW)
    return starting.start(choice, given, starting.Agreed(agreed), user, sight, may_write, NOW)


def run(bulk: BulkAction) -> list[str]:
    """Do all of it; gives the cameras to be checked at once."""
    due = [id for ids in running.run(bulk.id, clock) for id in ids]
    db.session.expire_all()
    return due


def results(bulk: BulkAction) -> dict[str, tuple[str | None, str | None]]:
    """Name of the camera → result and problem."""
    rows = db.session.scalars(select(BulkCamera).where(BulkCamera.bulk_id == bulk.id))
    return {row.name: (row.result, row.problem) for row in rows}


@pytest.fixture
def operator(either_app: Flask) -> User:
    return person()


@pytest.fixture
def do(operator: User) -> Bulk:
    def act(action: str, *cameras: Camera, **fields: Any) -> BulkAction:
        found = start(operator, action, *cameras, **fields)
        run(found)
        return found

    return act
