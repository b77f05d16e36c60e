"""Test before save: every step is shown, and only to the person who asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from tests.passwords import password_of
from tests.views.conftest import FRAGMENT, JPEG
from webapp.extensions import db, redis_client, settings
from webapp.models import Camera, ConnectionTest, Role, User
from webapp.services.connection_tests import picture_key
from webapp.storage import storage_from_settings

URL = "rtsp://10.20.4.14/stream1"


def start(client: FlaskClient, **fields: str) -> ConnectionTest:
    answer = client.post("/connection-tests", data={"rtsp_url": URL} | fields, headers=FRAGMENT)
    assert answer.status_code == 200, answer.text
    return db.session.query(ConnectionTest).one()


def note(test: ConnectionTest, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(test, name, value)
    db.session.commit()


def shown(client: FlaskClient, test: ConnectionTest) -> str:
    return client.get(f"/live/connection-tests/{test.id}", headers=FRAGMENT).text


def test_the_stream_that_would_be_checked_is_the_one_that_is_tested(admin: FlaskClient) -> None:
    sub = {"sub_rtsp_url": "rtsp://10.20.4.14/small", "stream": "sub"}
    assert start(admin, **sub).rtsp_url == "rtsp://10.20.4.14/small"
    db.session.query(ConnectionTest).delete()
    db.session.commit()
    assert start(admin, **sub | {"stream": "main"}).rtsp_url == URL


def test_the_stored_password_is_tried_at_both_of_its_addresses_and_nowhere_else(admin: FlaskClient) -> None:
    admin.post(
        "/cameras/new", data={"name": "G", "rtsp_url": URL, "sub_rtsp_url": "rtsp://10.20.4.15/s", "password": "p"}
    )
    camera = db.session.query(Camera).one()
    for url, code in (("rtsp://10.20.4.15/other", 200), ("rtsp://10.20.4.16/s", 422)):
        sent = {"camera_id": camera.id, "rtsp_url": URL, "sub_rtsp_url": url, "stream": "sub"}
        assert admin.post("/connection-tests", data=sent, headers=FRAGMENT).status_code == code


def test_it_is_queued_and_asks_for_its_steps_until_it_is_finished(admin: FlaskClient) -> None:
    test = start(admin, username="admin", password="geheim!")
    assert redis_client.lrange("rq:queue:now", 0, -1) == [f"test-{test.id}".encode()]
    assert "every 500ms" in shown(admin, test)
    connect = {"name": "connect", "state": "ok", "ms": 1.3, "detail": ""}
    describe = {"name": "describe", "state": "running", "ms": None, "detail": ""}
    note(test, steps=[connect, describe])
    text = shown(admin, test)
    assert "step-ok" in text
    assert "1.3 ms" in text
    assert "step-running" in text
    note(test, finished_at=datetime.now(UTC), outcome="auth_failed", steps=[connect, describe | {"state": "failed"}])
    text = shown(admin, test)
    assert "hx-trigger" not in text
    assert 'data-outcome="auth_failed"' in text
    assert "Check user name and password." in text
    assert "geheim!" not in text


def test_a_good_one_shows_picture_and_facts_to_take_over(admin: FlaskClient) -> None:
    test = start(admin)
    storage_from_settings(settings).put(picture_key(test.id), JPEG)
    facts = {"codec": "h264", "resolution": "1280x720", "fps": 15.0, "fps_source": "measured", "picture_hash": "a" * 16}
    note(test, finished_at=datetime.now(UTC), outcome="online", **facts)
    text = shown(admin, test)
    assert "1280×720" in text
    assert 'data-fps="15"' in text
    assert "Use these values" in text
    picture = admin.get(f"/connection-tests/{test.id}/picture.jpg")
    assert (picture.data, picture.headers["Cache-Control"]) == (JPEG, "no-store")


def test_nobody_else_sees_it(admin: FlaskClient, sign_in: Callable[..., User]) -> None:
    test = start(admin)
    other = admin.application.test_client()
    sign_in(other, Role.OPERATOR)
    for url in ("/live/connection-tests/{}", "/connection-tests/{}", "/connection-tests/{}/picture.jpg"):
        assert other.get(url.format(test.id)).status_code == 404


def test_what_cannot_be_tested_is_said_with_the_field(admin: FlaskClient) -> None:
    answer = admin.post("/connection-tests", data={"rtsp_url": "http://x/"}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert 'href="#rtsp_url"' in answer.text
    page = admin.post("/connection-tests", data={"rtsp_url": "rtsp://8.8.8.8/"})
    assert page.status_code == 422
    assert "<h1>This cannot be tested yet</h1>" in page.text
    assert redis_client.llen("rq:queue:now") == 0


def test_a_stored_password_is_used_only_at_its_own_address(
    admin: FlaskClient, make_camera: Callable[..., Camera]
) -> None:
    admin.post("/cameras/new", data={"name": "Gate", "rtsp_url": URL, "password": "geheim!"})
    camera = db.session.query(Camera).one()
    assert start(admin, camera_id=camera.id).password_encrypted is not None
    elsewhere = admin.post(
        "/connection-tests", data={"rtsp_url": "rtsp://10.9.9.9/", "camera_id": camera.id}, headers=FRAGMENT
    )
    assert elsewhere.status_code == 422
    assert "type the password again" in elsewhere.text
    assert password_of(camera) == "geheim!"


def test_without_javascript_it_has_its_own_page_that_refreshes(admin: FlaskClient) -> None:
    answer = admin.post("/connection-tests", data={"rtsp_url": URL})
    assert answer.status_code == 303
    url = answer.headers["Location"]
    assert '<meta http-equiv="refresh" content="1">' in admin.get(url).text
    note(db.session.query(ConnectionTest).one(), finished_at=datetime.now(UTC), outcome="timeout")
    page = admin.get(url).text
    assert 'http-equiv="refresh"' not in page
    assert "Check power, cable and switch" in page


def test_one_that_was_taken_late_is_given_its_time(admin: FlaskClient) -> None:
    test = start(admin)
    steps = [{"name": "dns", "state": "running", "ms": None, "detail": ""}]
    note(test, created_at=datetime.now(UTC) - timedelta(seconds=40), steps=steps)
    text = shown(admin, test)
    assert "No worker" not in text
    assert "hx-trigger" in text
    note(test, created_at=datetime.now(UTC) - timedelta(seconds=91))
    text = shown(admin, test)
    assert "This test did not come to its end" in text
    assert "hx-trigger" not in text


def test_one_that_no_worker_takes_says_so_and_stops_asking(admin: FlaskClient) -> None:
    test = start(admin)
    note(test, created_at=datetime.now(UTC) - timedelta(seconds=31))
    text = shown(admin, test)
    assert "No worker took this test" in text
    assert "hx-trigger" not in text
