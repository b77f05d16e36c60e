"""Adding, editing and deleting a camera through the forms."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.passwords import password_of
from tests.views.conftest import give_picture
from webapp.extensions import db, redis_client, settings
from webapp.models import Camera
from webapp.services import cameras
from webapp.storage import storage_from_settings

Make = Callable[..., Camera]
GOOD = {"name": "Gate 2", "rtsp_url": "rtsp://10.20.4.14:554/stream1"}


def stored(camera: Camera | None = None) -> Camera:
    db.session.expire_all()
    found = db.session.get(Camera, camera.id) if camera else db.session.query(Camera).one()
    assert found
    return found


def field(page: str, name: str) -> str:
    """The tag of a field."""
    found = re.search(rf'<(input|select|textarea)[^>]*\bname="{name}"[^>]*>', page)
    assert found, name
    return found[0]


def test_a_camera_is_added_with_what_was_typed(admin: FlaskClient) -> None:
    answer = admin.post(
        "/cameras/new", data=GOOD | {"username": "admin", "password": "geheim!", "fps": "12.5", "codec": "h265"}
    )
    camera = stored()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cameras/{camera.id}")
    assert (camera.name, camera.username, camera.fps, camera.codec) == ("Gate 2", "admin", 12.5, "h265")
    assert camera.is_active
    assert password_of(camera) == "geheim!"
    assert "is added" in admin.get(answer.headers["Location"]).text


def asked() -> list[str]:
    """The cameras whose check was asked for since the last time."""
    found = [job.decode().removeprefix("now-") for job in redis_client.lrange("rq:queue:now", 0, -1)]
    redis_client.delete("rq:queue:now")
    return found


def test_a_new_camera_is_checked_without_waiting_for_the_sweep(admin: FlaskClient) -> None:
    answer = admin.post("/cameras/new", data=GOOD)
    assert asked() == [stored().id]
    assert "Its first check is under way" in admin.get(answer.headers["Location"]).text


def test_one_that_is_added_switched_off_is_not(admin: FlaskClient) -> None:
    answer = admin.post("/cameras/new", data=GOOD | {"is_active": "n"})
    assert asked() == []
    assert "under way" not in admin.get(answer.headers["Location"]).text


@pytest.mark.parametrize(
    ("before", "sent", "is_asked"),
    [
        ({}, {"rtsp_url": "rtsp://10.20.4.15/stream1"}, True),
        ({}, {"password": "another"}, True),
        ({}, {"username": "viewer"}, True),
        ({"is_active": False}, {"is_active": "y"}, True),
        ({}, {"is_active": "n"}, False),
        ({}, {"name": "Gate 3"}, False),
        ({"is_active": False}, {"password": "another"}, False),
    ],
)
def test_an_edit_that_asks_differently_is_checked_at_once(
    admin: FlaskClient, make_camera: Make, before: dict[str, Any], sent: dict[str, str], is_asked: bool
) -> None:
    url = "rtsp://10.20.4.14/stream1"
    camera = make_camera(rtsp_url=url, next_due_at=datetime.now(UTC) + timedelta(hours=1), **before)
    answer = admin.post(f"/cameras/{camera.id}/edit", data=sent)
    assert asked() == ([camera.id] if is_asked else [])
    assert ("A check is under way" in admin.get(answer.headers["Location"]).text) == is_asked


def test_without_redis_a_camera_is_saved_all_the_same(app: Flask, admin: FlaskClient) -> None:
    pool = app.extensions["redis_pool"]
    with mock.patch.dict(pool.connection_kwargs, path="/nowhere/redis.sock"):  # a real socket, and nobody behind it
        pool.reset()
        answer = admin.post("/cameras/new", data=GOOD)
        page = admin.get(answer.headers["Location"]).text
    pool.reset()
    assert stored().name == "Gate 2"
    assert "is added" in page
    assert "under way" not in page


def test_an_edit_of_a_camera_that_is_deleted_meanwhile_says_so(
    admin: FlaskClient, make_camera: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = make_camera(name="Gate")

    def delete_meanwhile(_url: str) -> None:
        with sqlite3.connect(settings.DATA_DIR / "camkeeper.db") as other:
            other.execute("DELETE FROM cameras")
        other.close()

    monkeypatch.setattr(cameras, "require_allowed", delete_meanwhile)
    answer = admin.post(f"/cameras/{camera.id}/edit", data={"name": "Gate 3", "rtsp_url": "rtsp://10.20.4.15/s"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cameras")
    assert "Somebody deleted Gate 3 while you were editing it" in admin.get("/cameras").text


def test_an_unticked_box_is_off_and_one_that_was_not_there_is_left_alone(admin: FlaskClient) -> None:
    admin.post("/cameras/new", data=GOOD | {"is_active": "n", "enable_detection": ["y", "n"]})
    camera = stored()
    assert (camera.is_active, camera.enable_detection) == (False, True)
    admin.post(f"/cameras/{camera.id}/edit", data={"name": "Gate 3"})
    camera = stored()
    assert (camera.name, camera.is_active, camera.rtsp_url) == ("Gate 3", False, "rtsp://10.20.4.14/stream1")


@pytest.mark.parametrize(
    ("given", "name", "sentence"),
    [
        ({"name": ""}, "name", "Please fill in this field."),
        ({"rtsp_url": "http://10.0.0.1/"}, "rtsp_url", "Only rtsp:// and rtsps://"),
        ({"rtsp_url": "rtsp://a:b@10.0.0.1/"}, "rtsp_url", "in their own fields"),
        ({"rtsp_url": "rtsp://8.8.8.8/"}, "rtsp_url", "8.8.8.8"),
        ({"fps": "a lot"}, "fps", "must be a number"),
        ({"resolution": "big"}, "resolution", "1920x1080"),
        ({"detection_sensitivity": "7"}, "detection_sensitivity", "between 0 and 1"),
        ({"group_id": "gone"}, "group_id", "does not exist any more"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
    admin: FlaskClient, given: dict[str, str], name: str, sentence: str
) -> None:
    answer = admin.post("/cameras/new", data=GOOD | {"location": "Hall B"} | given)
    assert answer.status_code == 422
    tag = field(answer.text, name)
    assert 'aria-invalid="true"' in tag
    assert f"{name}-problem" in tag
    problem = re.search(rf'id="{name}-problem">(.*?)</p>', answer.text, re.S)
    assert problem
    assert sentence in problem[1]
    assert f'<a href="#{name}">' in answer.text
    assert 'value="Hall B"' in field(answer.text, "location")
    assert db.session.query(Camera).count() == 0


def test_a_password_never_comes_back(admin: FlaskClient) -> None:
    refused = admin.post("/cameras/new", data=GOOD | {"password": "geheim!", "name": ""})
    assert "geheim!" not in refused.text
    admin.post("/cameras/new", data=GOOD | {"password": "geheim!"})
    camera = stored()
    for url in (f"/cameras/{camera.id}/edit", f"/cameras/{camera.id}", "/cameras"):
        page = admin.get(url).text
        assert "geheim!" not in page
        assert camera.password_encrypted not in page
    assert "Leave blank to keep" in admin.get(f"/cameras/{camera.id}/edit").text


def test_a_blank_password_keeps_the_stored_one_and_a_tick_forgets_it(admin: FlaskClient) -> None:
    admin.post("/cameras/new", data=GOOD | {"password": "geheim!"})
    camera = stored()
    admin.post(f"/cameras/{camera.id}/edit", data=GOOD | {"password": ""})
    assert password_of(stored()) == "geheim!"
    admin.post(f"/cameras/{camera.id}/edit", data=GOOD | {"password": "", "clear_password": ["y", "n"]})
    assert password_of(stored()) is None


def test_an_edit_on_top_of_a_newer_version_shows_what_differs(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera(name="Gate", location="North")
    form = admin.get(f"/cameras/{camera.id}/edit").text
    version = re.search(r'value="(\d+)"', field(form, "version"))
    assert version
    admin.post(f"/cameras/{camera.id}/edit", data={"location": "South"})
    mine = GOOD | {"name": "My gate", "location": "North", "version": version[1]}
    answer = admin.post(f"/cameras/{camera.id}/edit", data=mine)
    assert answer.status_code == 409
    assert "Somebody else changed this camera" in answer.text
    cell = r'<td class="break">(.*?)</td>'
    rows = re.findall(rf'<th scope="row">(.*?)</th>{cell}{cell}', answer.text)
    assert ("Location", "South", "North") in rows
    assert ("Name", "Gate", "My gate") in rows
    assert 'value="My gate"' in field(answer.text, "name")
    assert stored(camera).name == "Gate"
    now = re.search(r'value="(\d+)"', field(answer.text, "version"))
    assert now
    admin.post(f"/cameras/{camera.id}/edit", data=mine | {"version": now[1]})
    assert (stored(camera).name, stored(camera).location) == ("My gate", "North")


def test_a_new_camera_starts_in_the_group_one_came_from(admin: FlaskClient) -> None:
    assert '<option selected value="">' in admin.get("/cameras/new").text


def test_deleting_asks_first_and_takes_the_picture_along(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera(name="Old gate")
    give_picture(camera)
    url = f"/cameras/{camera.id}/delete"
    assert "whole history" in admin.get(url).text
    assert db.session.query(Camera).count() == 1
    answer = admin.post(url)
    assert answer.headers["Location"] == "/cameras"
    assert db.session.query(Camera).count() == 0
    assert not storage_from_settings(settings).exists(f"latest/{camera.id}.jpg")
    assert "Old gate is deleted" in admin.get("/cameras").text


@pytest.mark.parametrize("page", ["edit", "delete"])
def test_a_camera_that_is_gone_is_not_found(admin: FlaskClient, page: str) -> None:
    assert admin.get(f"/cameras/none/{page}").status_code == 404
    assert admin.post(f"/cameras/none/{page}").status_code == 404
