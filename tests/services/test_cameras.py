from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.passwords import password_of
from webapp.extensions import db
from webapp.models import Camera, CameraHealth, Status, StatusChange
from webapp.schemas import CameraInput, InvalidInput, parse
from webapp.services import cameras

NOW = datetime.now(UTC).replace(microsecond=0)
GOOD: dict[str, Any] = {"name": "Gate 2", "rtsp_url": "rtsp://10.20.4.14:554/stream1", "username": "admin"}


def camera_input(**changed: Any) -> CameraInput:
    return parse(CameraInput, GOOD | changed)


def stored(camera: Camera) -> Camera:
    db.session.expire_all()
    found = db.session.get(Camera, camera.id)
    assert found is not None
    return found


def test_a_new_camera_is_idle_and_due_at_once(app: Flask) -> None:
    camera = stored(cameras.create(camera_input(), NOW))
    assert (camera.status, camera.next_due_at) == (Status.IDLE, NOW)


def test_the_password_is_encrypted_and_comes_back_only_for_the_check(app: Flask) -> None:
    camera = stored(cameras.create(camera_input(password="S3cret/#?"), NOW))
    assert "S3cret" not in str(camera.password_encrypted)
    assert password_of(camera) == "S3cret/#?"


def test_an_address_outside_the_allowed_networks_is_refused_and_nothing_written(app: Flask) -> None:
    for url in (
        "rtsp://8.8.8.8/s",
        "rtsp://169.254.169.254/s",
        "rtsp://[::ffff:8.8.8.8]/s",
        "rtsp://no.such.invalid/s",
    ):
        with pytest.raises(InvalidInput) as caught:
            cameras.create(camera_input(rtsp_url=url), NOW)
        assert set(caught.value.problems) == {"rtsp_url"}
    assert db.session.query(Camera).count() == 0


def test_a_group_that_is_gone_is_refused(app: Flask) -> None:
    with pytest.raises(InvalidInput) as caught:
        cameras.create(camera_input(group_id="nope"), NOW)
    assert set(caught.value.problems) == {"group_id"}


def test_an_edit_without_password_keeps_the_stored_one(app: Flask) -> None:
    camera = cameras.create(camera_input(password="first"), NOW)
    cameras.update(camera, camera_input(name="Gate 3"), NOW)
    assert (stored(camera).name, password_of(camera)) == ("Gate 3", "first")


def test_the_stored_password_is_not_sent_to_another_address(app: Flask) -> None:
    camera = cameras.create(camera_input(password="first"), NOW)
    with pytest.raises(InvalidInput) as caught:
        cameras.update(camera, camera_input(rtsp_url="rtsp://10.66.66.66:554/stream1"), NOW)
    assert set(caught.value.problems) == {"password"}
    moved = camera_input(rtsp_url="rtsp://10.66.66.66:554/stream1", password="second")
    assert password_of(cameras.update(camera, moved, NOW)) == "second"


def test_another_path_at_the_same_address_keeps_the_password(app: Flask) -> None:
    camera = cameras.create(camera_input(password="first"), NOW)
    cameras.update(camera, camera_input(rtsp_url="rtsp://10.20.4.14:554/stream2"), NOW)
    assert password_of(stored(camera)) == "first"


def test_new_credentials_end_the_back_off(app: Flask) -> None:
    camera = cameras.create(camera_input(password="first"), NOW)
    camera.auth_failures, camera.next_due_at = 4, NOW + timedelta(hours=1)
    db.session.commit()
    cameras.update(camera, camera_input(password="second"), NOW)
    assert (stored(camera).auth_failures, camera.next_due_at) == (0, NOW)


def test_the_second_of_two_editors_is_told_and_loses_nothing(app: Flask) -> None:
    camera = cameras.create(camera_input(), NOW)
    cameras.update(camera, camera_input(name="First", version=1), NOW)
    with pytest.raises(cameras.EditedMeanwhile) as caught:
        cameras.update(camera, camera_input(name="Second", version=1), NOW)
    assert caught.value.camera.name == "First"
    assert stored(camera).name == "First"


