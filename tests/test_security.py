"""How long a login lasts, what belongs to it, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.views.conftest import FRAGMENT, JPEG, LoneClient, give_picture
from webapp import security
from webapp.extensions import db, settings
from webapp.models import Camera, ConnectionTest, Import, User, WorkState
from webapp.services.connection_tests import picture_key
from webapp.storage import storage_from_settings

HOUR = 3600
DAY = 24 * HOUR


class Clock:
    """The clock by which a login ages."""

    def __init__(self) -> None:
        self.now = self.start = 1_795_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(security, "time", SimpleNamespace(time=clock.time))
    return clock


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.test_client_class = LoneClient
    return app.test_client()


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


def make_test(user: User) -> str:
    """The address of the picture of a connection test that this person made."""
    test = ConnectionTest(user_id=user.id, rtsp_url="rtsp://10.0.0.1/s")
    db.session.add(test)
    db.session.commit()
    storage_from_settings(settings).put(picture_key(test.id), JPEG)
    return f"/connection-tests/{test.id}/picture.jpg"


def make_import(user: User) -> str:
    found = Import(user_id=user.id, filename="cameras.csv", state=WorkState.CANCELLED)
    db.session.add(found)
    db.session.commit()
    return found.id


class TestTheEndOfALogin:
    @pytest.fixture
    def overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        return overrides | {"IDLE_MINUTES": 60}

    def test_it_ends_when_nothing_was_done_for_so_long(
        self, client: FlaskClient, sign_in: Callable[..., User], clock: Clock
    ) -> None:
        sign_in(client)
        clock.now += HOUR + 1
        assert not is_signed_in(client)

    def test_an_act_extends_it(self, client: FlaskClient, sign_in: Callable[..., User], clock: Clock) -> None:
        sign_in(client)
        for _ in range(3):
            clock.now += HOUR - 1
            assert is_signed_in(client)

    def test_what_an_open_page_asks_by_itself_does_not(
        self, client: FlaskClient, sign_in: Callable[..., User], make_camera: Callable[..., Camera], clock: Clock
    ) -> None:
        user = sign_in(client)
        camera = make_camera()
        picture = f"/pictures/{camera.id}/{give_picture(camera)}.jpg"
        test = make_test(user)
        progress = f"/imports/{make_import(user)}/progress"
        for url in ("/live/cameras", "/live/frame", f"/live/cameras/{camera.id}", picture, test, progress):
            clock.now += HOUR / 7
            assert client.get(url, headers=FRAGMENT).status_code in (200, 204), url
        clock.now += HOUR / 7 + 1
        assert not is_signed_in(client)

    def test_it_ends_after_a_week_whatever_was_done(
        self, client: FlaskClient, sign_in: Callable[..., User], clock: Clock
    ) -> None:
        sign_in(client)
        for _ in range(7 * 24 + 10):
            clock.now += HOUR - 30
            if not is_signed_in(client):
                break
        assert clock.now - clock.start == pytest.approx(7 * DAY, abs=HOUR)
