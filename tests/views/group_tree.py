"""A small tree for the tests of pages, somebody with rights on a part of it, and what a reader sees of a page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from flask.testing import FlaskClient

from tests.conftest import PASSWORD
from webapp.extensions import db
from webapp.models import CameraGroup, GroupRole, Role, User
from webapp.services import groups


def at(*names: str) -> CameraGroup:
    """The group of this path; made when it is not there."""
    found = groups.ensure_path(names)
    assert found
    return found


def make_plant() -> CameraGroup:
    for path in (("Plant", "Building 1"), ("Plant", "Building 2", "Gate"), ("Depot",)):
        at(*path)
    return at("Plant")


def sign_in_on(
    group: CameraGroup, client: FlaskClient, make_user: Callable[..., User], role: Role = Role.OPERATOR
) -> FlaskClient:
    """As somebody who has this role on the group and nothing elsewhere."""
    user = make_user(Role.NONE)
    db.session.add(GroupRole(user_id=user.id, group_id=group.id, role=role))
    db.session.commit()
    client.post("/login", data={"email": user.email, "password": PASSWORD})
    return client


def text(page: str) -> str:
    """What a reader sees of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page)))
