from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import PASSWORD
from tests.services.people import NOW, at_once, audited, everything_audited, new_person
from webapp.extensions import db
from webapp.models import RESET, AuditEntry, CameraGroup, GroupRole, Role, User
from webapp.schemas import GroupRoleInput, InvalidInput, InvitationInput, RightsInput, UserInput
from webapp.services import users

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def site(either_app: Flask) -> CameraGroup:
    """Site A with Building 1 in it; gives the building."""
    top = CameraGroup(name="Site A")
    db.session.add(top)
    db.session.flush()
    building = CameraGroup(name="Building 1", parent_id=top.id)
    db.session.add(building)
    db.session.commit()
    return building


def on(*paths: str, role: str = "viewer") -> tuple[GroupRoleInput, ...]:
    return tuple(GroupRoleInput(group=path, role=role) for path in paths)


def test_an_email_is_taken_once_whatever_its_case(either_app: Flask) -> None:
    new_person(email="a.ruiz@example.com")
    with pytest.raises(InvalidInput, match="exists already"):
        users.create(UserInput(email="A.RUIZ@example.com", password=PASSWORD))
    with pytest.raises(InvalidInput, match="exists already"):
        users.invite(InvitationInput(email="a.ruiz@EXAMPLE.com"), NOW)
    assert len(db.session.scalars(select(User)).all()) == 1


def test_the_password_is_stored_only_as_a_hash(app: Flask) -> None:
    user = users.create(UserInput(email="a.ruiz@example.com", password=PASSWORD))
    assert user.password_hash.startswith("scrypt:")
    assert PASSWORD not in user.password_hash
    assert user.password_hash not in everything_audited()


def test_roles_hold_the_permissions_of_the_table(make_user: Callable[..., User]) -> None:
    asked = ("cameras:read", "cameras:write", "users:write", "audit:read", "cameras:credentials")
    table = {role: {permission for permission in asked if make_user(role).may(permission)} for role in Role}
    assert table == {
        Role.ADMIN: set(asked),
        Role.OPERATOR: {"cameras:read", "cameras:write"},
        Role.VIEWER: {"cameras:read"},
        Role.NONE: set(),
    }


class TestInviting:
    def test_it_gives_the_roles_it_names(self, site: CameraGroup) -> None:
        given = InvitationInput(email="new@example.com", role="none", groups=on("Site A > Building 1", role="operator"))
        user, _ = users.invite(given, NOW)
        assert not user.has_joined
        assert users.group_roles(user) == {"Site A › Building 1": "operator"}
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.subject) == ("user.invite", "new@example.com")
        assert entry.changes["groups"] == [None, "Site A › Building 1: operator"]

    @pytest.mark.parametrize(
        ("paths", "why"),
        [
            (("Site B",), "no group “Site B”"),
            (("Building 1",), "no group"),
            (("Site A", " Site A "), "stands here twice"),
        ],
    )
    def test_a_group_that_is_none_or_stands_there_twice_is_refused_whole(
        self, site: CameraGroup, paths: tuple[str, ...], why: str
    ) -> None:
        with pytest.raises(InvalidInput, match=why):
            users.invite(InvitationInput(email="new@example.com", groups=on(*paths)), NOW)
        assert db.session.scalars(select(User)).all() == []
        assert audited() == []


class TestChangingRights:
    def test_roles_are_given_and_taken_at_once(self, site: CameraGroup) -> None:
        user = new_person(Role.OPERATOR)
        users.update(user, RightsInput(name="Ana", role="none", groups=on("Site A", "Site A › Building 1")), NOW)
        users.update(user, RightsInput(name="Ana", role="none", groups=on("Site A", role="operator")), LATER)
        assert users.group_roles(user) == {"Site A": "operator"}
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()[-1]
        assert entry.changes == {"groups": ["Site A: viewer, Site A › Building 1: viewer", "Site A: operator"]}

    def test_what_is_refused_changes_nothing(self, site: CameraGroup) -> None:
        user = new_person(Role.OPERATOR)
        users.update(user, RightsInput(role="viewer", groups=on("Site A")), NOW)
        with pytest.raises(InvalidInput):
            users.update(user, RightsInput(role="none", groups=on("Site B")), NOW)
        assert db.session.scalar(select(User.role)) == "viewer"
        assert users.group_roles(user) == {"Site A": "viewer"}

    def test_a_list_of_everybody_costs_as_many_queries_whoever_there_is(self, site: CameraGroup) -> None:
        for n in range(5):
            users.create(UserInput(email=f"{n}@example.com", password=PASSWORD, groups=on("Site A › Building 1")))
        people = users.everybody()
        assert [person.user.email for person in people] == [f"{n}@example.com" for n in range(5)]
        assert {tuple(person.groups.items()) for person in people} == {(("Site A › Building 1", "viewer"),)}

    def test_a_deleted_group_takes_the_roles_on_it_along(self, site: CameraGroup) -> None:
        user = new_person()
        users.update(user, RightsInput(groups=on("Site A › Building 1")), NOW)
        db.session.delete(site)
        db.session.commit()
        assert db.session.scalars(select(GroupRole)).all() == []
        assert users.group_roles(user) == {}


class TestDisabling:
    def test_it_ends_the_sessions_and_enabling_does_not_bring_them_back(self, either_app: Flask) -> None:
        new_person(Role.ADMIN, "root@example.com")
        user = new_person()
        cookie = user.get_id()
        users.disable(user, NOW)
        users.enable(user, NOW)
        assert user.is_enabled
        assert user.get_id() != cookie
        assert [action for action, _, _ in audited()] == ["user.disable", "user.enable"]

    def test_it_keeps_what_the_person_may(self, site: CameraGroup) -> None:
        user = new_person(Role.OPERATOR)
        users.update(user, RightsInput(role="operator", groups=on("Site A")), NOW)
        users.disable(user, NOW)
        assert (user.role, users.group_roles(user)) == ("operator", {"Site A": "viewer"})


class TestTheLastAdministrator:
    def test_cannot_be_demoted_or_disabled(self, either_app: Flask) -> None:
        root = new_person(Role.ADMIN)
        new_person(Role.ADMIN, "disabled@example.com", is_enabled=False)
        new_person(Role.ADMIN, "invited@example.com", password_hash="")
        new_person(Role.ADMIN, "reset@example.com", password_hash=RESET)
        for act in (partial(users.update, root, RightsInput(role="operator")), partial(users.disable, root)):
            with pytest.raises(InvalidInput, match="last administrator"):
                act(now=NOW)
        db.session.expire_all()
        assert (root.role, root.is_enabled) == ("admin", True)
        assert audited() == []

    def test_may_change_the_own_name(self, either_app: Flask) -> None:
        root = new_person(Role.ADMIN)
        users.update(root, RightsInput(name="Root", role="admin"), NOW)
        assert root.name == "Root"

    @pytest.mark.parametrize("act", [users.disable, lambda user, now: users.update(user, RightsInput(), now)])
    def test_is_left_when_two_do_it_to_each_other_at_once(self, either_app: Flask, act: Callable[..., None]) -> None:
        both = [new_person(Role.ADMIN, f"{n}@example.com").id for n in range(2)]

        def strike(user_id: str) -> None:
            act(db.session.get_one(User, user_id), now=NOW)

        done = at_once(either_app, *(partial(strike, user_id) for user_id in both))
        assert sorted(type(found).__name__ for found in done) == ["InvalidInput", "NoneType"]
        db.session.expire_all()
        left = db.session.scalars(select(User).where(User.role == Role.ADMIN, User.is_enabled)).all()
        assert len(left) == 1
