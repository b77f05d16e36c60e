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
from tests.views.browserlike import sent_back
from tests.views.conftest import FRAGMENT, give_picture
from webapp.extensions import db, redis_client, settings
from webapp.models import Camera, CameraGroup, GroupRole, Role, User
from webapp.services import cameras
from webapp.storage import storage_from_settings

Make = Callable[..., Camera]
MakeGroup = Callable[..., CameraGroup]
GOOD = {"name": "Gate 2", "rtsp_url": "rtsp://10.20.4.14:554/stream1"}


@pytest.fixture
def make_group(app: Flask) -> MakeGroup:
    def make(name: str, **fields: Any) -> CameraGroup:
        group = CameraGroup(name=name, **fields)
        db.session.add(group)
        db.session.commit()
        return group

    return make


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

    def delete_meanwhile(_url: str, _field: str) -> None:
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


def test_a_new_camera_starts_in_the_group_one_came_from(admin: FlaskClient, make_group: MakeGroup) -> None:
    group = make_group("Gate")
    assert f'<option selected value="{group.id}">' in admin.get(f"/cameras/new?group={group.id}").text
    assert '<option selected value="">' in admin.get("/cameras/new").text


EVERYTHING = {
    "name": "Gate 2",
    "code": "CAM-0042",
    "tags": "Night, entrance ,night",
    "location": "North gate",
    "rtsp_url": "rtsp://10.20.4.14/stream1",
    "sub_rtsp_url": "rtsp://10.20.4.14/stream2",
    "stream": "sub",
    "username": "viewer",
    "enable_detection": "false",
    "detection_sensitivity": "0.55",
    "check_interval_seconds": "300",
    "retention_days": "90",
    "resolution": "1920x1080",
    "fps": "12.5",
    "codec": "h265",
    "vendor": "Axis",
    "model": "P3265",
    "notes": "Ladder needed.\r\nKey at the porter's.",
    "is_active": ["y", "n"],
}


def test_every_field_is_stored_and_comes_back(admin: FlaskClient) -> None:
    admin.post("/cameras/new", data=EVERYTHING)
    camera = stored()
    assert camera.tags == ("night", "entrance")
    assert (camera.enable_detection, camera.detection_sensitivity) == (False, 0.55)
    assert (camera.check_interval_seconds, camera.retention_days) == (300, 90)
    assert camera.notes == "Ladder needed.\nKey at the porter's."
    before = {column.name: getattr(camera, column.name) for column in Camera.__table__.c}
    admin.post(f"/cameras/{camera.id}/edit", data=sent_back(admin.get(f"/cameras/{camera.id}/edit").text))
    after = {column.name: getattr(stored(camera), column.name) for column in Camera.__table__.c}
    assert {name for name in before if before[name] != after[name]} == {"updated_at", "version"}


def test_the_page_shows_what_was_said_and_tags_lead_to_their_cameras(admin: FlaskClient) -> None:
    admin.post("/cameras/new", data=EVERYTHING)
    page = admin.get(f"/cameras/{stored().id}").text
    for words in ("CAM-0042", "Axis", "P3265", "North gate", "Ladder needed.", "rtsp://10.20.4.14/stream2", "5 min"):
        assert words in page
    assert 'href="/cameras?tag=entrance"' in page


def test_a_viewer_sees_neither_the_path_of_a_stream_nor_who_logs_in(
    as_role: Callable[[Role], FlaskClient], make_camera: Make
) -> None:
    camera = make_camera(rtsp_url="rtsp://10.20.4.14/secret-path", username="root-of-it")
    page = as_role(Role.VIEWER).get(f"/cameras/{camera.id}").text
    assert "10.20.4.14:554" in page
    assert "secret-path" not in page
    assert "root-of-it" not in page


