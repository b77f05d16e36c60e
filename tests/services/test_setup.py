from __future__ import annotations

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import PASSWORD
from tests.services.people import at_once, new_person
from webapp.extensions import db
from webapp.models import Role, User
from webapp.schemas import InvalidInput
from webapp.services import setup


def test_the_setup_link_makes_one_admin_and_then_no_other(app: Flask) -> None:
    token = setup.make_token()
    assert setup.take_up(token, "root@example.com", PASSWORD).role == Role.ADMIN
    with pytest.raises(setup.SetupClosed):
        setup.take_up(token, "second@example.com", PASSWORD)


def test_a_forged_setup_link_opens_nothing(app: Flask) -> None:
    with pytest.raises(setup.SetupClosed):
        setup.check(setup.make_token()[:-2] + "xx")


def test_a_setup_link_that_is_used_twice_at_once_makes_one_admin(either_app: Flask) -> None:
    token = setup.make_token()
    done = at_once(either_app, *(partial(setup.take_up, token, f"{n}@example.com", PASSWORD) for n in range(3)))
    assert sorted(type(found).__name__ for found in done) == ["SetupClosed", "SetupClosed", "User"]
    assert len(db.session.scalars(select(User)).all()) == 1


def test_a_setup_link_does_not_take_the_address_of_somebody_who_is_there(app: Flask) -> None:
    new_person(email="a.ruiz@example.com")
    with pytest.raises(InvalidInput, match="exists already"):
        setup.take_up(setup.make_token(), "a.ruiz@example.com", PASSWORD)


class TestFirstAdminFromSettings:
    @pytest.fixture
    def overrides(self, overrides: dict[str, object]) -> dict[str, object]:
        return overrides | {"ADMIN_EMAIL": "root@example.com", "ADMIN_PASSWORD": PASSWORD}

    def test_it_is_made_once(self, app: Flask) -> None:
        made = setup.ensure_first_admin()
        assert made is not None
        assert made.role == Role.ADMIN
        assert setup.ensure_first_admin() is None

    def test_it_is_made_once_also_by_two_starts_at_once(self, either_app: Flask) -> None:
        at_once(either_app, setup.ensure_first_admin, setup.ensure_first_admin)
        assert len(db.session.scalars(select(User)).all()) == 1