def test_switching_a_camera_off_and_on_is_history_and_it_is_checked_at_once(app: Flask) -> None:
    camera = cameras.create(camera_input(), NOW)
    hours = [NOW + timedelta(hours=n) for n in range(3)]
    cameras.update(camera, camera_input(is_active=False), hours[1])
    cameras.update(camera, camera_input(is_active=True), hours[2])
    cameras.update(camera, camera_input(is_active=True, location="Gate"), hours[2])
    found = db.session.scalars(db.select(StatusChange).order_by(StatusChange.at)).all()
    assert [(c.at, c.old, c.new) for c in found] == [(hours[1], "idle", "disabled"), (hours[2], "disabled", "idle")]
    assert stored(camera).next_due_at == hours[2]


def test_a_deleted_camera_takes_its_history_along(app: Flask) -> None:
    camera = cameras.create(camera_input(), NOW)
    health = CameraHealth(camera_id=camera.id, tick=NOW, last_check=NOW, outcome=1, is_connected=True)
    change = StatusChange(camera_id=camera.id, at=NOW, old="idle", new="live")
    db.session.add_all([health, change])
    db.session.commit()
    cameras.delete(camera)
    assert (db.session.query(CameraHealth).count(), db.session.query(StatusChange).count()) == (0, 0)


@pytest.mark.usefixtures("either_app")
def test_both_databases_search_addresses_by_the_same_rule() -> None:
    for url in ("rtsp://[fd00::1]:8554/live/T0ken", "rtsp://yard+1.local/T0ken"):
        db.session.add(Camera(name="Gate", rtsp_url=url))
    db.session.commit()
    found = {
        word: cameras.find(cameras.CameraFilter(search=word), 1, 60, NOW).total
        for word in ("FD00::1]", "yard+1", "t0ken", "[fd", "live", "(", "gate", "\\")
    }
    assert found == {"FD00::1]": 1, "yard+1": 1, "t0ken": 0, "[fd": 1, "live": 0, "(": 0, "gate": 2, "\\": 0}


class TestFind:
    def names(self, now: datetime = NOW, **wanted: Any) -> list[str]:
        return [c.name for c in cameras.find(cameras.CameraFilter(**wanted), 1, 60, now).cameras]

    @pytest.fixture(autouse=True)
    def fleet(self, make_camera: Callable[..., Camera]) -> None:
        later = NOW + timedelta(seconds=30)
        make_camera(name="Lobby", status="live", next_due_at=later, location="Main hall")
        make_camera(name="Dock 10%", status="offline", next_due_at=later, rtsp_url="rtsp://10.9.9.9/x")
        make_camera(name="Roof", status="degraded", next_due_at=later)
        make_camera(name="Old", status="live", next_due_at=NOW - timedelta(hours=1))
        make_camera(name="Off", status="offline", next_due_at=later, is_active=False)
        make_camera(name="Stair", status="live", next_due_at=later, maintenance_until=NOW + timedelta(hours=1))

    def test_the_worst_come_first(self, app: Flask) -> None:
        assert self.names() == ["Dock 10%", "Roof", "Old", "Stair", "Lobby", "Off"]

    def test_it_filters_by_the_status_that_is_shown(self, app: Flask) -> None:
        assert self.names(statuses=(Status.LIVE,)) == ["Lobby"]
        assert self.names(statuses=(Status.UNKNOWN, Status.OFFLINE)) == ["Dock 10%", "Old"]

    def test_it_searches_name_address_and_location_literally(self, app: Flask) -> None:
        assert self.names(search="10%") == ["Dock 10%"]
        assert self.names(search="main HALL") == ["Lobby"]
        assert self.names(search="10.9.9.9") == ["Dock 10%"]
        assert self.names(search="' OR 1=1 --") == []

    def test_it_searches_no_path_because_that_may_hold_a_secret(
        self, app: Flask, make_camera: Callable[..., Camera]
    ) -> None:
        make_camera(name="Yard", rtsp_url="rtsp://yard-cam.local:8554/live/T0ken/10.8.8.8?key=T0ken")
        make_camera(name="Bare", rtsp_url="rtsp://10.7.7.7")
        assert self.names(search="T0ken") == self.names(search="10.8.8.8") == []
        assert self.names(search="YARD-cam.local:8554") == ["Yard"]
        assert self.names(search="7.7.7") == ["Bare"]
        assert self.names(search="yard.cam") == []

    def test_a_page_past_the_end_is_the_last_one(self, app: Flask) -> None:
        page = cameras.find(cameras.CameraFilter(sort="name"), 99, 4, NOW)
        assert (page.number, page.pages, [c.name for c in page.cameras]) == (2, 2, ["Roof", "Stair"])
