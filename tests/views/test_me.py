"""One's own page: password, time zone, look."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.conftest import PASSWORD
from webapp.extensions import db
from webapp.models import User

NEW = "another horse battery"


@pytest.fixture
def me(admin: FlaskClient) -> User:
    return db.session.scalars(select(User)).one()


def change_password(client: FlaskClient, old: str = PASSWORD, new: str = NEW) -> Any:
    return client.post("/me/password", data={"old": old, "password": new})


class TestThePassword:
    def test_a_new_one_ends_every_session_but_this(self, admin: FlaskClient, me: User) -> None:
        elsewhere = admin.application.test_client()
        elsewhere.post("/login", data={"email": me.email, "password": PASSWORD})
        assert change_password(admin).status_code == 303
        assert admin.get("/me").status_code == 200
        assert elsewhere.get("/me").status_code == 302
        assert elsewhere.post("/login", data={"email": me.email, "password": PASSWORD}).status_code == 401
        assert elsewhere.post("/login", data={"email": me.email, "password": NEW}).status_code == 303

    @pytest.mark.parametrize(
        ("old", "new", "field"), [("wrong", NEW, "old"), (PASSWORD, "short one", "password"), ("", NEW, "old")]
    )
    def test_what_is_wrong_is_said_at_its_field_without_repeating_it(
        self, admin: FlaskClient, me: User, old: str, new: str, field: str
    ) -> None:
        answer = change_password(admin, old, new)
        assert answer.status_code == 422
        assert f'id="{field}-problem"' in answer.text
        assert "short one" not in answer.text
        db.session.refresh(me)
        assert me.session_version == 1

    class TestLimits:
        @pytest.fixture
        def overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
            return overrides | {"RATELIMIT_ENABLED": True}

        def test_whoever_sits_at_an_open_screen_cannot_guess_the_old_one(self, admin: FlaskClient) -> None:
            codes = [change_password(admin, "a guess").status_code for _ in range(6)]
            assert codes == [422] * 5 + [429]
            assert change_password(admin).status_code == 429


class TestTheTimeZone:
    MOMENT = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)

    def test_every_moment_is_shown_in_it(self, admin: FlaskClient, me: User) -> None:
        me.signed_in_at = self.MOMENT
        db.session.commit()
        assert ">2026-07-01 22:30 UTC</time>" in admin.get("/users").text
        assert admin.post("/me/look", data={"time_zone": "Asia/Kolkata"}).status_code == 303
        page = admin.get("/users").text
        assert ">2026-07-02 04:00</time>" in page
        assert 'data-time-zone="Asia/Kolkata"' in page
        assert 'datetime="2026-07-01T22:30:00+00:00"' in page

    def test_one_that_does_not_exist_is_refused_and_stays_in_its_field(self, admin: FlaskClient, me: User) -> None:
        answer = admin.post("/me/look", data={"time_zone": "Mars/Olympus", "theme": "light"})
        assert answer.status_code == 422
        assert "There is no such time zone" in answer.text
        assert 'value="Mars/Olympus"' in answer.text
        db.session.refresh(me)
        assert (me.time_zone, me.theme) == (None, "auto")

    def test_one_that_this_machine_forgot_is_as_none(self, admin: FlaskClient, me: User) -> None:
        me.time_zone = "Old/Place"
        db.session.commit()
        assert 'data-time-zone=""' in admin.get("/me").text

    def test_leaving_it_empty_leaves_it_to_the_browser(self, admin: FlaskClient, me: User) -> None:
        admin.post("/me/look", data={"time_zone": "UTC"})
        admin.post("/me/look", data={"time_zone": ""})
        db.session.refresh(me)
        assert me.time_zone is None


@pytest.mark.parametrize("sent", [{"theme": "pink"}, {"live_seconds": "7"}, {"live_seconds": "soon"}])
def test_a_look_that_no_page_offers_is_refused(admin: FlaskClient, me: User, sent: dict[str, str]) -> None:
    assert admin.post("/me/look", data=sent).status_code == 400
    db.session.refresh(me)
    assert (me.theme, me.live_seconds) == ("auto", 5)


def test_the_menu_of_a_page_changes_one_thing_and_goes_back_there(admin: FlaskClient, me: User) -> None:
    answer = admin.post("/me/look", data={"theme": "light"}, headers={"Referer": "http://localhost/cameras?q=x"})
    assert answer.headers["Location"] == "/cameras?q=x"
    db.session.refresh(me)
    assert (me.theme, me.live_seconds) == ("light", 5)