def test_form_and_page_say_what_is_inherited_and_from_whom(
    admin: FlaskClient, make_camera: Make, make_group: MakeGroup
) -> None:
    site = make_group("Site A", check_interval_seconds=900, enable_detection=False)
    camera = make_camera(group_id=make_group("Hall", parent_id=site.id).id, detection_sensitivity=0.4)
    link = f'from <a href="/groups/{site.id}">Site A</a>'
    page = re.sub(r"<.?span[^>]*>", "", admin.get(f"/cameras/{camera.id}").text)
    assert f"<dd>15 min {link}</dd>" in page
    assert f"<dd>off {link}</dd>" in page
    assert "<dd>0.4 set here</dd>" in page
    assert "<dd>30 days the general default</dd>" in page
    form = admin.get(f"/cameras/{camera.id}/edit").text
    assert f"<b>15 min</b>, {link}" in form
    assert "<b>0.7</b>, the general default" in form


def test_another_group_in_the_form_brings_what_it_hands_down(admin: FlaskClient, make_group: MakeGroup) -> None:
    group = make_group("Site B", retention_days=7)
    answer = admin.get(f"/cameras/handed-down?group_id={group.id}", headers=FRAGMENT).text
    assert answer.count('hx-swap-oob="true"') == 5
    assert f'<b>7 days</b>, from <a href="/groups/{group.id}">Site B</a>' in answer
    assert "7 days" not in admin.get("/cameras/handed-down?group_id=nope", headers=FRAGMENT).text


@pytest.fixture
def scoped(client: FlaskClient, sign_in: Callable[..., User], make_group: MakeGroup) -> tuple[FlaskClient, CameraGroup]:
    """Somebody who may work in one group that lies in another."""
    site = make_group("Whole site", check_interval_seconds=900)
    mine = make_group("Mine", parent_id=site.id)
    user = sign_in(client, Role.NONE)
    db.session.add(GroupRole(user_id=user.id, group_id=mine.id, role=Role.OPERATOR))
    db.session.commit()
    return client, mine


def test_only_groups_one_may_write_to_can_be_chosen_and_one_of_them_must_be(
    scoped: tuple[FlaskClient, CameraGroup], make_group: MakeGroup
) -> None:
    client, mine = scoped
    foreign = make_group("Foreign")
    page = client.get(f"/cameras/new?group={mine.id}").text
    assert re.findall(r"<option[^>]*>(Choose a group|No group|Mine|Foreign|Whole site[^<]*)</option>", page) == [
        "Choose a group",
        "Mine",
    ]
    for group_id in ("", foreign.id):
        answer = client.post("/cameras/new", data=GOOD | {"group_id": group_id})
        assert answer.status_code == 422
        assert 'id="group_id-problem"' in answer.text
    assert client.post("/cameras/new", data=GOOD | {"group_id": mine.id}).status_code == 303


def test_what_a_group_one_may_not_see_hands_down_holds_but_keeps_its_name(
    scoped: tuple[FlaskClient, CameraGroup], make_camera: Make
) -> None:
    client, mine = scoped
    page = client.get(f"/cameras/{make_camera(group_id=mine.id).id}/edit").text
    assert "<b>15 min</b>, from a group above yours" in page
    assert "Whole site" not in page


def test_fields_few_cameras_need_are_folded_until_they_hold_something_or_are_wrong(admin: FlaskClient) -> None:
    assert admin.get("/cameras/new").text.count('<details class="card-box folded" >') == 3
    answer = admin.post("/cameras/new", data=GOOD | {"vendor": "Axis", "fps": "many"})
    assert answer.text.count('<details class="card-box folded" open>') == 2


def test_what_is_wrong_is_listed_as_the_fields_come(admin: FlaskClient) -> None:
    answer = admin.post("/cameras/new", data={"name": "", "rtsp_url": "x", "retention_days": "0", "stream": "sub"})
    assert re.findall(r'<li><a href="#(\w+)">', answer.text) == ["name", "rtsp_url", "stream", "retention_days"]


def test_a_code_that_is_taken_names_its_holder(admin: FlaskClient, make_camera: Make) -> None:
    make_camera(name="Lobby", code="CAM-1")
    answer = admin.post("/cameras/new", data=GOOD | {"code": "cam-1"})
    assert answer.status_code == 422
    assert "“Lobby” has this code already" in answer.text


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
