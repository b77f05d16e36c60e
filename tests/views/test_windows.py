"""Maintenance windows: planned, listed, changed, ended and deleted in a browser without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from webapp.extensions import db
from webapp.models import Camera, CameraGroup, MaintenanceWindow, Role, User

Make = Callable[..., Camera]


def at(hours: float) -> str:
    """As the field sends it; without a zone the clock is UTC's."""
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def sent(**fields: object) -> dict[str, object]:
    return {"reason": "New switch", "starts": at(2), "minutes": "90"} | fields


def only() -> MaintenanceWindow:
    db.session.expire_all()
    return db.session.scalars(select(MaintenanceWindow)).one()


def group(name: str = "Yard") -> CameraGroup:
    found = CameraGroup(name=name)
    db.session.add(found)
    db.session.commit()
    return found


def test_an_empty_plan_says_what_it_is_for(admin: FlaskClient) -> None:
    assert "Nothing is planned" in admin.get("/maintenance").text


def test_a_window_of_a_group_is_planned_every_week(admin: FlaskClient) -> None:
    yard = group()
    assert f'<option value="{yard.id}" selected' in admin.get(f"/maintenance/new?group={yard.id}").text
    answer = admin.post("/maintenance/new", data=sent(group_id=yard.id, weekdays=["0", "4"], zone="Europe/Berlin"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/maintenance")
    assert (only().weekdays, only().time_zone, only().minutes) == (0b10001, "Europe/Berlin", 90)
    page = admin.get("/maintenance").text
    assert "Coming" in page
    assert "every Monday, Friday at" in page
    assert "with all beneath it: New switch" in page


def test_a_window_that_is_open_covers_its_camera_at_once(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live()
    assert "Gate 2" in admin.get(f"/maintenance/new?camera={camera.id}").text
    admin.post("/maintenance/new", data=sent(camera_id=camera.id, starts=at(-0.5)))
    assert "Open now" in admin.get("/maintenance").text
    page = admin.get(f"/cameras/{camera.id}").text
    assert 'data-state="maintenance"' in page
    assert "Planned maintenance" in page
    assert admin.post(f"/maintenance/{only().id}/end").status_code == 303
    assert 'data-state="live"' in admin.get(f"/cameras/{camera.id}").text
    assert "ended early" in admin.get("/maintenance").text


def test_what_is_wrong_is_said_and_what_was_typed_stays(admin: FlaskClient) -> None:
    yard = group()
    for wrong, sentence in (
        ({"reason": ""}, "Please fill in this field."),
        ({"starts": "soon"}, "Choose a day and a time"),
        ({"minutes": ""}, "Please fill in this field."),
        ({"minutes": "0"}, "Write how many minutes"),
        ({"starts": at(-5)}, "over already"),
        ({"group_id": ""}, "Choose either a camera or a group."),
    ):
        answer = admin.post("/maintenance/new", data=sent(group_id=yard.id) | wrong)
        assert answer.status_code == 422, wrong
        assert sentence in answer.text
        assert 'value="New switch"' in answer.text or "reason" in wrong
    assert db.session.scalars(select(MaintenanceWindow)).all() == []


def test_a_window_is_changed_and_deleted(admin: FlaskClient) -> None:
    yard = group()
    admin.post("/maintenance/new", data=sent(group_id=yard.id, weekdays=["6"]))
    url = f"/maintenance/{only().id}"
    page = admin.get(f"{url}/edit").text
    assert re.search(r'name="weekdays" value="6" checked', page)
    assert admin.post(f"{url}/edit", data=sent(minutes="30")).status_code == 303
    assert (only().minutes, only().weekdays) == (30, 0)
    assert admin.post(f"{url}/delete").status_code == 303
    assert db.session.scalars(select(MaintenanceWindow)).all() == []
    assert admin.post(f"{url}/delete").status_code == 404


def test_who_may_only_look_sees_the_plan_and_no_button(
    client: FlaskClient, sign_in: Callable[..., User], as_role: Callable[[Role], FlaskClient]
) -> None:
    yard = group()
    db.session.add(
        MaintenanceWindow(group_id=yard.id, reason="works", starts_at=datetime.now(UTC) + timedelta(hours=1), minutes=5)
    )
    db.session.commit()
    page = as_role(Role.VIEWER).get("/maintenance").text
    assert "works" in page
    assert "/delete" not in page
