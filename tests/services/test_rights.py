from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.services.people import new_person
from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, GroupRole, Role, User
from webapp.services import finding, rights
from webapp.services.rights import EVERYTHING, NOTHING, Scope


class Site:
    """Groups by name: each hangs in the one it was planted under."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}

    def plant(self, parent: str | None, *names: str) -> None:
        for name in names:
            group = CameraGroup(name=name, parent_id=self.ids.get(parent or ""))
            db.session.add(group)
            db.session.flush()
            self.ids[name] = group.id
        db.session.commit()

    def move(self, name: str, parent: str | None) -> None:
        db.session.get_one(CameraGroup, self.ids[name]).parent_id = self.ids.get(parent or "")
        db.session.commit()

    def give(self, user: User, name: str, role: Role) -> None:
        db.session.add(GroupRole(user_id=user.id, group_id=self.ids[name], role=role))
        db.session.commit()

    def names(self, scope: Scope) -> set[str]:
        assert scope.group_ids is not None
        return {name for name, group_id in self.ids.items() if group_id in scope.group_ids}


@pytest.fixture
def site(either_app: Flask) -> Site:
    site = Site()
    site.plant(None, "Site A", "Site B")
    site.plant("Site A", "Building 1", "Building 2")
    site.plant("Building 1", "Gate", "Hall")
    site.plant("Gate", "Turnstiles")
    site.plant("Site B", "Yard")
    return site


@pytest.fixture
def user(site: Site) -> User:
    return new_person(Role.NONE)


def reads(user: User) -> Scope:
    return rights.scope_of(user, "cameras:read")


def writes(user: User) -> Scope:
    return rights.scope_of(user, "cameras:write")


def test_a_role_holds_for_the_whole_sub_tree_and_nowhere_else(site: Site, user: User) -> None:
    site.give(user, "Building 1", Role.OPERATOR)
    assert site.names(reads(user)) == site.names(writes(user)) == {"Building 1", "Gate", "Hall", "Turnstiles"}
    assert not reads(user).covers(None)
    assert not reads(user).covers(site.ids["Site A"])


def test_nested_roles_add_up(site: Site, user: User) -> None:
    site.give(user, "Site A", Role.VIEWER)
    site.give(user, "Building 1", Role.OPERATOR)
    site.give(user, "Turnstiles", Role.VIEWER)
    assert site.names(reads(user)) == {"Site A", "Building 1", "Building 2", "Gate", "Hall", "Turnstiles"}
    assert site.names(writes(user)) == {"Building 1", "Gate", "Hall", "Turnstiles"}


def test_groups_that_come_later_and_groups_that_move_follow_the_tree(site: Site, user: User) -> None:
    site.give(user, "Building 1", Role.VIEWER)
    site.plant("Hall", "Annex")
    site.move("Yard", "Gate")
    site.move("Hall", "Building 2")
    assert site.names(reads(user)) == {"Building 1", "Gate", "Turnstiles", "Yard"}
    site.move("Building 1", "Site B")
    assert site.names(reads(user)) == {"Building 1", "Gate", "Turnstiles", "Yard"}


def test_cameras_that_come_later_are_covered(
    site: Site, user: User, make_camera_in: Callable[[str | None], str]
) -> None:
    site.give(user, "Building 1", Role.VIEWER)
    new = make_camera_in(site.ids["Turnstiles"])
    others = [make_camera_in(place) for place in (site.ids["Yard"], site.ids["Site A"], None)]
    seen = {camera.id for camera in finding.by_ids([new, *others], reads(user))}
    assert seen == {new}


@pytest.fixture
def make_camera_in(site: Site) -> Callable[[str | None], str]:
    def make(group_id: str | None) -> str:
        camera = Camera(name="Door", rtsp_url="rtsp://10.0.0.1/", group_id=group_id)
        db.session.add(camera)
        db.session.commit()
        return str(camera.id)

    return make


def test_a_tree_that_somebody_bent_into_a_circle_does_not_hang_us(site: Site, user: User) -> None:
    site.give(user, "Gate", Role.VIEWER)
    site.move("Building 1", "Turnstiles")
    assert site.names(reads(user)) == {"Gate", "Turnstiles", "Building 1", "Hall"}


def test_a_role_everywhere_needs_no_groups_and_one_for_few_takes_nothing_away(site: Site, user: User) -> None:
    user.role = Role.VIEWER
    site.give(user, "Gate", Role.OPERATOR)
    assert reads(user) == EVERYTHING
    assert site.names(writes(user)) == {"Gate", "Turnstiles"}


def test_what_only_administrators_may_is_never_given_on_a_group(site: Site, user: User) -> None:
    """Not even by a row that no page writes."""
    site.give(user, "Site A", Role.ADMIN)
    for permission in ("cameras:read", "users:write", "audit:read", "cameras:credentials"):
        assert rights.scope_of(user, permission) == NOTHING


def test_it_costs_one_query_or_none(site: Site, user: User) -> None:
    for role, permission, expected in (
        (Role.ADMIN, "users:write", 0),
        (Role.OPERATOR, "cameras:write", 0),
        (Role.VIEWER, "users:write", 0),
        (Role.NONE, "cameras:read", 1),
    ):
        user.role = role
        db.session.commit()
        with counted_queries() as queries:
            rights.scope_of(user, permission)
        assert len(queries) == expected, (role, permission)
