"""The pages of bulk actions: what is asked, counted, refused, started, followed and undone."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import insert, select

from tests.views.conftest import FRAGMENT
from webapp.extensions import db
from webapp.models import BulkAction, Camera, CameraGroup, GroupRole, Role, User, WorkState, new_id, utc_now
from webapp.services.bulk import running, starting

Make = Callable[..., Camera]


@pytest.fixture
def dock(app: Flask) -> CameraGroup:
    site = CameraGroup(id=new_id(), name="Site B")
    db.session.add(site)
    db.session.commit()
    found = CameraGroup(id=new_id(), name="Dock", parent_id=site.id)
    db.session.add(found)
    db.session.commit()
    return found


def fleet(size: int) -> list[str]:
    moments = dict.fromkeys(("status_since", "next_due_at", "created_at", "updated_at"), utc_now())
    known = {"rtsp_url": "rtsp://10.20.4.14/s", "version": 1, **moments}
    db.session.execute(insert(Camera), [{"id": new_id(), "name": f"Gate {n}", **known} for n in range(size)])
    db.session.commit()
    return list(db.session.scalars(select(Camera.id)))


def stored(camera: Camera) -> Camera:
    db.session.expire_all()
    return db.session.get_one(Camera, camera.id)


def confirmation(page: str) -> dict[str, Any]:
    """The fields of the form that confirms, as a browser would send them."""
    form = page.split('action="/bulk/start"')[1].split("</form>")[0]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input type=\"hidden\"[^>]*>", form):
        name, value = (html.unescape(re.findall(rf'{key}="([^"]*)"', tag)[0]) for key in ("name", "value"))
        fields.setdefault(name, []).append(value)
    return fields


def words(page: str) -> str:
    """What the main part says, without tags."""
    main = page.split("<main")[1].split("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split()).replace(" .", ".")


def text_of(client: FlaskClient, address: str) -> str:
    return words(client.get(address).text)


def test_a_move_is_counted_confirmed_done_and_undone(admin: FlaskClient, make_camera: Make, dock: CameraGroup) -> None:
    there, elsewhere = make_camera(group_id=dock.id), make_camera(name="Roof")
    sent = {"action": "move", "group_id": dock.id, "camera": [there.id, elsewhere.id], "list": "/cameras?q=gate"}
    asked = admin.post("/bulk", data=sent)
    assert "1 camera will be moved into Site B › Dock. 2 cameras chosen. 1 is there already." in words(asked.text)
    assert stored(elsewhere).group_id is None
    done = admin.post("/bulk/start", data=confirmation(asked.text))
    assert done.status_code == 303
    result = admin.get(done.location).text
    assert "1 camera was moved into Site B › Dock. 1 was there already." in words(result)
    assert stored(elsewhere).group_id == dock.id
    assert 'href="/cameras?q=gate"' in result
    undone = admin.post(f"{done.location.split('?')[0]}/undo")
    assert "1 camera was put back as it was before." in text_of(admin, undone.location)
    assert stored(elsewhere).group_id is None
    assert "undone" in text_of(admin, done.location)


def test_all_that_match_are_found_again_on_the_server(admin: FlaskClient, make_camera: Make) -> None:
    gates = [make_camera(name=f"Gate {n}") for n in range(3)]
    roof = make_camera(name="Roof")
    sent = {"action": "disable", "all": "1", "list": "/cameras?q=gate&page=9&size=60", "camera": roof.id}
    fields = confirmation(admin.post("/bulk", data=sent).text)
    assert "camera" not in fields
    admin.post("/bulk/start", data=fields)
    assert [stored(camera).is_active for camera in (*gates, roof)] == [False, False, False, True]


def test_a_list_that_grew_since_the_preview_is_shown_again(admin: FlaskClient, make_camera: Make) -> None:
    make_camera()
    fields = confirmation(admin.post("/bulk", data={"action": "disable", "all": "1", "list": "/cameras"}).text)
    late = make_camera(name="Late")
    answer = admin.post("/bulk/start", data=fields)
    assert answer.status_code == 409
    assert "The list has changed since you looked" in words(answer.text)
    assert "2 cameras will be switched off" in words(answer.text)
    assert stored(late).is_active
    admin.post("/bulk/start", data=confirmation(answer.text))
    assert not stored(late).is_active


def test_a_deletion_wants_the_number_typed(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    page = admin.post("/bulk", data={"action": "delete", "camera": camera.id}).text
    assert "This cannot be undone." in words(page)
    fields = confirmation(page)
    for typed in ("", "2", "yes"):
        answer = admin.post("/bulk/start", data=fields | {"typed": typed})
        assert answer.status_code == 422
        assert "Type 1, the number of cameras that would be deleted." in words(answer.text)
        assert stored(camera)
    result = admin.get(admin.post("/bulk/start", data=fields | {"typed": " 1 "}).location).text
    assert "1 camera was deleted." in words(result)
    assert ">Undo<" not in result
    assert db.session.scalar(select(Camera)) is None


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose what to do with the cameras."),
        ({"action": "explode"}, "Choose what to do with the cameras."),
        ({"action": "move"}, "Choose the group to move the cameras to."),
        ({"action": "move", "group_id": "00000000-0000-0000-0000-000000000000"}, "does not exist any more"),
        ({"action": "move", "group_id": "\0"}, "control characters"),
        ({"action": "tag", "tags": " , "}, "Write at least one tag."),
        ({"action": "tag", "tags": "a|b"}, "without the sign |"),
        ({"action": "maintenance", "span": "moment", "until": ""}, "Choose a day and a time"),
        ({"action": "maintenance", "span": "moment", "until": "2001-01-01T10:00"}, "Choose a moment in the future"),
        ({"action": "maintenance", "span": "moment", "until": "9999-12-31T23:59"}, "at most a year from now"),
        ({"action": "detection"}, "Choose what to change: detection, sensitivity, or both."),
        ({"action": "detection", "sensitivity": "1.5"}, "Sensitivity must lie between 0 and 1."),
        ({"action": "interval", "interval": "1"}, "The interval must lie between 5 seconds and 86400"),
        ({"action": "interval", "interval": "soon"}, "This must be a whole number."),
    ],
)
def test_what_is_missing_or_wrong_is_asked_for_again_with_the_choice_kept(
    admin: FlaskClient, make_camera: Make, sent: dict[str, str], sentence: str
) -> None:
    camera = make_camera()
    answer = admin.post("/bulk", data=sent | {"camera": camera.id, "list": "/cameras?q=x"})
    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert f'name="camera" value="{camera.id}"' in answer.text
    assert db.session.scalar(select(BulkAction)) is None


def test_nothing_chosen_is_said(admin: FlaskClient) -> None:
    for chosen in ({}, {"camera": "no id"}, {"camera": "\0"}):
        answer = admin.post("/bulk", data={"action": "enable", **chosen})
        assert (answer.status_code, "No camera is chosen" in answer.text) == (422, True)


@pytest.mark.parametrize("address", ["", "//evil.example/cameras", "/users", "/cameras/new", "javascript:alert(1)"])
def test_an_address_that_is_no_list_chooses_nothing(admin: FlaskClient, make_camera: Make, address: str) -> None:
    camera = make_camera()
    answer = admin.post("/bulk", data={"action": "disable", "all": "1", "list": address})
    assert answer.status_code == 400
    assert stored(camera).is_active


def test_fields_of_another_action_are_refused_where_it_is_confirmed(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    sent = {"action": "interval", "check_interval_seconds": "2", "agreed": "1", "camera": camera.id}
    assert admin.post("/bulk/start", data=sent).status_code == 422
    assert stored(camera).check_interval_seconds is None


@pytest.mark.parametrize(
    ("zone", "chosen", "expected"),
    [
        ("Europe/Vienna", {"span": "moment", "until": "{day}T18:30"}, "17:30"),
        (None, {"span": "moment", "until": "{day}T18:30", "zone": "America/New_York"}, "23:30"),
        (None, {"span": "moment", "until": "{day}T18:30", "zone": "../../etc/passwd"}, "18:30"),
        ("Asia/Tokyo", {"span": "morning"}, "21:00"),
    ],
)
def test_maintenance_ends_by_the_clock_of_the_person(
    client: FlaskClient,
    sign_in: Callable[..., User],
    make_camera: Make,
    zone: str | None,
    chosen: dict[str, str],
    expected: str,
) -> None:
    user, camera = sign_in(client), make_camera()
    user.time_zone = zone
    db.session.commit()
    day = f"{datetime.now(UTC).year}-12-20"
    sent = {name: value.format(day=day) for name, value in chosen.items()}
    page = client.post("/bulk", data={"action": "maintenance", "camera": camera.id, **sent}).text
    client.post("/bulk/start", data=confirmation(page))
    until = stored(camera).maintenance_until
    assert until is not None
    assert f"{until:%H:%M}" == expected


def test_tags_and_inherited_values_travel_through_the_preview(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera(detection_sensitivity=0.4, tags=("old",))
    for sent in (
        {"action": "tag", "tags": "Night, ptz"},
        {"action": "detection", "detection": "off", "sensitivity_from": "inherited"},
        {"action": "interval", "interval": "30"},
    ):
        page = admin.post("/bulk", data={"camera": camera.id, **sent}).text
        assert admin.post("/bulk/start", data=confirmation(page)).status_code == 303
    found = stored(camera)
    assert (found.tags, found.enable_detection, found.detection_sensitivity) == (("old", "night", "ptz"), False, None)
    assert found.check_interval_seconds == 30


def test_more_than_a_hundred_are_left_to_a_worker(app: Flask, admin: FlaskClient) -> None:
    fleet(101)
    fields = confirmation(admin.post("/bulk", data={"action": "disable", "all": "1", "list": "/cameras"}).text)
    address = admin.post("/bulk/start", data=fields).location.split("?")[0]
    assert "0 of 101 cameras · waiting for a worker" in text_of(admin, address)
    server = Redis(connection_pool=app.extensions["redis_pool"])
    assert server.llen("rq:queue:slow") == 1
    fragment = admin.get(f"{address}/progress", headers=FRAGMENT).text
    assert 'hx-trigger="every 1s"' in fragment
    assert '<progress max="101" value="0"' in fragment
    bulk_id = address.split("/")[2]
    for _ in running.run(bulk_id, utc_now):
        pass
    over = admin.get(f"{address}/progress", headers=FRAGMENT).text
    assert "hx-trigger" not in over
    assert "101 cameras</b>" in over


def test_a_hundred_are_done_at_once(admin: FlaskClient) -> None:
    fleet(100)
    fields = confirmation(admin.post("/bulk", data={"action": "disable", "all": "1", "list": "/cameras"}).text)
    assert "100 cameras were switched off." in text_of(admin, admin.post("/bulk/start", data=fields).location)


def test_without_redis_nothing_is_begun(app: Flask, admin: FlaskClient) -> None:
    fleet(101)
    fields = confirmation(admin.post("/bulk", data={"action": "disable", "all": "1", "list": "/cameras"}).text)
    app.extensions["redis_pool"].connection_kwargs["path"] = "/nowhere"
    app.extensions["redis_pool"].reset()
    assert admin.post("/bulk/start", data=fields).status_code == 503
    assert db.session.scalars(select(BulkAction.state)).all() == [WorkState.CANCELLED]


@pytest.fixture
def open_bulk(admin: FlaskClient) -> str:
    """The address of an action that no worker has taken up."""
    fleet(101)
    fields = confirmation(admin.post("/bulk", data={"action": "disable", "all": "1", "list": "/cameras"}).text)
    return admin.post("/bulk/start", data=fields).location.split("?")[0]


def test_what_stands_still_can_be_gone_on_with(app: Flask, admin: FlaskClient, open_bulk: str) -> None:
    assert ">Go on<" not in admin.get(open_bulk).text
    bulk = db.session.scalars(select(BulkAction)).one()
    bulk.progress_at -= timedelta(seconds=61)
    db.session.commit()
    page = admin.get(open_bulk).text
    assert ">Go on<" in page
    assert "every 1s" not in page
    assert admin.post(f"{open_bulk}/resume").status_code == 303
    assert Redis(connection_pool=app.extensions["redis_pool"]).llen("rq:queue:slow") == 2


def test_what_is_cancelled_says_what_was_not_reached(admin: FlaskClient, open_bulk: str) -> None:
    next(running.run(open_bulk.split("/")[2], utc_now))
    admin.post(f"{open_bulk}/cancel")
    said = text_of(admin, open_bulk)
    assert "1 camera was switched off." in said
    assert "It was cancelled; 100 were not reached." in said


def test_what_was_left_is_listed_with_its_reason(admin: FlaskClient, make_camera: Make) -> None:
    make_camera(name="<b>full</b>", tags=tuple(f"t{n}" for n in range(20)))
    page = admin.post("/bulk", data={"action": "tag", "tags": "x", "all": "1", "list": "/cameras"}).text
    assert "1 will be left: It would have 21 tags; a camera has at most 20." in words(page)
    assert 'type="submit" class="btn btn-primary"' not in page
    result = admin.get(admin.post("/bulk/start", data=confirmation(page)).location).text
    assert "Nothing was changed. 1 was left as it is." in words(result)
    assert "&lt;b&gt;full&lt;/b&gt;" in result


def test_somebody_elses_action_is_not_there_except_for_administrators(
    app: Flask, client: FlaskClient, sign_in: Callable[..., User], make_camera: Make
) -> None:
    camera = make_camera()
    sign_in(client, Role.OPERATOR)
    page = client.post("/bulk", data={"action": "disable", "camera": camera.id}).text
    address = client.post("/bulk/start", data=confirmation(page)).location.split("?")[0]
    other, admin = app.test_client(), app.test_client()
    sign_in(other, Role.OPERATOR)
    sign_in(admin, Role.ADMIN)
    for person, code in ((other, 404), (admin, 200)):
        assert person.get(address).status_code == code
        assert person.get(f"{address}/progress").status_code == code
    for act in ("cancel", "resume", "undo"):
        assert other.post(f"{address}/{act}").status_code == 404
    assert not stored(camera).is_active
    assert other.get("/bulk/%00").status_code == 404


def test_a_person_of_one_group_reaches_nothing_beyond_it(
    app: Flask, client: FlaskClient, sign_in: Callable[..., User], make_camera: Make, dock: CameraGroup
) -> None:
    mine, foreign = make_camera(name="Mine", group_id=dock.id), make_camera(name="Foreign")
    user = sign_in(client, Role.NONE)
    db.session.add(GroupRole(user_id=user.id, group_id=dock.id, role=Role.OPERATOR))
    db.session.commit()
    page = client.post("/bulk", data={"action": "disable", "camera": [mine.id, foreign.id]}).text
    assert "1 camera will be switched off" in words(page)
    assert "2 cameras" not in words(page)
    fields = confirmation(page)
    client.post("/bulk/start", data=fields | {"camera": [foreign.id], "agreed": "5"})
    everything = {"action": "delete", "all": "1", "list": "/cameras"}
    asked = confirmation(client.post("/bulk", data=everything).text)
    client.post("/bulk/start", data=everything | asked | {"typed": "1"})
    assert stored(foreign).is_active
    assert db.session.scalars(select(Camera.name)).all() == ["Foreign"]


def test_an_action_of_a_person_is_written_down_with_their_address(admin: FlaskClient, make_camera: Make) -> None:
    page = admin.post("/bulk", data={"action": "disable", "camera": make_camera().id}).text
    admin.post("/bulk/start", data=confirmation(page))
    entries = db.session.execute(db.text("SELECT action, address, user_id FROM audit_entries ORDER BY action")).all()
    assert [(entry.action, entry.address) for entry in entries if "disable" in entry.action] == [
        ("bulk.disable", "127.0.0.1"),
        ("camera.disable", "127.0.0.1"),
    ]
    assert starting.starter(db.session.scalars(select(BulkAction.id)).one()) is not None


def test_what_one_did_lately_is_listed_with_the_way_to_undo_it(
    app: Flask, client: FlaskClient, sign_in: Callable[..., User], make_camera: Make
) -> None:
    sign_in(client, Role.OPERATOR)
    page = client.post("/bulk", data={"action": "disable", "camera": make_camera().id}).text
    address = client.post("/bulk/start", data=confirmation(page)).location.split("?")[0]
    client.post(f"{address}/undo")
    said = text_of(client, "/bulk")
    assert said.index("Undo: Switch off 1 done") < said.rindex("Switch off 1 done")
    assert f'href="{address}"' in client.get("/bulk").text
    other, admin = app.test_client(), app.test_client()
    sign_in(other, Role.OPERATOR)
    sign_in(admin, Role.ADMIN)
    assert "None yet" in text_of(other, "/bulk")
    assert f'href="{address}"' in admin.get("/bulk").text


def test_groups_are_offered_that_one_may_put_cameras_into(
    client: FlaskClient, sign_in: Callable[..., User], dock: CameraGroup
) -> None:
    user = sign_in(client, Role.VIEWER)
    assert client.get("/bulk/groups").status_code == 403
    db.session.add(GroupRole(user_id=user.id, group_id=dock.id, role=Role.OPERATOR))
    db.session.commit()
    offered = re.findall(r"<option[^>]*>([^<]+)<", client.get("/bulk/groups").text)
    assert offered == ["Choose a group …", "Site B › Dock"]
