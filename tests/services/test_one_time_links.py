from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from tests.conftest import PASSWORD
from tests.services.people import NOW, at_once, audited, everything_audited, new_person
from webapp.extensions import db
from webapp.models import RESET, User
from webapp.schemas import InvitationInput, NewPassword, SignIn
from webapp.services import one_time_links, users
from webapp.services.one_time_links import LinkClosed
from webapp.services.sign_in import sign_in

NEW = NewPassword(password="another horse battery")


def invited() -> tuple[User, str]:
    user, link = users.invite(InvitationInput(email="new@example.com"), NOW)
    return user, link.token


def test_an_invited_person_chooses_a_password_once(either_app: Flask) -> None:
    user, token = invited()
    assert one_time_links.holder(token, NOW) is user
    assert one_time_links.take_up(token, NEW, NOW) is user
    assert sign_in(SignIn(email=user.email, password=NEW.password), NOW) is user
    with pytest.raises(LinkClosed):
        one_time_links.take_up(token, NEW, NOW)
    assert ("user.join", user.email, user.email) in audited()
    assert token not in everything_audited()
    assert NEW.password not in everything_audited()


def test_of_two_who_use_a_link_at_once_one_finds_it_closed(either_app: Flask) -> None:
    user, token = invited()
    other = NewPassword(password="a third horse battery")
    done = at_once(either_app, *(partial(one_time_links.take_up, token, given, NOW) for given in (NEW, other)))
    assert sorted(type(found).__name__ for found in done) == ["LinkClosed", "User"]
    winner = NEW if isinstance(done[0], User) else other
    db.session.expire_all()
    assert sign_in(SignIn(email=user.email, password=winner.password), NOW)


@pytest.mark.parametrize(("fields", "lasts"), [({"password_hash": ""}, timedelta(days=7)), ({}, timedelta(hours=24))])
def test_an_invitation_lasts_a_week_and_a_reset_a_day(app: Flask, fields: dict[str, Any], lasts: timedelta) -> None:
    link = one_time_links.make(new_person(**fields), NOW)
    assert link.expires_at == NOW + lasts
    one_time_links.holder(link.token, link.expires_at - timedelta(seconds=1))
    with pytest.raises(LinkClosed):
        one_time_links.holder(link.token, link.expires_at)


def test_a_forged_a_replaced_and_a_disabled_persons_link_open_nothing(app: Flask) -> None:
    user = new_person()
    first = users.new_link(user, NOW).token
    second = users.new_link(user, NOW).token
    for closed in (first, second[:-2] + "xx", "", "x" * 5000, "\0"):
        with pytest.raises(LinkClosed):
            one_time_links.holder(closed, NOW)
    assert one_time_links.holder(second, NOW) is user
    user.is_enabled = False
    db.session.commit()
    with pytest.raises(LinkClosed):
        one_time_links.holder(second, NOW)


def test_a_reset_ends_the_old_password_and_the_sessions_at_once(either_app: Flask) -> None:
    user = new_person()
    cookie = user.get_id()
    token = users.new_link(user, NOW).token
    assert user.get_id() != cookie
    for password in (PASSWORD, RESET):
        assert sign_in(SignIn(email=user.email, password=password), NOW) is None
    one_time_links.take_up(token, NEW, NOW)
    assert sign_in(SignIn(email=user.email, password=PASSWORD), NOW) is None
    assert sign_in(SignIn(email=user.email, password=NEW.password), NOW) is user
    assert ("user.reset_password", user.email, user.email) in audited()


def test_a_link_of_before_the_key_was_changed_works_while_the_old_key_is_a_fallback(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = new_person()
    token = one_time_links.make(user, NOW).token
    values = app.extensions["camkeeper"]
    rotated = replace(
        values, SECRET_KEY="another key of thirty-two characters", SECRET_KEY_FALLBACKS=(values.SECRET_KEY,)
    )
    monkeypatch.setitem(app.extensions, "camkeeper", rotated)
    assert one_time_links.holder(token, NOW) is user
    monkeypatch.setitem(app.extensions, "camkeeper", replace(rotated, SECRET_KEY_FALLBACKS=()))
    with pytest.raises(LinkClosed):
        one_time_links.holder(token, NOW)
