"""Whatever is sent: the error envelope with a useful sentence, never a 500, a stack trace or a secret."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.conftest import Api, problems
from webapp.api.asking import DEEPEST, MOST_BYTES
from webapp.models import Camera, Role
from webapp.services import cameras

UNREADABLE = {
    "not JSON": (b'{"name": ', "not valid JSON"),
    "not UTF-8": (b'{"name": "\xff\xfe"}', "not valid UTF-8"),
    "half a character": (b'{"name": "\\ud800"}', "not valid UTF-8"),
    "a list": (b"[]", "one JSON object"),
    "a number that is none": (b'{"fps": NaN}', "NaN"),
    "an endless number": (b'{"fps": ' + b"9" * 5000 + b"}", "number"),
    "deep": (b'{"a": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", "nested deeper"),
    "deeper than anybody reads": (b"[" * 100_000, "nested deeper"),
}


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_cannot_be_read_is_refused_with_a_reason(admin: Api, body: str) -> None:
    data, words = UNREADABLE[body]
    answer = admin.call("POST", "/cameras", data=data, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert problems(answer) == {}
    assert words in answer.json["error"]["message"]  # type: ignore[index]


def test_ten_megabytes_are_the_most(admin: Api) -> None:
    answer = admin.call("POST", "/cameras", data=b" " * (MOST_BYTES + 1), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "10 MB" in answer.json["error"]["message"]  # type: ignore[index]


def test_it_wants_json(admin: Api) -> None:
    assert admin.call("POST", "/cameras", data={"name": "x"}).status_code == 415


def test_wrong_types_and_unknown_fields_are_named(admin: Api) -> None:
    body = {"name": ["x"], "rtsp_url": 5, "fps": "quick", "is_active": "perhaps", "colour": "red", "password": {"a": 1}}
    answer = admin.post("/cameras", body)
    assert answer.status_code == 422
    assert set(problems(answer)) == set(body)
    assert "There is no such field" in problems(answer)["colour"]


@pytest.mark.parametrize(
    ("method", "path", "code", "name"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/cameras/not-an-id", 404, "not_found"),
        ("GET", "/cameras/00000000-0000-4000-8000-000000000000", 404, "not_found"),
        ("PATCH", "/cameras", 405, "method_not_allowed"),
        ("GET", "/cameras/00000000-0000-4000-8000-000000000000%00", 404, "not_found"),
    ],
)
def test_what_is_not_there(admin: Api, method: str, path: str, code: int, name: str) -> None:
    answer = admin.call(method, path)
    assert (answer.status_code, answer.json["error"]["code"]) == (code, name)  # type: ignore[index]
    assert answer.headers["X-Request-ID"]
    if code == 405:
        assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_a_mistake_of_ours_says_nothing_but_its_number(app: Flask, admin: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("rtsp://root:hush@10.0.0.1/")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(cameras, "create", fail)
    answer = admin.post("/cameras", {"name": "A", "rtsp_url": "rtsp://10.0.0.1/a"})
    assert answer.status_code == 500
    assert answer.json["error"]["code"] == "internal_error"  # type: ignore[index]
    assert "hush" not in answer.text
    assert "RuntimeError" not in answer.text


def test_a_file_that_is_no_base64_is_refused(admin: Api) -> None:
    assert "base64" in problems(admin.post("/cameras/import", {"data": "%%%"}))["data"]


def test_a_file_without_rows_that_can_be_read_is_refused(admin: Api) -> None:
    answer = admin.post("/cameras/import", {"data": "AAECAwQ="})
    assert answer.status_code == 422, answer.text


class TestSigningIn:
    def test_wrong_is_wrong_whoever_it_was(self, client: FlaskClient, as_: Callable[..., Api]) -> None:
        user = as_(Role.VIEWER).user
        stranger = Api(client, None, None)
        assert user
        for name in (user.email, "nobody@example.com"):
            answer = stranger.post("/auth/login", {"username": name, "password": "wrong"})
            assert answer.status_code == 401
            assert "wrong" in answer.json["error"]["message"]  # type: ignore[index]

    def test_a_login_ends_when_one_signs_out(self, admin: Api) -> None:
        assert admin.data("GET", "/auth/me")["role"] == "admin"
        admin.data("POST", "/auth/logout", {})
        assert admin.get("/auth/me").status_code == 401


BAD = {
    "name": ("", "name"),
    "rtsp_url": ("http://10.0.0.1/", "rtsp_url"),
    "fps": ("quick", "fps"),
    "codec": ("mpeg2", "codec"),
    "resolution": ("big", "resolution"),
    "detection_sensitivity": ("2", "detection_sensitivity"),
    "check_interval_seconds": ("1", "check_interval_seconds"),
    "rtsp_url outside": ("rtsp://8.8.8.8/a", "rtsp_url"),
}


@pytest.mark.parametrize("name", BAD)
def test_every_door_says_the_same_sentence(
    admin: Api, sign_in: Callable[..., object], client: FlaskClient, name: str, make_camera: Callable[..., Camera]
) -> None:
    """Of one wrong field: the form, the JSON body, the row of a file."""
    value, field = BAD[name]
    fields = {"name": "A", "rtsp_url": "rtsp://10.0.0.1/a"} | {field: value}
    said = problems(admin.post("/cameras", fields))[field]
    sign_in(client, Role.ADMIN)
    page = client.post("/cameras/new", data=fields).text
    assert said in html.unescape(page).replace("\xa0", " "), said
    rows = ",".join(fields) + "\n" + ",".join(fields.values()) + "\n"
    told = admin.data("POST", "/cameras/import", {"data": base64.b64encode(rows.encode()).decode()})
    assert said in [found["message"] for found in told["problems"]], told


def test_the_sentence_of_a_service_is_the_same_too(admin: Api, make_camera: Callable[..., Camera]) -> None:
    make_camera(code="G-1", name="Gate")
    answer = admin.post("/cameras", {"name": "B", "rtsp_url": "rtsp://10.0.0.9/a", "code": "g-1"})
    assert problems(answer) == {"code": cameras.code_taken("Gate")}
