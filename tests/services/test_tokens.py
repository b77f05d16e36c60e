from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import PASSWORD
from tests.services.people import NOW, audited, everything_audited, new_person
from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import ApiToken, CameraGroup, GroupRole, Role, User
from webapp.schemas import InvalidInput, PasswordChange, TokenInput, parse
from webapp.services import me, rights, tokens, users

READ = TokenInput(name="Attendance", scopes=("cameras:read",))
ENDS: dict[str, Callable[[User], object]] = {
    "sign_out_everywhere": lambda user: me.sign_out_everywhere(user, NOW),
    "change_password": lambda user: me.change_password(
        user, PasswordChange(old=PASSWORD, password="another horse battery"), NOW
    ),
    "reset": lambda user: users.new_link(user, NOW),
    "disable": lambda user: users.disable(user, NOW),
}


def test_a_token_opens_what_it_was_made_for(either_app: Flask) -> None:
    user = new_person(Role.OPERATOR)
    token, text = tokens.create(user, READ, NOW)
    assert tokens.authenticate(text, NOW) == (user, frozenset({"cameras:read"}), token)


def test_its_text_is_kept_nowhere(either_app: Flask) -> None:
    token, text = tokens.create(new_person(), READ, NOW)
    kept = [str(getattr(token, column.name)) for column in ApiToken.__table__.columns]
    assert not any(text in value for value in kept)
    assert text not in everything_audited()
    assert token.token_hash not in everything_audited()
    assert audited() == [("token.create", "Camkeeper", f"Attendance ({text[:8]}…) of a.ruiz@example.com")]


def test_a_day_that_is_named_alone_is_its_last(either_app: Flask) -> None:
    given = parse(TokenInput, {"name": "x", "scopes": ["cameras:read"], "expires_on": str(NOW.date())})
    token, _ = tokens.create(new_person(), given, NOW)
    assert token.expires_at is not None
    assert token.expires_at.date() == NOW.date() + timedelta(days=1)


@pytest.mark.parametrize("wrong", ["", "ck_", "ck_" + "x" * 43, "Bearer x", "ck_" + "ü" * 43, "x" * 10_000, "ck_\0"])
def test_what_is_no_token_opens_nothing(either_app: Flask, wrong: str) -> None:
    tokens.create(new_person(), READ, NOW)
    assert tokens.authenticate(wrong, NOW) is None


def test_it_stops_working_when_it_expires_is_revoked_or_its_person_is_disabled(either_app: Flask) -> None:
    user = new_person()
    token, text = tokens.create(user, READ, NOW)
    month = NOW + timedelta(days=90)
    assert tokens.authenticate(text, month - timedelta(seconds=1))
    assert tokens.authenticate(text, month) is None
    assert tokens.authenticate(text, NOW)
    tokens.revoke(token, NOW)
    assert tokens.authenticate(text, NOW) is None


@pytest.mark.parametrize("end", ["sign_out_everywhere", "change_password", "reset", "disable"])
def test_it_ends_for_ever_with_the_sessions_of_its_person(either_app: Flask, end: str) -> None:
    new_person(Role.ADMIN, "admin@example.com")
    user, colleague = new_person(), new_person(email="b@example.com")
    _, text = tokens.create(user, READ, NOW)
    _, other = tokens.create(colleague, READ, NOW)
    ENDS[end](user)
    assert tokens.authenticate(text, NOW) is None
    assert tokens.listed(user)[0].state(NOW) == "revoked"
    users.enable(user, NOW)
    assert tokens.authenticate(text, NOW) is None
    assert tokens.authenticate(other, NOW)
    _, fresh = tokens.create(user, READ, NOW)
    assert tokens.authenticate(fresh, NOW)


def test_one_that_is_made_while_its_person_is_signed_out_opens_nothing(either_app: Flask) -> None:
    user = new_person()
    with either_app.app_context():
        me.sign_out_everywhere(db.session.get_one(User, user.id), NOW)
    _, text = tokens.create(user, READ, NOW)
    assert tokens.authenticate(text, NOW) is None


def test_revoking_twice_is_said_once(app: Flask) -> None:
    token, _ = tokens.create(new_person(), READ, NOW)
    tokens.revoke(token, NOW)
    tokens.revoke(token, NOW + timedelta(days=1))
    assert token.revoked_at == NOW
    assert [action for action, _, _ in audited()] == ["token.create", "token.revoke"]


def test_its_last_use_is_noted_once_a_minute(either_app: Flask) -> None:
    token, text = tokens.create(new_person(), READ, NOW)
    tokens.authenticate(text, NOW)
    with counted_queries() as queries:
        tokens.authenticate(text, NOW + timedelta(seconds=59))
    assert len(queries) == 1
    db.session.refresh(token)
    assert token.last_used_at == NOW
    tokens.authenticate(text, NOW + timedelta(seconds=60))
    db.session.refresh(token)
    assert token.last_used_at == NOW + timedelta(seconds=60)


