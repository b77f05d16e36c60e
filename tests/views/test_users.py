"""The people's pages: inviting, rights, disabling, a new password."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.conftest import PASSWORD
from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import AuditEntry, CameraGroup, GroupRole, Role, User
from webapp.services import users

NEW = "another horse battery"


@pytest.fixture
def building(admin: FlaskClient) -> CameraGroup:
    site = CameraGroup(name="Site A")
    db.session.add(site)
    db.session.flush()
    inner = CameraGroup(name="Building 1", parent_id=site.id)
    db.session.add(inner)
    db.session.commit()
    return inner


def invite(client: FlaskClient, **fields: Any) -> Any:
    return client.post("/users/invite", data={"email": "new@example.com", "role": "none"} | fields)


def link_of(answer: Any) -> str:
    """The path of the one-time link on the page."""
    found = re.search(r'value="http://localhost(/join/[^"]+)"', answer.text)
    assert found, answer.text[:3000]
    return found[1]


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{12})"', page)
    assert found, page[:3000]
    return found[1]


def by_email(email: str) -> User:
    found = users.by_email(email)
    assert found
    return found


class TestInviting:
    def test_the_link_is_shown_once_and_lets_the_person_in(self, admin: FlaskClient, building: CameraGroup) -> None:
        answer = invite(admin, group="Site A › Building 1", group_role="operator")
        assert answer.status_code == 201
        assert answer.headers["Cache-Control"] == "no-store"
        link = link_of(answer)
        assert link not in admin.get("/users").text
        newcomer = admin.application.test_client()
        assert "new@example.com" in newcomer.get(link).text
        assert newcomer.post(link, data={"password": NEW}).headers["Location"] == "/cameras"
        assert newcomer.get("/cameras").status_code == 200
        assert users.group_roles(by_email("new@example.com")) == {"Site A › Building 1": "operator"}

    def test_it_is_of_no_use_a_second_time(self, admin: FlaskClient) -> None:
        link = link_of(invite(admin))
        admin.application.test_client().post(link, data={"password": NEW})
        for method in ("GET", "POST"):
            again = admin.application.test_client().open(link, method=method, data={"password": NEW})
            assert again.status_code == 410
            assert "no longer works" in again.text

    def test_a_short_password_is_refused_and_the_link_stays_good(self, admin: FlaskClient) -> None:
        link, newcomer = link_of(invite(admin)), admin.application.test_client()
        refused = newcomer.post(link, data={"password": "short one"})
        assert refused.status_code == 422
        assert 'id="password-problem"' in refused.text
        assert "short one" not in refused.text
        assert newcomer.post(link, data={"password": NEW}).status_code == 303

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"email": "nobody"}, "name@example.com"),
            ({"email": ""}, "fill in"),
            ({"role": "root"}, "must be one of"),
            ({"group": "Site Z", "group_role": "viewer"}, "There is no group “Site Z”"),
            ({"group": "Site A", "group_role": "admin"}, "must be one of"),
            ({"group": "\0", "group_role": "viewer"}, "control characters"),
            ({"name": "x" * 300}, "Shorten this"),
        ],
    )
    def test_what_is_wrong_is_said_and_nobody_is_there(
        self, admin: FlaskClient, building: CameraGroup, fields: dict[str, str], sentence: str
    ) -> None:
        answer = invite(admin, **fields)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert users.by_email("new@example.com") is None

    def test_rows_come_and_go_without_saving_anything(self, admin: FlaskClient, building: CameraGroup) -> None:
        more = invite(admin, name="Ana", group="Site A", group_role="operator", row="add")
        assert more.status_code == 200
        assert more.text.count('name="group"') == 2
        assert 'value="Site A"' in more.text
        assert 'value="Ana"' in more.text
        less = invite(admin, group=["Site A", "Site A › Building 1"], group_role=["viewer", "operator"], row="0")
        assert less.text.count('name="group"') == 1
        assert (
            'name="group" list="known-groups" maxlength="4000" autocomplete="off" value="Site A › Building 1"'
            in less.text
        )
        assert users.by_email("new@example.com") is None

    def test_a_second_invitation_replaces_the_first(self, admin: FlaskClient) -> None:
        first = link_of(invite(admin))
        second = link_of(admin.post(f"/users/{by_email('new@example.com').id}/link"))
        newcomer = admin.application.test_client()
        assert newcomer.get(first).status_code == 410
        assert newcomer.get(second).status_code == 200


class TestChanging:
    def test_rights_hold_at_once(
        self, admin: FlaskClient, building: CameraGroup, make_user: Callable[..., User]
    ) -> None:
        user = make_user(Role.OPERATOR, email="a@example.com")
        sent = {"name": "Ana", "role": "none", "group": "Site A › Building 1", "group_role": "viewer"}
        assert admin.post(f"/users/{user.id}", data=sent).headers["Location"] == "/users"
        page = admin.get("/users").text
        assert "<b>Viewer</b> Site A › Building 1" in page
        assert db.session.scalars(select(GroupRole.role)).all() == ["viewer"]
        form = admin.get(f"/users/{user.id}").text
        assert 'value="Site A › Building 1"' in form
        assert 'value="none" checked' in form

    def test_two_who_edit_at_once_do_not_undo_each_other_unawares(
        self, admin: FlaskClient, make_user: Callable[..., User]
    ) -> None:
        user = make_user(Role.OPERATOR)
        seen = seen_in(admin.get(f"/users/{user.id}").text)
        admin.post(f"/users/{user.id}", data={"role": "none", "seen": seen})
        late = admin.post(f"/users/{user.id}", data={"role": "operator", "name": "Ana", "seen": seen})
        assert late.status_code == 422
        assert "Somebody else changed this person" in late.text
        assert db.session.get_one(User, user.id, populate_existing=True).role == "none"
        admin.post(f"/users/{user.id}", data={"role": "operator", "name": "Ana", "seen": seen_in(late.text)})
        assert db.session.get_one(User, user.id, populate_existing=True).role == "operator"

    def test_an_empty_row_takes_the_role_away(self, admin: FlaskClient, building: CameraGroup) -> None:
        invite(admin, group="Site A", group_role="viewer")
        user = by_email("new@example.com")
        admin.post(f"/users/{user.id}", data={"role": "viewer", "group": " ", "group_role": "viewer"})
        assert users.group_roles(user) == {}

    def test_the_last_administrator_stays(self, admin: FlaskClient) -> None:
        me = db.session.scalars(select(User)).one()
        for url, sent in ((f"/users/{me.id}", {"role": "viewer"}), (f"/users/{me.id}/disable", {})):
            answer = admin.post(url, data=sent)
            assert answer.status_code == 422
            assert "last administrator" in answer.text
        assert admin.get("/users").status_code == 200

    def test_the_list_costs_as_many_queries_whoever_there_is(
        self, admin: FlaskClient, building: CameraGroup, make_user: Callable[..., User]
    ) -> None:
        with counted_queries() as few:
            admin.get("/users")
        for _ in range(10):
            db.session.add(GroupRole(user_id=make_user().id, group_id=building.id, role="viewer"))
        db.session.commit()
        with counted_queries() as many:
            admin.get("/users")
        assert len(many) == len(few)


class TestKeepingOut:
    @pytest.fixture
    def other(self, admin: FlaskClient, make_user: Callable[..., User]) -> tuple[User, FlaskClient]:
        """Somebody who is signed in elsewhere."""
        user, browser = make_user(Role.VIEWER, email="a@example.com"), admin.application.test_client()
        browser.post("/login", data={"email": user.email, "password": PASSWORD})
        assert browser.get("/cameras").status_code == 200
        return user, browser

    def test_disabling_ends_the_session_and_the_way_in(
        self, admin: FlaskClient, other: tuple[User, FlaskClient]
    ) -> None:
        user, browser = other
        admin.post(f"/users/{user.id}/disable")
        assert browser.get("/cameras").status_code == 302
        assert browser.get("/live/frame", headers={"HX-Request": "true"}).status_code == 401
        assert browser.post("/login", data={"email": user.email, "password": PASSWORD}).status_code == 401
        assert "Disabled" in admin.get("/users").text
        admin.post(f"/users/{user.id}/enable")
        assert browser.get("/cameras").status_code == 302
        assert browser.post("/login", data={"email": user.email, "password": PASSWORD}).status_code == 303

    def test_a_reset_ends_the_session_and_its_link_sets_a_password(
        self, admin: FlaskClient, other: tuple[User, FlaskClient]
    ) -> None:
        user, browser = other
        link = link_of(admin.post(f"/users/{user.id}/link"))
        assert browser.get("/cameras").status_code == 302
        assert "Choose a new password" in browser.get(link).text
        browser.post(link, data={"password": NEW})
        assert browser.post("/login", data={"email": user.email, "password": NEW}).status_code == 303


def test_every_act_is_in_the_audit_with_who_did_it_from_where_and_no_secret(
    admin: FlaskClient, building: CameraGroup
) -> None:
    link = link_of(invite(admin, group="Site A", group_role="viewer"))
    admin.application.test_client().post(link, data={"password": NEW})
    user = by_email("new@example.com")
    admin.post(f"/users/{user.id}", data={"role": "operator"})
    for act in ("disable", "enable", "link"):
        admin.post(f"/users/{user.id}/{act}")
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()
    acts = ["sign_in", "invite", "join", "update", "disable", "enable", "reset"]
    assert [entry.action for entry in entries] == [f"user.{act}" for act in acts]
    root = entries[0].actor
    assert [entry.actor for entry in entries] == [root, root, "new@example.com", root, root, root, root]
    assert {entry.address for entry in entries} == {"127.0.0.1"}
    told = " ".join(str(entry.changes) + entry.subject for entry in entries)
    for secret in (NEW, PASSWORD, link, link.removeprefix("/join/"), user.password_hash):
        assert secret not in told
