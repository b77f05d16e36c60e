"""Every page and fragment asked by everybody: who is let in, who is sent away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.views.conftest import give_picture
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Role

OPEN = {"sign_in.show", "sign_in.leave", "setup.show", "health.serving", "health.ready", "cameras.home"}
READ = {
    "cameras.index",
    "cameras.show",
    "groups.show",
    "live.grid",
    "live.frame",
    "live.camera",
    "pictures.latest",
    "me.show",
    "me.choose_look",
    "me.sign_out_everywhere",
}
WRITE = {
    "cameras.check",
    "camera_forms.new",
    "camera_forms.edit",
    "camera_forms.delete",
    "connection_tests.start",
    "connection_tests.show",
    "live.connection_test",
    "pictures.of_test",
}
OURS = OPEN | READ | WRITE


@pytest.fixture
def values(app: Flask, make_camera: Callable[..., Camera]) -> dict[str, str]:
    camera = make_camera()
    group = CameraGroup(name="Gate")
    db.session.add(group)
    db.session.commit()
    return {
        "camera_id": camera.id,
        "group_id": group.id,
        "picture_hash": give_picture(camera),
        "test_id": "none",
        "token": "x",
    }


def routes(app: Flask, values: dict[str, str]) -> list[tuple[str, str, str]]:
    """Endpoint, method and address of every route of the pages."""
    adapter = app.url_map.bind("localhost")
    return [
        (rule.endpoint, method, adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] in {name.split(".")[0] for name in OURS}
        for method in (rule.methods or set()) & {"GET", "POST"}
    ]


def test_no_route_is_forgotten_here(app: Flask, values: dict[str, str]) -> None:
    assert {endpoint for endpoint, _, _ in routes(app, values)} == OURS


def test_a_stranger_is_asked_to_sign_in(app: Flask, client: FlaskClient, values: dict[str, str]) -> None:
    for endpoint, method, url in routes(app, values):
        if endpoint in OPEN:
            continue
        answer = client.open(url, method=method)
        assert answer.status_code in (302, 401), url
        assert "/login" in answer.headers.get("Location", "") + answer.headers.get("HX-Redirect", ""), url


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_what_it_may_and_nothing_else(
    app: Flask, as_role: Callable[[Role], FlaskClient], values: dict[str, str], role: Role
) -> None:
    client = as_role(role)
    last = {"me.sign_out_everywhere": 2, "camera_forms.delete": 1}
    for endpoint, method, url in sorted(routes(app, values), key=lambda route: last.get(route[0], 0)):
        if endpoint in OPEN:
            continue
        code = client.open(url, method=method).status_code
        if endpoint in WRITE and role is Role.VIEWER:
            assert code == 403, f"{role} {method} {url}: {code}"
        else:
            assert code not in (401, 403, 500), f"{role} {method} {url}: {code}"


def test_a_viewer_sees_no_way_to_change_anything(
    as_role: Callable[[Role], FlaskClient], values: dict[str, str]
) -> None:
    client = as_role(Role.VIEWER)
    for url in ("/cameras", f"/cameras/{values['camera_id']}", f"/groups/{values['group_id']}"):
        page = client.get(url).text
        assert "Add camera" not in page
        assert "/edit" not in page
        assert "/delete" not in page
        assert "Check now" not in page