class TestScopes:
    def test_a_person_gives_away_no_more_than_they_may(self, app: Flask) -> None:
        viewer = new_person(Role.VIEWER)
        assert tokens.grantable(viewer) == ["cameras:read"]
        for scope in ("cameras:write", "users:write"):
            with pytest.raises(InvalidInput, match="no more than you may"):
                tokens.create(viewer, TokenInput(name="x", scopes=("cameras:read", scope)), NOW)
        assert db.session.scalars(select(ApiToken)).all() == []

    def test_a_role_on_a_group_is_enough(self, either_app: Flask) -> None:
        user, group = new_person(Role.NONE), CameraGroup(name="Site A")
        assert tokens.grantable(user) == []
        db.session.add(group)
        db.session.flush()
        db.session.add(GroupRole(user_id=user.id, group_id=group.id, role=Role.OPERATOR))
        db.session.commit()
        assert tokens.grantable(user) == ["cameras:read", "cameras:write"]

    def test_they_limit_what_the_person_may_and_never_widen_it(self, app: Flask) -> None:
        operator = new_person(Role.OPERATOR)
        _, text = tokens.create(operator, TokenInput(name="x", scopes=("cameras:read", "cameras:write")), NOW)
        found = tokens.authenticate(text, NOW)
        assert found
        user, scopes, _ = found
        assert rights.scope_of(user, "cameras:write", limited_to=scopes).is_everything
        assert rights.scope_of(user, "users:write", limited_to=scopes).is_nothing
        assert rights.scope_of(user, "cameras:write", limited_to={"cameras:read"}).is_nothing
        operator.role = Role.VIEWER
        db.session.commit()
        assert rights.scope_of(user, "cameras:write", limited_to=scopes).is_nothing


class TestExpiry:
    @pytest.mark.parametrize(("expires", "days"), [("30", 30), ("90", 90), ("365", 365), ("never", None)])
    def test_it_is_counted_in_days(self, app: Flask, expires: str, days: int | None) -> None:
        given = parse(TokenInput, {"name": "x", "scopes": ["cameras:read"], "expires": expires})
        assert given.expires_at(NOW) == (NOW + timedelta(days=days) if days else None)

    def test_it_works_through_its_last_day(self, app: Flask) -> None:
        given = TokenInput(name="x", scopes=("cameras:read",), expires="date", expires_on=date(2026, 11, 22))
        token, _ = tokens.create(new_person(), given, NOW)
        assert token.expires_at
        assert token.expires_at.isoformat() == "2026-11-23T00:00:00+00:00"

    @pytest.mark.parametrize("day", ["2026-11-21", "1999-01-01", "", "soon", "2026-02-30", "0000-00-00", "9999-12-31"])
    def test_a_day_that_is_over_or_none_is_refused(self, app: Flask, day: str) -> None:
        sent = {"name": "x", "scopes": ["cameras:read"], "expires": "date", "expires_on": day}
        with pytest.raises(InvalidInput):
            tokens.create(new_person(), parse(TokenInput, sent), NOW)


def test_people_see_their_own_and_administrators_all(app: Flask) -> None:
    mine, other = new_person(), new_person(email="b@example.com")
    first, _ = tokens.create(mine, READ, NOW)
    tokens.create(other, READ, NOW + timedelta(days=1))
    tokens.revoke(first, NOW)
    assert [row.token.id for row in tokens.listed(mine)] == [first.id]
    assert [row.owner for row in tokens.listed(None)] == [other, mine]


def test_it_goes_with_its_person(either_app: Flask) -> None:
    user = new_person()
    tokens.create(user, READ, NOW)
    db.session.delete(db.session.get_one(User, user.id))
    db.session.commit()
    assert db.session.scalars(select(ApiToken)).all() == []


def test_a_login_may_all_that_its_person_may_and_ends_with_their_sessions(either_app: Flask) -> None:
    user = new_person(Role.OPERATOR)
    _, text = tokens.log_in(user, NOW)
    found = tokens.authenticate(text, NOW)
    assert found
    assert found.scopes == {"cameras:read", "cameras:write"}
    assert tokens.authenticate(text, NOW + tokens.LOGIN_LASTS) is None
    me.sign_out_everywhere(user, NOW)
    assert tokens.authenticate(text, NOW) is None
    assert tokens.listed(user)[0].state(NOW) == "revoked"


def test_a_login_takes_away_those_that_are_over(either_app: Flask) -> None:
    user = new_person(Role.OPERATOR)
    tokens.log_in(user, NOW)
    tokens.log_in(user, NOW + tokens.LOGIN_LASTS)
    tokens.create(user, READ, NOW)
    assert len(tokens.listed(user)) == 2
