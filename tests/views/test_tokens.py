"""The page of API tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from webapp.extensions import db
from webapp.models import ApiToken, Role, User, utc_now
from webapp.schemas import TokenInput
from webapp.services import tokens

SENT = {"name": "Attendance", "scopes": ["cameras:read"], "expires": "30"}


def text_on(page: str) -> str:
    found = re.search(r'value="(ck_[A-Za-z0-9_-]{43})"', page)
    assert found, page[:3000]
    return found[1]


def test_a_token_is_shown_once_and_works(admin: FlaskClient) -> None:
    answer = admin.post("/tokens", data=SENT)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    text = text_on(answer.text)
    assert tokens.authenticate(text, utc_now())
    later = admin.get("/tokens").text
    assert text not in later
    assert text[:8] in later
    assert "Attendance" in later


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "fill in"),
        ({"name": "x" * 101}, "Shorten this"),
        ({"scopes": []}, "at least one"),
        ({"scopes": ["everything"]}, "must be one of"),
        ({"expires": "date", "expires_on": ""}, "last day"),
        ({"expires": "date", "expires_on": "2020-01-01"}, "This day is over"),
        ({"expires": "date", "expires_on": "soon"}, ""),
        ({"expires": "tomorrow"}, "must be one of"),
    ],
)
def test_what_is_wrong_is_said_and_no_token_is_made(admin: FlaskClient, fields: dict[str, Any], sentence: str) -> None:
    answer = admin.post("/tokens", data=SENT | fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalars(select(ApiToken)).all() == []


def test_a_viewer_can_give_away_no_more_than_looking(as_role: Callable[[Role], FlaskClient]) -> None:
    viewer = as_role(Role.VIEWER)
    assert "cameras:write" not in viewer.get("/tokens").text
    assert viewer.post("/tokens", data=SENT | {"scopes": ["cameras:read", "cameras:write"]}).status_code == 422
    assert db.session.scalars(select(ApiToken)).all() == []


class TestRevoking:
    def test_it_stops_working_at_once(self, admin: FlaskClient) -> None:
        text = text_on(admin.post("/tokens", data=SENT).text)
        token = db.session.scalars(select(ApiToken)).one()
        assert admin.post(f"/tokens/{token.id}/revoke").status_code == 303
        assert tokens.authenticate(text, utc_now()) is None
        assert "Revoked" in admin.get("/tokens").text

    def test_a_strangers_is_not_there_and_stays(
        self, as_role: Callable[..., FlaskClient], make_user: Callable[..., User]
    ) -> None:
        made, text = tokens.create(make_user(), TokenInput(name="Theirs", scopes=("cameras:read",)), utc_now())
        viewer = as_role(Role.OPERATOR)
        assert "Theirs" not in viewer.get("/tokens").text
        assert viewer.post(f"/tokens/{made.id}/revoke").status_code == 404
        assert tokens.authenticate(text, utc_now())

    def test_an_administrator_sees_and_revokes_everybodys(
        self, admin: FlaskClient, make_user: Callable[..., User]
    ) -> None:
        owner = make_user(Role.VIEWER, email="a@example.com")
        made, text = tokens.create(owner, TokenInput(name="Theirs", scopes=("cameras:read",)), utc_now())
        assert "a@example.com" in admin.get("/tokens").text
        admin.post(f"/tokens/{made.id}/revoke")
        assert tokens.authenticate(text, utc_now()) is None


def test_the_list_tells_when_a_token_was_used_and_how_it_stands(
    admin: FlaskClient, make_user: Callable[..., User]
) -> None:
    owner = make_user(Role.VIEWER, email="a@example.com")
    _, text = tokens.create(owner, TokenInput(name="x", scopes=("cameras:read",), expires="never"), utc_now())
    tokens.authenticate(text, datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    assert "2026-07-01 22:30" in admin.get("/tokens").text
    admin.post(f"/users/{owner.id}/disable")
    assert "Revoked" in admin.get("/tokens").text
