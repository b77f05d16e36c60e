from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import PASSWORD
from webapp.extensions import db
from webapp.models import Role, User
from webapp.schemas import InvalidInput, SignIn, UserInput, parse
from webapp.services import users

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def new_user(email: str = "a.ruiz@example.com") -> User:
    return users.create(parse(UserInput, {"email": email, "password": PASSWORD, "role": "operator"}))


def test_the_right_password_signs_in_whatever_the_case_of_the_email(app: Flask) -> None:
    user = new_user()
    assert users.sign_in(SignIn(email="A.Ruiz@Example.com", password=PASSWORD), NOW) is user
    assert user.signed_in_at == NOW


def test_a_wrong_password_a_stranger_and_a_disabled_person_do_not(app: Flask) -> None:
    user = new_user()
    assert users.sign_in(SignIn(email=user.email, password="wrong"), NOW) is None
    assert users.sign_in(SignIn(email="nobody@example.com", password=PASSWORD), NOW) is None
    user.is_enabled = False
    db.session.commit()
    assert users.sign_in(SignIn(email=user.email, password=PASSWORD), NOW) is None


def test_an_email_is_taken_once(app: Flask) -> None:
    new_user()
    with pytest.raises(InvalidInput, match="exists already"):
        new_user("A.RUIZ@example.com")


def test_the_password_is_stored_only_as_a_hash(app: Flask) -> None:
    assert PASSWORD not in new_user().password_hash


def test_the_setup_link_makes_one_admin_and_then_no_other(app: Flask) -> None:
    token = users.setup_token()
    assert users.set_up(token, "root@example.com", PASSWORD).role == Role.ADMIN
    with pytest.raises(users.SetupClosed):
        users.set_up(token, "second@example.com", PASSWORD)


def test_a_forged_setup_link_opens_nothing(app: Flask) -> None:
    with pytest.raises(users.SetupClosed):
        users.check_setup_token(users.setup_token()[:-2] + "xx")


def at_once(app: Flask, *acts: Callable[[], object]) -> None:
    """Every act in a thread of its own; a set-up link that is closed is no failure."""

    def run(act: Callable[[], object]) -> None:
        with app.app_context(), suppress(users.SetupClosed):
            act()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(run, act) for act in acts]:
            done.result()


def test_a_setup_link_that_is_used_twice_at_once_makes_one_admin(either_app: Flask) -> None:
    token = users.setup_token()
    at_once(either_app, *(partial(users.set_up, token, f"{n}@example.com", PASSWORD) for n in range(3)))
    assert len(db.session.scalars(select(User)).all()) == 1


def test_a_setup_link_does_not_take_the_address_of_somebody_who_is_there(app: Flask) -> None:
    new_user("a.ruiz@example.com")
    with pytest.raises(InvalidInput, match="exists already"):
        users.set_up(users.setup_token(), "a.ruiz@example.com", PASSWORD)


class TestFirstAdminFromSettings:
    @pytest.fixture
    def overrides(self, overrides: dict[str, object]) -> dict[str, object]:
        return overrides | {"ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": PASSWORD}

    def test_it_is_made_once(self, app: Flask) -> None:
        made = users.ensure_first_admin()
        assert made is not None
        assert made.role == Role.ADMIN
        assert users.ensure_first_admin() is None

    def test_it_is_made_once_also_by_two_starts_at_once(self, either_app: Flask) -> None:
        at_once(either_app, users.ensure_first_admin, users.ensure_first_admin)
        assert len(db.session.scalars(select(User)).all()) == 1


def test_roles_hold_the_permissions_of_the_table(make_user: Callable[..., User]) -> None:
    table = {
        role: {p for p in ("cameras:read", "cameras:write", "users:write") if make_user(role).may(p)} for role in Role
    }
    assert table == {
        Role.ADMIN: {"cameras:read", "cameras:write", "users:write"},
        Role.OPERATOR: {"cameras:read", "cameras:write"},
        Role.VIEWER: {"cameras:read"},
    }


def test_signing_out_everywhere_ends_every_cookie(make_user: Callable[..., User]) -> None:
    user = make_user()
    before = user.get_id()
    users.sign_out_everywhere(user)
    assert user.get_id() != before
