"""Every operation asked by everybody: who is let in, who is not, and that nothing of a stranger's leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.api.conftest import Api
from tests.views.strangers import (
    CAMERA_MARK,
    EVERYBODY,
    PERSON_MARK,
    TEXTS,
    Fleet,
    Person,
    Values,
    make_fleet,
)
from tests.views.test_permissions import OWNED, PLACED, the_strangers
from webapp.extensions import limiter
from webapp.models import Camera, Role, utc_now
from webapp.schemas import TokenInput
from webapp.services import tokens

OPEN = {"auth_login"}
ANYBODY = {"auth_me"}
LOGIN = {"auth_logout", "tokens_create", "tokens_list", "tokens_revoke"}
READ = {
    "camera_checks_last_result",
    "camera_checks_snapshot",
    "camera_checks_test_connection",
    "camera_files_export",
    "camera_files_summary",
    "camera_past_availability",
    "camera_past_health",
    "camera_past_outages",
    "camera_past_timeline",
    "cameras_list",
    "cameras_picture",
    "cameras_show",
    "clips_file",
    "clips_of_camera",
    "clips_show",
    "groups_list",
    "groups_show",
    "problems_list",
    "reports_as_csv",
    "reports_create",
    "reports_delete",
    "reports_list",
    "reports_show",
    "snapshots_list",
    "snapshots_picture",
    "status_show",
}
WRITE = {
    "bulk_cancel",
    "bulk_show",
    "bulk_start",
    "bulk_undo",
    "camera_files_import",
    "cameras_create",
    "cameras_delete",
    "cameras_state",
    "cameras_update",
    "clips_convert",
    "clips_delete",
    "clips_list",
    "clips_record",
    "clips_upload",
    "groups_create",
    "groups_delete",
    "groups_move",
    "groups_update",
    "imports_apply",
    "imports_cancel",
    "imports_create",
    "imports_list",
    "imports_rows",
    "imports_show",
    "imports_undo",
    "problems_acknowledge",
    "problems_take_back",
    "snapshots_delete",
}
CREDENTIALS = {"camera_files_export_with_passwords"}
PEOPLE = {
    "users_disable",
    "users_enable",
    "users_invite",
    "users_list",
    "users_new_link",
    "users_show",
    "users_update",
}
NEEDED = {
    "cameras:read": READ,
    "cameras:write": WRITE,
    "cameras:credentials": CREDENTIALS,
    "users:write": PEOPLE,
    "audit:read": {"audit_list"},
}
EVERY_SET = (OPEN, ANYBODY, LOGIN, *NEEDED.values())
LAST = [
    "imports_undo",
    "reports_delete",
    "snapshots_delete",
    "clips_delete",
    "cameras_delete",
    "groups_delete",
    "tokens_revoke",
    "auth_logout",
]
"""These take away what the others ask for."""
HIDDEN = (404, 422)
"""What is wrong with a body is said before anything is looked for."""

Route = tuple[str, str, frozenset[str], Callable[[Values], str]]


@pytest.fixture
def fleet(app: Flask, make_camera: Callable[..., Camera]) -> Fleet:
    return make_fleet(make_camera)


@pytest.fixture
def enter(client: FlaskClient, fleet: Fleet, asked: list[str], at_once: None) -> Callable[[Person], Api]:
    def entered(person: Person) -> Api:
        user = fleet.enter(person)
        return Api(client, user, tokens.log_in(user, utc_now())[1])

    return entered


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a check that no worker makes."""
    monkeypatch.setattr("webapp.api.camera_checks._wait", lambda *_: None)


def routes(app: Flask) -> Iterator[Route]:
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("api."):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):

            def address(values: Values, rule: Any = rule) -> str:
                found = adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})
                return found.removeprefix("/api/v1")

            yield rule.endpoint.removeprefix("api."), method, frozenset(rule.arguments), address


def in_order(app: Flask) -> list[Route]:
    return sorted(routes(app), key=lambda route: LAST.index(route[0]) if route[0] in LAST else -1)


def needed(endpoint: str) -> str | None:
    return next((permission for permission, endpoints in NEEDED.items() if endpoint in endpoints), None)


def may_enter(person: Person, endpoint: str) -> bool:
    permission = needed(endpoint)
    return permission in (None, "cameras:read") or person.has(str(permission))


def test_no_operation_is_forgotten_here(app: Flask) -> None:
    known: set[str] = set().union(*EVERY_SET)
    found = {route[0] for route in routes(app)}
    assert found - known == set(), "say in one of the sets above what these need"
    assert known - found == set(), "these are gone"
    assert sum(map(len, EVERY_SET)) == len(known)


