from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.passwords import password_of
from webapp.extensions import db, transaction
from webapp.models import AuditEntry, Camera, CameraGroup, CameraHealth, Status, StatusChange
from webapp.schemas import CameraInput, InvalidInput, parse
from webapp.services import cameras
from webapp.services.rights import EVERYTHING, Scope

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
    camera = stored(cameras.create(camera_input(), NOW, EVERYTHING))
    assert (camera.status, camera.next_due_at) == (Status.IDLE, NOW)


def test_the_password_is_encrypted_and_comes_back_only_for_the_check(app: Flask) -> None:
    camera = stored(cameras.create(camera_input(password="S3cret/#?"), NOW, EVERYTHING))
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
            cameras.create(camera_input(rtsp_url=url), NOW, EVERYTHING)
        assert set(caught.value.problems) == {"rtsp_url"}
    assert db.session.query(Camera).count() == 0


def test_a_group_that_is_gone_is_refused(app: Flask) -> None:
    with pytest.raises(InvalidInput) as caught:
        cameras.create(camera_input(group_id="nope"), NOW, EVERYTHING)
    assert set(caught.value.problems) == {"group_id"}


def test_an_edit_without_password_keeps_the_stored_one(app: Flask) -> None:
    camera = cameras.create(camera_input(password="first"), NOW, EVERYTHING)
    cameras.update(camera, camera_input(name="Gate 3"), NOW, EVERYTHING)
    assert (stored(camera).name, password_of(camera)) == ("Gate 3", "first")


def test_the_stored_password_is_not_sent_to_another_address(app: Flask) -> None:
    camera = cameras.create(camera_input(password="first"), NOW, EVERYTHING)
    with pytest.raises(InvalidInput) as caught:
        cameras.update(camera, camera_input(rtsp_url="rtsp://10.66.66.66:554/stream1"), NOW, EVERYTHING)
    assert set(caught.value.problems) == {"password"}
    moved = camera_input(rtsp_url="rtsp://10.66.66.66:554/stream1", password="second")
    assert password_of(cameras.update(camera, moved, NOW, EVERYTHING)) == "second"


def test_another_path_at_the_same_address_keeps_the_password(app: Flask) -> None:
    camera = cameras.create(camera_input(password="first"), NOW, EVERYTHING)
    cameras.update(camera, camera_input(rtsp_url="rtsp://10.20.4.14:554/stream2"), NOW, EVERYTHING)
    assert password_of(stored(camera)) == "first"


def test_new_credentials_end_the_back_off(app: Flask) -> None:
    camera = cameras.create(camera_input(password="first"), NOW, EVERYTHING)
    camera.auth_failures, camera.next_due_at = 4, NOW + timedelta(hours=1)
    db.session.commit()
    cameras.update(camera, camera_input(password="second"), NOW, EVERYTHING)
    assert (stored(camera).auth_failures, camera.next_due_at) == (0, NOW)


def test_the_second_of_two_editors_is_told_and_loses_nothing(app: Flask) -> None:
    camera = cameras.create(camera_input(), NOW, EVERYTHING)
    cameras.update(camera, camera_input(name="First", version=1), NOW, EVERYTHING)
    with pytest.raises(cameras.EditedMeanwhile) as caught:
        cameras.update(camera, camera_input(name="Second", version=1), NOW, EVERYTHING)
    assert caught.value.camera.name == "First"
    assert stored(camera).name == "First"


OTHER = "rtsp://10.66.66.66:554/small"


def test_a_sub_stream_elsewhere_does_not_get_the_stored_password_either(app: Flask) -> None:
    camera = cameras.create(camera_input(password="first"), NOW, EVERYTHING)
    with pytest.raises(InvalidInput) as caught:
        cameras.update(camera, camera_input(sub_rtsp_url=OTHER), NOW, EVERYTHING)
    assert set(caught.value.problems) == {"password"}
    retyped = cameras.update(camera, camera_input(sub_rtsp_url=OTHER, password="first"), NOW, EVERYTHING)
    swapped = camera_input(rtsp_url=OTHER, sub_rtsp_url=GOOD["rtsp_url"])
    assert password_of(cameras.update(retyped, swapped, NOW, EVERYTHING)) == "first"


def test_a_sub_stream_outside_the_allowed_networks_is_refused_at_its_field(app: Flask) -> None:
    with pytest.raises(InvalidInput) as caught:
        cameras.create(camera_input(sub_rtsp_url="rtsp://8.8.8.8/s"), NOW, EVERYTHING)
    assert set(caught.value.problems) == {"sub_rtsp_url"}


@pytest.mark.parametrize("changed", [{"stream": "sub"}, {"sub_rtsp_url": "rtsp://10.20.4.14/other"}])
def test_asking_another_stream_is_a_fresh_start(app: Flask, changed: dict[str, str]) -> None:
    usual = {"sub_rtsp_url": "rtsp://10.20.4.14/small"}
    camera = cameras.create(camera_input(**usual), NOW, EVERYTHING)
    camera.failures, camera.next_due_at = 7, NOW + timedelta(hours=1)
    db.session.commit()
    cameras.update(camera, camera_input(**usual | changed), NOW, EVERYTHING)
    assert (stored(camera).failures, camera.next_due_at) == (0, NOW)


def test_an_interval_that_becomes_shorter_does_not_wait_out_the_long_one(app: Flask) -> None:
    camera = cameras.create(camera_input(check_interval_seconds=86400), NOW, EVERYTHING)
    camera.next_due_at = NOW + timedelta(days=1)
    db.session.commit()
    cameras.update(camera, camera_input(check_interval_seconds=60), NOW, EVERYTHING)
    assert stored(camera).next_due_at - NOW <= timedelta(minutes=1)


