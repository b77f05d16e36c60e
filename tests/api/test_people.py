"""People, tokens and the audit over the API."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.api.conftest import Api, problems
from webapp.models import Role, User


def test_a_person_is_invited_changed_disabled_and_let_in_again(admin: Api) -> None:
    made = admin.data("POST", "/users", {"email": "Ana@example.com", "role": "viewer"})
    assert "/join/" in made["url"]
    path = f"/users/{made['user']['id']}"
    assert admin.data("PUT", path, {"role": "operator"})["role"] == "operator"
    assert admin.data("POST", f"{path}/disable", {})["is_enabled"] is False
    assert admin.data("POST", f"{path}/enable", {})["is_enabled"] is True
    assert {user["email"] for user in admin.data("GET", "/users")} >= {"ana@example.com"}
    assert "email" in problems(admin.post("/users", {"email": "ana@example.com"}))


def test_the_last_administrator_stays(admin: Api) -> None:
    assert admin.user
    assert admin.put(f"/users/{admin.user.id}", {"role": "viewer"}).status_code == 422


def test_a_token_is_made_shown_once_used_and_revoked(admin: Api, client: FlaskClient) -> None:
    made = admin.data("POST", "/tokens", {"name": "Doors", "scopes": ["cameras:read"]})
    program = Api(client, admin.user, made["token"])
    assert program.get("/cameras").status_code == 200
    assert made["token"] not in admin.get("/tokens").text
    assert program.get("/tokens").status_code == 403, "a program's token makes and ends no tokens"
    assert program.call("DELETE", f"/tokens/{made['id']}").status_code == 403
    admin.data("DELETE", f"/tokens/{made['id']}")
    assert program.get("/cameras").status_code == 401


def test_the_audit_comes_in_pages_that_follow_each_other(admin: Api) -> None:
    for number in range(3):
        admin.data("POST", "/cameras/groups", {"name": f"Group {number}"})
    seen, before = [], ""
    while before is not None:
        answer = admin.get(f"/audit?action=group.create&page_size=2&before={before}").json
        assert answer
        seen += [entry["subject"] for entry in answer["data"]]
        before = answer["meta"]["next"]
    assert seen == ["Group 2", "Group 1", "Group 0"]


def test_what_is_done_over_the_api_is_the_persons_act(admin: Api, as_: Callable[..., Api]) -> None:
    operator = as_(Role.OPERATOR)
    operator.data("POST", "/cameras/groups", {"name": "Gate"})
    entry = admin.data("GET", "/audit?action=group.create")[0]
    assert isinstance(operator.user, User)
    assert entry["email"] == operator.user.email
