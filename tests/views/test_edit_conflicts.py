"""Two people edit one camera: the second is told what changed, and neither loses anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.views.browserlike import sent_back
from webapp.extensions import db
from webapp.models import AuditEntry, Camera

Make = Callable[..., Camera]
GOOD = {"name": "Gate 2", "rtsp_url": "rtsp://10.20.4.14:554/stream1"}


def stored(camera: Camera) -> Camera:
    db.session.expire_all()
    return db.session.get_one(Camera, camera.id)


def field(page: str, name: str) -> str:
    """The tag of a field."""
    found = re.search(rf'<(input|select|textarea)[^>]*\bname="{name}"[^>]*>', page)
    assert found, name
    return found[0]


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


def opened(client: FlaskClient, camera: Camera) -> dict[str, Any]:
    return sent_back(client.get(f"/cameras/{camera.id}/edit").text)


def test_two_people_change_different_fields_and_neither_loses_anything(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera(name="Gate", location="North", notes="Old", tags=("a",))
    mine, theirs = opened(admin, camera), opened(admin, camera)
    admin.post(f"/cameras/{camera.id}/edit", data=theirs | {"notes": "Theirs", "tags": "a, b", "location": "South"})
    answer = admin.post(f"/cameras/{camera.id}/edit", data=mine | {"name": "My gate", "location": "West"})
    assert answer.status_code == 409
    cell = r'<td class="break">(.*?)</td>'
    rows = re.findall(rf'<th scope="row">(.*?)</th>{cell}{cell}<td>(\w+)', answer.text)
    assert rows == [
        ("Tags", "a, b", "a", "what"),
        ("Location", "South", "West", "yours"),
        ("Notes", "Theirs", "Old", "what"),
    ]
    admin.post(f"/cameras/{camera.id}/edit", data=sent_back(answer.text))
    found = stored(camera)
    assert (found.name, found.location, found.notes, found.tags) == ("My gate", "West", "Theirs", ("a", "b"))


def test_the_second_is_told_who_was_faster(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    mine = opened(admin, camera)
    admin.post(f"/cameras/{camera.id}/edit", data={"location": "South"})
    answer = admin.post(f"/cameras/{camera.id}/edit", data=mine | {"name": "My gate"})
    [actor] = db.session.scalars(db.select(AuditEntry.actor).where(AuditEntry.action == "camera.update"))
    assert f"{actor}, <time" in answer.text


def test_switched_off_meanwhile_by_somebody_else_it_stays_off(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    mine = opened(admin, camera)
    admin.post(f"/cameras/{camera.id}/active", data={"is_active": "n"})
    answer = admin.post(f"/cameras/{camera.id}/edit", data=mine | {"name": "My gate"})
    assert answer.status_code == 409
    admin.post(f"/cameras/{camera.id}/edit", data=sent_back(answer.text))
    assert (stored(camera).name, stored(camera).is_active) == ("My gate", False)


def test_a_password_that_could_not_be_saved_must_be_typed_again_and_the_page_says_so(
    admin: FlaskClient, make_camera: Make
) -> None:
    camera = make_camera()
    mine = opened(admin, camera)
    admin.post(f"/cameras/{camera.id}/edit", data={"location": "South"})
    answer = admin.post(f"/cameras/{camera.id}/edit", data=mine | {"password": "geheim!"})
    assert "Type it again" in answer.text
    assert "geheim!" not in answer.text


@pytest.mark.parametrize("base", ["", "[]", "{", '{"name": 7}', "\x00"])
def test_a_form_whose_memory_was_spoiled_is_still_a_form(admin: FlaskClient, make_camera: Make, base: str) -> None:
    camera = make_camera()
    answer = admin.post(f"/cameras/{camera.id}/edit", data=GOOD | {"name": "Mine", "version": "0", "base": base})
    assert answer.status_code == 409
    assert 'value="Mine"' in field(answer.text, "name")
