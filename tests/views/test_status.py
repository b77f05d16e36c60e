"""The status page, its own refresh, and the banner that leads to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from jobs import QueueName
from jobs.worker import CameraWorker
from tests.views.conftest import FRAGMENT, poll_url
from webapp.models import Role
from webapp.services import live


def test_it_names_what_fails_and_what_to_do(admin: FlaskClient) -> None:
    page = admin.get("/status").text
    assert "The scheduler has given no sign of life yet." in page
    assert "docker compose up -d scheduler" in page
    assert "No worker serves the queue checks." in page


def test_one_poll_keeps_page_and_frame_live(admin: FlaskClient) -> None:
    url = poll_url(admin.get("/status").text)
    assert url.startswith("/live/status")
    live.note_heartbeat(datetime.now(UTC))
    answer = admin.get(url, headers=FRAGMENT)
    assert answer.status_code == 200
    assert 'id="system-status"' in answer.text
    assert 'hx-swap-oob="patch"' in answer.text
    assert "The scheduler gives signs of life." in answer.text
    assert poll_url(answer.text).startswith("/live/status")


@pytest.mark.parametrize(("role", "sees"), [(Role.ADMIN, True), (Role.VIEWER, False), (Role.NONE, False)])
def test_only_administrators_see_hosts(
    app: Flask, as_role: Callable[[Role], FlaskClient], role: Role, sees: bool
) -> None:
    worker = CameraWorker(QueueName.CHECKS, app)
    worker.hostname = "checks-host-7"
    worker.register_birth()
    worker.heartbeat()
    try:
        page = as_role(role).get("/status")
    finally:
        worker.register_death()
        worker.connection.close()
    assert page.status_code == 200
    assert ("checks-host-7" in page.text) is sees


def test_it_works_without_redis(app: Flask, admin: FlaskClient) -> None:
    pool = app.extensions["redis_pool"]
    pool.disconnect()
    pool.connection_kwargs["path"] = "/nowhere/redis.sock"
    page = admin.get("/status")
    assert page.status_code == 200
    assert "Redis does not answer" in page.text


def test_the_banner_names_a_queue_that_nobody_serves(admin: FlaskClient, sweep_lives: None) -> None:
    live.note_unserved({"slow": datetime.now(UTC) - timedelta(minutes=2)})
    page = admin.get("/cameras").text
    assert "No worker serves the queue slow." in page
    assert 'href="/status"' in page


def test_the_banner_says_why_nothing_is_checked(admin: FlaskClient) -> None:
    now = datetime.now(UTC)
    live.note_batch(now, live.Counts(done=1), now - timedelta(minutes=10))
    assert "The scheduler gives no sign of life." in admin.get("/cameras").text
    live.note_heartbeat(now)
    live.note_unserved({"checks": now - timedelta(minutes=9)})
    assert "No worker serves the queue checks." in admin.get("/cameras").text
