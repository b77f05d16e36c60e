from __future__ import annotations

import pytest
from flask import Flask

from tests.conftest import PASSWORD
from tests.services.people import NOW, audited, everything_audited, new_person
from webapp.extensions import db
from webapp.models import User
from webapp.schemas import InvalidInput, LookInput, PasswordChange, SignIn, parse
from webapp.services import me, users
from webapp.services.sign_in import sign_in

NEW = "another horse battery"


def test_signing_out_everywhere_ends_every_cookie(app: Flask) -> None:
    user = new_person()
    before = user.get_id()
    me.sign_out_everywhere(user, NOW)
    assert user.get_id() != before


def test_a_new_password_replaces_the_old_one_and_ends_every_session(either_app: Flask) -> None:
    user = new_person()
    before = user.get_id()
    me.change_password(user, PasswordChange(old=PASSWORD, password=NEW), NOW)
    assert user.get_id() != before
    assert sign_in(SignIn(email=user.email, password=PASSWORD), NOW) is None
    assert sign_in(SignIn(email=user.email, password=NEW), NOW) is user
    assert ("user.change_password", "Camkeeper", user.email) in audited()
    assert NEW not in everything_audited()
    assert user.password_hash not in everything_audited()


@pytest.mark.parametrize(
    ("old", "new", "field"), [("not it", NEW, "old"), (PASSWORD, PASSWORD, "password"), ("", NEW, "old")]
)
def test_a_password_is_changed_only_by_who_knows_it_and_into_another(
    app: Flask, old: str, new: str, field: str
) -> None:
    user = new_person()
    before = (user.password_hash, user.session_version)
    with pytest.raises(InvalidInput) as refused:
        me.change_password(user, parse(PasswordChange, {"old": old, "password": new}), NOW)
    assert list(refused.value.problems) == [field]
    assert (user.password_hash, user.session_version) == before


def test_a_password_that_was_reset_while_its_owner_typed_stays_reset(either_app: Flask) -> None:
    user = new_person()
    with either_app.app_context():
        users.new_link(db.session.get_one(User, user.id), NOW)
    with pytest.raises(InvalidInput, match="not your password"):
        me.change_password(user, PasswordChange(old=PASSWORD, password=NEW), NOW)
    assert sign_in(SignIn(email=user.email, password=NEW), NOW) is None


def test_only_what_was_said_of_the_look_changes(app: Flask) -> None:
    user = new_person(time_zone="Europe/Vienna", theme="light")
    me.choose_look(user, parse(LookInput, {"live_seconds": "15"}))
    assert (user.theme, user.live_seconds, user.time_zone) == ("light", 15, "Europe/Vienna")
    me.choose_look(user, parse(LookInput, {"time_zone": ""}))
    assert user.time_zone is None


@pytest.mark.parametrize("wrong", ["Vienna", "../../etc/passwd", "Etc/GMT+3", "/etc/localtime", "EUROPE/Vienna"])
def test_a_time_zone_is_one_of_the_list(app: Flask, wrong: str) -> None:
    with pytest.raises(InvalidInput, match="no such time zone"):
        parse(LookInput, {"time_zone": wrong})
