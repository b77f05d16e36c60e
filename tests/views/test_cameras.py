"""The page of one camera, and checking it at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from flask import Flask
from flask.testing import FlaskClient

from tests.views.conftest import FRAGMENT, change, poll_url
from webapp.extensions import db, redis_client
from webapp.models import Camera, StatusChange

Make = Callable[..., Camera]


def offline(make_live: Make, **fields: Any) -> Camera:
    since = datetime.now(UTC) - timedelta(minutes=12)
    camera = make_live(
        status="offline", outcome="auth_failed", failures=3, status_since=since, detail="401 after Digest.",
        created_at=since - timedelta(days=9), phases={"dns_ms": 0.2, "connect_ms": 1.1, "describe_ms": 9.0}, **fields
    )  # fmt: skip
    db.session.add(StatusChange(camera_id=camera.id, at=since, old="live", new="offline", reason="auth_failed"))
    db.session.commit()
    return camera


def test_it_says_what_is_wrong_since_when_and_what_to_do(admin: FlaskClient, make_live: Make) -> None:
    page = admin.get(f"/cameras/{offline(make_live).id}").text
    for text in ("Offline", "12 min", "login rejected", "401 after Digest.", "Check user name and password."):
        assert text in page


def test_the_step_that_failed_is_marked(admin: FlaskClient, make_live: Make) -> None:
    page = admin.get(f"/cameras/{offline(make_live).id}").text
    steps = page.split('class="phases"')[1].split("</ol>")[0].split("<li>")[1:]
    assert ["failed" in step for step in steps] == [False, False, True]


def test_the_last_day_is_a_strip_and_a_table(admin: FlaskClient, make_live: Make) -> None:
    page = admin.get(f"/cameras/{offline(make_live).id}").text
    strip = page.split('class="strip"')[1].split("</svg>")[0]
    assert strip.count("<rect") == 2
    assert strip.index("s-live") < strip.index("s-offline")
    row = page.split("<tbody>")[1]
    assert "12 min, still" in row
    assert "login rejected" in row


def test_a_camera_that_never_changed_says_so(admin: FlaskClient, make_live: Make) -> None:
    assert "No change of status" in admin.get(f"/cameras/{make_live().id}").text


def test_the_password_is_nowhere_on_the_page(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live(password_encrypted="gAAAA-secret", username="admin")
    assert "gAAAA-secret" not in admin.get(f"/cameras/{camera.id}").text


def test_check_now_follows_the_camera_closely_until_the_result_is_there(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live()
    answer = admin.post(f"/cameras/{camera.id}/check", headers=FRAGMENT)
    assert redis_client.lrange("rq:queue:now", 0, -1) == [f"now-{camera.id}".encode()]
    assert "Checking…" in answer.text
    assert 'hx-trigger="every 500ms' in answer.text
    url = poll_url(answer.text)
    assert admin.get(url, headers=FRAGMENT).status_code == 204
    change(camera, status_changed=False, tried_at=datetime.now(UTC), latency_ms=33.0)
    answer = admin.get(url, headers=FRAGMENT)
    assert "Check now" in answer.text
    assert "33 ms" in answer.text
    assert "every 500ms" not in answer.text


def test_a_check_that_fails_on_our_side_is_an_answer_too(admin: FlaskClient, make_live: Make) -> None:
    camera = offline(make_live)
    url = poll_url(admin.post(f"/cameras/{camera.id}/check", headers=FRAGMENT).text)
    change(camera, status_changed=False, tried_at=datetime.now(UTC), fault="No key opens the stored password.")
    answer = admin.get(url, headers=FRAGMENT).text
    assert "Check now" in answer
    assert "every 500ms" not in answer
    for text in ("login rejected", "Check user name and password.", "No key opens the stored password."):
        assert text in answer


def test_a_check_without_a_worker_says_so_after_a_while(admin: FlaskClient, make_live: Make) -> None:
    url = poll_url(admin.post(f"/cameras/{make_live().id}/check", headers=FRAGMENT).text)
    late = datetime.now(UTC) + timedelta(seconds=50)
    with mock.patch("webapp.views.live.utc_now", return_value=late):
        answer = admin.get(url, headers=FRAGMENT)
    assert "No result yet" in answer.headers["HX-Trigger"]
    assert "Checking…" not in answer.text


def test_check_now_without_javascript_leads_back_to_the_camera(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live()
    answer = admin.post(f"/cameras/{camera.id}/check")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cameras/{camera.id}")


def test_check_now_without_redis_says_what_is_away(app: Flask, admin: FlaskClient, make_live: Make) -> None:
    camera = make_live()
    pool = app.extensions["redis_pool"]
    with mock.patch.dict(pool.connection_kwargs, path="/nowhere/redis.sock"):  # a real socket, and nobody behind it
        pool.reset()
        page = admin.post(f"/cameras/{camera.id}/check")
        fragment = admin.post(f"/cameras/{camera.id}/check", headers=FRAGMENT)
    pool.reset()
    assert (page.status_code, fragment.status_code) == (503, 503)
    assert "Nothing is lost" in page.text
    assert "Nothing is lost" in fragment.headers["HX-Trigger"]


def test_a_camera_that_is_gone_is_not_found(admin: FlaskClient) -> None:
    answer = admin.get("/cameras/none")
    assert answer.status_code == 404
    assert "Nothing here" in answer.text
