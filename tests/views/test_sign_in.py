"""Signing in and out, and who is kept out how."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import PASSWORD
from webapp.extensions import db
from webapp.models import User
from webapp.services import setup


def sign_in_as(client: FlaskClient, email: str, password: str = PASSWORD, query: str = "") -> Any:
    return client.post(f"/login{query}", data={"email": email, "password": password})


def test_it_signs_in_and_goes_where_one_wanted_to_go(client: FlaskClient, make_user: Callable[..., User]) -> None:
    wanted = client.get("/cameras?status=offline").headers["Location"]
    answer = client.post(wanted, data={"email": make_user().email, "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cameras?status=offline")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "//["]
)
def test_it_never_leads_away_from_this_site(client: FlaskClient, make_user: Callable[..., User], target: str) -> None:
    answer = client.post(
        "/login", query_string={"next": target}, data={"email": make_user().email, "password": PASSWORD}
    )
    assert answer.headers["Location"] == "/cameras"


def test_it_says_the_same_for_a_wrong_password_and_an_unknown_person(
    client: FlaskClient, make_user: Callable[..., User]
) -> None:
    make_user(email="known@example.com")
    wrong = sign_in_as(client, "known@example.com", "not this one")
    unknown = sign_in_as(client, "nobody@example.com", "not this one")
    assert wrong.status_code == unknown.status_code == 401
    alerts = [re.search(r'role="alert">.*?</p>', answer.text) for answer in (wrong, unknown)]
    assert alerts[0]
    assert alerts[1]
    assert alerts[0][0] == alerts[1][0]
    assert "not this one" not in wrong.text


def test_an_empty_form_says_what_is_missing(client: FlaskClient) -> None:
    answer = client.post("/login", data={})
    assert answer.status_code == 422
    assert 'id="email-problem"' in answer.text


def test_a_disabled_person_stays_outside(client: FlaskClient, make_user: Callable[..., User]) -> None:
    assert sign_in_as(client, make_user(is_enabled=False).email).status_code == 401


def test_signing_out_ends_the_session(admin: FlaskClient) -> None:
    assert admin.get("/cameras").status_code == 200
    admin.post("/logout")
    assert admin.get("/cameras").status_code == 302


def test_signing_out_everywhere_ends_the_other_sessions_too(
    client: FlaskClient, make_user: Callable[..., User]
) -> None:
    user = make_user()
    elsewhere = client.application.test_client()
    for browser in (client, elsewhere):
        sign_in_as(browser, user.email)
    client.post("/me/sign-out-everywhere")
    assert elsewhere.get("/cameras").status_code == 302


def test_a_fragment_of_an_ended_session_sends_the_whole_page_to_the_sign_in(client: FlaskClient) -> None:
    answer = client.get(
        "/live/cameras", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/cameras?q=x"}
    )
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/cameras?q%3Dx"
    assert not answer.text


class TestLimits:
    @pytest.fixture
    def overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        return overrides | {"RATELIMIT_ENABLED": True}

    def test_the_sixth_wrong_password_of_an_account_has_to_wait(
        self, client: FlaskClient, make_user: Callable[..., User]
    ) -> None:
        email = make_user().email
        codes = [sign_in_as(client, email, "wrong").status_code for _ in range(6)]
        assert codes == [401] * 5 + [429]
        refused = sign_in_as(client, email.upper())
        assert "Wait a minute" in refused.text
        assert f"number {refused.headers['X-Request-ID']}" in refused.text
        assert len(refused.headers["X-Request-ID"]) == 12

    def test_somebody_elsewhere_cannot_lock_a_person_out(
        self, client: FlaskClient, make_user: Callable[..., User]
    ) -> None:
        email = make_user().email
        elsewhere = {"REMOTE_ADDR": "10.9.9.9"}
        wrong = {"email": email, "password": "wrong"}
        codes = [client.post("/login", data=wrong, environ_overrides=elsewhere).status_code for _ in range(8)]
        assert codes[-1] == 429
        assert sign_in_as(client, email).status_code == 303

    def test_many_addresses_cannot_try_one_account_without_end(
        self, client: FlaskClient, make_user: Callable[..., User]
    ) -> None:
        wrong = {"email": make_user().email, "password": "wrong"}
        codes = [
            client.post("/login", data=wrong, environ_overrides={"REMOTE_ADDR": f"10.9.9.{n}"}).status_code
            for n in range(31)
        ]
        assert codes == [401] * 30 + [429]

    def test_an_address_cannot_try_account_after_account(self, client: FlaskClient) -> None:
        codes = [sign_in_as(client, f"{n}@example.com", "wrong").status_code for n in range(11)]
        assert codes == [401] * 10 + [429]

    def test_signing_in_rightly_is_not_counted(self, client: FlaskClient, make_user: Callable[..., User]) -> None:
        email = make_user().email
        assert {sign_in_as(client, email).status_code for _ in range(12)} == {303}


class TestCsrf:
    @pytest.fixture
    def overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        return overrides | {"WTF_CSRF_ENABLED": True}

    def test_a_form_from_elsewhere_is_refused(self, client: FlaskClient, make_user: Callable[..., User]) -> None:
        answer = sign_in_as(client, make_user().email)
        assert answer.status_code == 400
        assert "out of date" in answer.text
        assert len(answer.headers["X-Request-ID"]) == 12


def session_of(client: FlaskClient) -> dict[str, Any]:
    with client.session_transaction() as session:
        return dict(session)


def plant(client: FlaskClient, **fields: str) -> None:
    """Put something into the session of somebody who has not signed in yet."""
    with client.session_transaction() as session:
        session.update(fields)


class TestTheSession:
    def test_it_is_a_new_one_after_signing_in(self, client: FlaskClient, make_user: Callable[..., User]) -> None:
        plant(client, csrf_token="known to somebody else")
        sign_in_as(client, make_user().email)
        assert "csrf_token" not in session_of(client)
        assert client.get("/me").status_code == 200

    def test_it_is_a_new_one_after_the_set_up(self, client: FlaskClient) -> None:
        plant(client, csrf_token="known to somebody else")
        client.post(f"/setup/{setup.make_token()}", data={"email": "root@example.com", "password": PASSWORD})
        assert "csrf_token" not in session_of(client)
        assert client.get("/me").status_code == 200

    @pytest.mark.parametrize("way_out", ["/logout", "/me/sign-out-everywhere"])
    def test_nothing_is_left_of_it_after_signing_out(self, admin: FlaskClient, way_out: str) -> None:
        admin.get("/cameras")
        assert {"_user_id", "csrf_token", "seen"} <= set(session_of(admin))
        admin.post(way_out)
        assert not session_of(admin)


class TestSetUp:
    def test_the_link_makes_the_first_admin_and_signs_in(self, client: FlaskClient) -> None:
        answer = client.post(f"/setup/{setup.make_token()}", data={"email": "root@example.com", "password": PASSWORD})
        assert answer.status_code == 303
        assert client.get("/cameras").status_code == 200
        assert db.session.query(User.role).scalar() == "admin"

    def test_a_short_password_is_refused_at_its_field(self, client: FlaskClient) -> None:
        answer = client.post(f"/setup/{setup.make_token()}", data={"email": "root@example.com", "password": "short"})
        assert answer.status_code == 422
        assert 'id="password-problem"' in answer.text
        assert "short" not in answer.text.replace("a short sentence", "")

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_the_link_is_closed_once_there_is_an_admin(
        self, client: FlaskClient, make_user: Callable[..., User], method: str
    ) -> None:
        token = setup.make_token()
        make_user()
        answer = getattr(client, method)(f"/setup/{token}", data={"email": "a@example.com", "password": PASSWORD})
        assert answer.status_code == 410
        assert "no longer works" in answer.text

    def test_a_made_up_link_is_closed(self, client: FlaskClient) -> None:
        assert client.get("/setup/let-me-in").status_code == 410