def test_a_code_is_used_once_whatever_its_case_and_the_holder_is_named(either_app: Flask) -> None:
    first = cameras.create(camera_input(code="Tür-7"), NOW, EVERYTHING)
    with pytest.raises(InvalidInput, match="“Gate 2” has this code already"):
        cameras.create(camera_input(name="Second", code="tüR-7"), NOW, EVERYTHING)
    assert cameras.update(first, camera_input(code="TÜR-7".replace("Ü", "ü")), NOW, EVERYTHING).code == "TüR-7"
    for _ in range(2):
        cameras.create(camera_input(code=""), NOW, EVERYTHING)


def test_of_a_holder_one_may_not_see_only_the_code_is_said(app: Flask) -> None:
    hall, mine = CameraGroup(name="Hall"), CameraGroup(name="Mine")
    db.session.add_all([hall, mine])
    db.session.commit()
    cameras.create(camera_input(name="Secret", code="A1", group_id=hall.id), NOW, EVERYTHING)
    with pytest.raises(InvalidInput) as caught:
        cameras.create(camera_input(code="a1", group_id=mine.id), NOW, Scope(frozenset({mine.id})))
    assert caught.value.problems == {"code": ["Another camera has this code already; every code may be used once."]}


def test_two_who_take_a_code_at_the_same_moment_get_one_camera_and_one_sentence(either_app: Flask) -> None:
    """The other one's camera is written and not yet committed while ours is looked for and written."""
    written, seen = threading.Event(), threading.Event()

    def write_meanwhile() -> None:
        with either_app.app_context(), transaction():
            db.session.add(Camera(name="Faster", code="A1", rtsp_url="rtsp://10.20.4.15/s"))
            db.session.flush()
            written.set()
            seen.wait(0.3)

    other = threading.Thread(target=write_meanwhile)
    other.start()
    written.wait(5)
    with pytest.raises(InvalidInput, match="“Faster” has this code already"):
        cameras.create(camera_input(code="a1"), NOW, EVERYTHING)
    other.join()
    assert db.session.query(Camera).count() == 1


def test_someone_with_rights_on_a_group_must_choose_one(app: Flask) -> None:
    mine = CameraGroup(name="Mine")
    db.session.add(mine)
    db.session.commit()
    with pytest.raises(InvalidInput, match="Choose one of your groups"):
        cameras.create(camera_input(), NOW, Scope(frozenset({mine.id})))
    assert cameras.create(camera_input(group_id=mine.id), NOW, Scope(frozenset({mine.id}))).group_id == mine.id


def test_switching_a_camera_off_and_on_is_history_and_it_is_checked_at_once(app: Flask) -> None:
    camera = cameras.create(camera_input(), NOW, EVERYTHING)
    minutes = [NOW + timedelta(minutes=n) for n in range(3)]
    cameras.update(camera, camera_input(is_active=False), minutes[1], EVERYTHING)
    cameras.update(camera, camera_input(is_active=True), minutes[2], EVERYTHING)
    cameras.update(camera, camera_input(is_active=True, location="Gate"), minutes[2], EVERYTHING)
    found = db.session.scalars(db.select(StatusChange).order_by(StatusChange.at)).all()
    assert [(c.at, c.old, c.new) for c in found] == [(minutes[1], "idle", "disabled"), (minutes[2], "disabled", "idle")]
    assert stored(camera).next_due_at == minutes[2]


def test_a_deleted_camera_takes_its_history_along(app: Flask) -> None:
    camera = cameras.create(camera_input(), NOW, EVERYTHING)
    health = CameraHealth(camera_id=camera.id, tick=NOW, last_check=NOW, outcome=1, is_connected=True)
    change = StatusChange(camera_id=camera.id, at=NOW, old="idle", new="live")
    db.session.add_all([health, change])
    db.session.commit()
    cameras.delete(camera, NOW, EVERYTHING)
    assert (db.session.query(CameraHealth).count(), db.session.query(StatusChange).count()) == (0, 0)


def test_a_camera_that_was_moved_out_of_reach_meanwhile_is_neither_shown_nor_deleted(app: Flask) -> None:
    mine, hall = CameraGroup(name="Mine"), CameraGroup(name="Hall")
    db.session.add_all([mine, hall])
    db.session.commit()
    scope = Scope(frozenset({mine.id}))
    camera = cameras.create(camera_input(group_id=mine.id), NOW, scope)
    given = camera_input(group_id=mine.id, name="Mine now", version=1)
    cameras.update(camera, camera_input(group_id=hall.id), NOW, EVERYTHING)
    with pytest.raises(cameras.DeletedMeanwhile):
        cameras.update(camera, given, NOW, scope)
    with pytest.raises(cameras.DeletedMeanwhile):
        cameras.delete(camera, NOW, scope)
    assert stored(camera).name == "Gate 2"


def test_of_two_who_delete_a_camera_one_did(app: Flask) -> None:
    camera = cameras.create(camera_input(), NOW, EVERYTHING)
    db.session.expunge(camera)
    cameras.delete(camera, NOW, EVERYTHING)
    with pytest.raises(cameras.DeletedMeanwhile):
        cameras.delete(camera, NOW, EVERYTHING)
    acts = db.session.scalars(db.select(AuditEntry.action).where(AuditEntry.action == "camera.delete")).all()
    assert len(acts) == 1
