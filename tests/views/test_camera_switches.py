"""Maintenance and switching off from the page of a camera."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from webapp.extensions import db
from webapp.models import Camera, User

Make = Callable[..., Camera]


def stored(camera: Camera) -> Camera:
    db.session.expire_all()
    return db.session.get_one(Camera, camera.id)


def test_maintenance_is_begun_with_one_click_and_ended_with_another(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live(name="Gate")
    url = f"/cameras/{camera.id}"
    answer = admin.post(f"{url}/maintenance", data={"span": "hour"})
    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    until = stored(camera).maintenance_until
    assert until
    assert abs(until - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=10)
    page = admin.get(url).text
    assert f"Gate is in maintenance until {until:%Y-%m-%d %H:%M} UTC." in page
    assert 'data-state="maintenance"' in page
    admin.post(f"{url}/maintenance/end")
    assert stored(camera).maintenance_until is None
    assert "End maintenance" not in admin.get(url).text


def test_another_moment_is_read_by_the_clock_of_the_browser(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live()
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    sent = {"span": "moment", "until": f"{day}T18:00", "zone": "Asia/Tokyo"}
    admin.post(f"/cameras/{camera.id}/maintenance", data=sent)
    assert stored(camera).maintenance_until == datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def test_the_persons_own_zone_counts_more_than_the_browsers(
    client: FlaskClient, sign_in: Callable[..., User], make_live: Make
) -> None:
    user, camera = sign_in(client), make_live()
    user.time_zone = "Asia/Tokyo"
    db.session.commit()
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    sent = {"span": "moment", "until": f"{day}T18:00", "zone": "America/Lima"}
    client.post(f"/cameras/{camera.id}/maintenance", data=sent)
    assert stored(camera).maintenance_until == datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


@pytest.mark.parametrize("until", ["", "2001-01-01T10:00", "9999-01-01T10:00", "tomorrow"])
def test_a_moment_that_is_none_is_refused_at_its_field_and_kept(
    admin: FlaskClient, make_live: Make, until: str
) -> None:
    camera = make_live()
    answer = admin.post(f"/cameras/{camera.id}/maintenance", data={"span": "moment", "until": until})
    assert answer.status_code == 422
    assert 'id="until-problem"' in answer.text
    assert f'value="{until}"' in answer.text
    assert stored(camera).maintenance_until is None


def test_a_camera_is_switched_off_and_on(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live(name="Gate")
    admin.post(f"/cameras/{camera.id}/active", data={"is_active": "n"})
    page = admin.get(f"/cameras/{camera.id}").text
    assert "Gate is switched off." in page
    assert 'data-state="disabled"' in page
    assert "Switch on" in page
    admin.post(f"/cameras/{camera.id}/active", data={"is_active": "y"})
    assert stored(camera).is_active
