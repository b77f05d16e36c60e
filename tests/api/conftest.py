"""A client that asks with a token, and the worker's part done at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import jobs
from tests.views.conftest import LoneClient, make_live
from webapp.models import Role, User, utc_now
from webapp.services import tokens

__all__ = ["make_live"]


class Api:
    """Somebody at the API. `call` gives the answer; every one of them is an envelope or says why not."""

    def __init__(self, client: FlaskClient, user: User | None, token: str | None) -> None:
        self.client, self.user, self.token = client, user, token

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        if body is not None:
            options["json"] = body
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.call("POST", path, {} if body is None else body, **options)

    def put(self, path: str, body: Any, **options: Any) -> TestResponse:
        return self.call("PUT", path, body, **options)

    def data(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Of an answer that has to succeed."""
        answer = self.call(method, path, body, **options)
        assert answer.status_code < 300, answer.text
        assert answer.json
        assert answer.json["success"] is True
        return answer.json["data"]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.test_client_class = LoneClient
    return app.test_client()


@pytest.fixture
def as_(client: FlaskClient, make_user: Callable[..., User]) -> Callable[..., Api]:
    def enter(role: Role = Role.ADMIN, user: User | None = None) -> Api:
        user = user or make_user(role)
        return Api(client, user, tokens.log_in(user, utc_now())[1])

    return enter


@pytest.fixture
def admin(as_: Callable[..., Api]) -> Api:
    return as_(Role.ADMIN)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cameras that were to be checked at once; nobody does it."""
    found: list[str] = []
    monkeypatch.setattr(jobs, "check_now", found.append)
    monkeypatch.setattr(jobs, "take_snapshot", lambda camera_id, _user_id: found.append(camera_id))
    return found


def problems(answer: TestResponse) -> dict[str, str]:
    """Field → sentence of a refusal."""
    assert answer.json
    assert answer.json["success"] is False
    assert set(answer.json["error"]) == {"code", "message", "details"}
    return {detail["field"]: detail["message"] for detail in answer.json["error"]["details"]}