@pytest.mark.parametrize("token", [None, "ck_wrong", "ck_" + "A" * 43, "\N{SNOWMAN}"])
def test_without_a_token_that_works_nothing_opens(
    app: Flask, client: FlaskClient, fleet: Fleet, token: str | None
) -> None:
    for endpoint, method, _, address in in_order(app):
        if endpoint in OPEN:
            continue
        headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")} if token else {}
        answer = client.open(f"/api/v1{address(fleet.foreign)}", method=method, headers=headers)
        assert answer.status_code == 401, (endpoint, answer.text)
        assert answer.json
        assert answer.json["error"]["code"] == "not_signed_in"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_cookie_of_a_page_opens_nothing(client: FlaskClient, sign_in: Callable[..., Any], fleet: Fleet) -> None:
    sign_in(client, Role.ADMIN)
    assert client.get("/cameras").status_code == 200
    assert client.get("/api/v1/cameras").status_code == 401


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.name)
def test_everybody_gets_what_they_may_and_nothing_else(
    app: Flask, enter: Callable[[Person], Api], fleet: Fleet, person: Person
) -> None:
    api = enter(person)
    for endpoint, method, arguments, address in in_order(app):
        answer = api.call(method, address(fleet.own), None if method == "GET" else {})
        is_hidden = bool(arguments & PLACED) and not person.sees_yard
        told = f"{person.name}: {method} {endpoint}: {answer.status_code} {text_of(answer)[:300]}"
        if endpoint in OPEN:
            continue
        if not may_enter(person, endpoint):
            assert answer.status_code in ((403, 404) if is_hidden else (403,)), told
        elif is_hidden:
            assert answer.status_code in HIDDEN, told
        else:
            assert answer.status_code < 500, told
            assert answer.status_code not in (401, 404), told
            assert answer.status_code != 403 or endpoint.startswith("groups_"), told
        assert_tells_nothing(answer, person, told)


@pytest.mark.parametrize("person", [p for p in EVERYBODY if p.role is not Role.ADMIN], ids=lambda p: p.name)
def test_what_is_a_strangers_is_not_there(
    app: Flask, enter: Callable[[Person], Api], fleet: Fleet, person: Person
) -> None:
    api, before = enter(person), the_strangers(fleet)
    for endpoint, method, arguments, address in in_order(app):
        if endpoint in OPEN | LOGIN:
            continue
        for values in (fleet.foreign, fleet.own):
            is_hidden = values is fleet.foreign and bool(
                arguments & OWNED or (arguments & PLACED and not person.sees_all)
            )
            for sent in forged(method, fleet.foreign):
                answer = api.call(method, address(values), **sent)
                told = f"{person.name}: {method} {endpoint} {sent}: {answer.status_code} {text_of(answer)[:300]}"
                assert answer.status_code < 500, told
                if is_hidden:
                    assert answer.status_code in (HIDDEN if may_enter(person, endpoint) else (403, 404)), told
                if not person.sees_all:
                    assert_tells_nothing(answer, person, told)
    if not person.sees_all:
        assert the_strangers(fleet) == before


def forged(method: str, foreign: Values) -> list[dict[str, Any]]:
    """Requests with what is a stranger's wherever anything is asked for."""
    group = foreign["group_id"]
    if method == "GET":
        return [{}, {"query_string": {"group_id": group}}, {"query_string": {"q": CAMERA_MARK[:4]}}]
    one = {"name": "Forged", "rtsp_url": TEXTS["rtsp_url"], "code": TEXTS["code"]}
    return [
        {"body": {"group_id": group} | one},
        {"body": {"parent_id": group}},
        {"body": {"parent_id": group, "name": "Forged"}},
        {"query_string": {"target_id": group}},
        {"body": {"group_id": group, "data": "bmFtZSxydHNwX3VybApHYXRlLHJ0c3A6Ly8xMC4wLjAuMTo1NTQvYQo="}},
    ]


def text_of(answer: TestResponse) -> str:
    return answer.text if answer.mimetype != "image/jpeg" else ""


def assert_tells_nothing(answer: TestResponse, person: Person, told: str) -> None:
    body = text_of(answer) + str(answer.headers)
    if not person.sees_all:
        assert CAMERA_MARK not in body.lower(), told
    if person.role is not Role.ADMIN:
        assert PERSON_MARK not in body.lower(), told


class TestTokensOfPrograms:
    def test_one_does_no_more_than_it_was_made_for(
        self, app: Flask, client: FlaskClient, fleet: Fleet, make_user: Callable[..., Any]
    ) -> None:
        user = make_user(Role.ADMIN)
        _, text = tokens.create(user, TokenInput(name="Doors", scopes=("audit:read",)), utc_now())
        api = Api(client, user, text)
        for endpoint, method, _, address in in_order(app):
            permission = needed(endpoint) or ("login" if endpoint in LOGIN else None)
            if permission == "audit:read":
                continue
            answer = api.call(method, address(fleet.foreign), None if method == "GET" else {})
            if permission:
                assert answer.status_code == 403, (endpoint, answer.text)

    def test_one_with_the_right_to_read_reads(
        self, client: FlaskClient, fleet: Fleet, make_user: Callable[..., Any]
    ) -> None:
        user = make_user(Role.ADMIN)
        _, text = tokens.create(user, TokenInput(name="Doors", scopes=("cameras:read",)), utc_now())
        assert Api(client, user, text).get("/cameras").status_code == 200
        assert Api(client, user, text).post("/cameras", {}).status_code == 403


class TestLimits:
    @pytest.fixture
    def overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        return overrides | {"RATELIMIT_ENABLED": True, "API_CALLS_PER_MINUTE": 3}

    def test_a_token_has_so_many_requests_a_minute_and_hears_of_it(self, admin: Api, as_: Callable[..., Api]) -> None:
        limiter.reset()
        for left in ("2", "1", "0"):
            answer = admin.get("/cameras")
            assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (200, left)
        answer = admin.get("/cameras")
        assert answer.status_code == 429
        assert answer.json
        assert answer.json["error"]["code"] == "too_many_requests"
        assert int(answer.headers["Retry-After"]) > 0
        assert as_(Role.VIEWER).get("/cameras").status_code == 200, "each is counted by itself"
