"""What a sweep keeps of its pictures, from the check to the record, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, CameraSnapshot, StatusChange, new_id
from webapp.outcomes import Outcome, Reading
from webapp.services import sweep
from webapp.services.sweep_plan import tick_of
from webapp.storage import storage_from_settings

START = datetime(2026, 11, 22, 7, 30, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Tell = Callable[[int, bytes | None], None]


@pytest.fixture
def camera_id(either_app: Flask) -> str:
    camera = Camera(id=new_id(), name="Gate", rtsp_url="rtsp://10.0.0.1/", next_due_at=START - MINUTE)
    db.session.add(camera)
    db.session.commit()
    return camera.id


@pytest.fixture
def check(camera_id: str, monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Check the camera in that minute; it answers with this picture, or not at all."""

    def check(minute: int, jpeg: bytes | None) -> None:
        outcome = Outcome.ONLINE if jpeg else Outcome.TIMEOUT

        def answer(_stream: Any, _credentials: Any, _limits: Any, now: datetime, **_: Any) -> Reading:
            return Reading(now, outcome, jpeg=jpeg)

        monkeypatch.setattr(sweep, "check_stored", answer)
        sweep.check_one(camera_id, START + minute * MINUTE)

    return check


def kept() -> list[CameraSnapshot]:
    found = list(db.session.scalars(select(CameraSnapshot).order_by(CameraSnapshot.created_at)))
    db.session.commit()
    return found


def picture(snapshot: CameraSnapshot) -> bytes:
    return storage_from_settings(settings).get(snapshot.storage_path).data


def test_an_outage_has_the_picture_before_and_the_picture_after(check: Tell) -> None:
    pictures = [b"one", b"two", None, None, None, b"six", b"seven"]
    for minute, jpeg in enumerate(pictures):
        check(minute, jpeg)
    around = [each for each in kept() if each.kind == "change"]
    began, ended = db.session.scalars(select(StatusChange).where(StatusChange.old != "idle").order_by(StatusChange.at))
    assert [(each.side, each.change_id, picture(each)) for each in around] == [
        ("before", began.id, b"two"),
        ("after", ended.id, b"six"),
    ]
    assert around[0].created_at - START < MINUTE + timedelta(seconds=5), "it has the time it was taken at"


def test_the_first_picture_is_kept_and_then_one_an_hour(check: Tell) -> None:
    for minute in range(0, 181, 5):
        check(minute, b"a picture")
    regular = [each for each in kept() if each.kind == "regular"]
    assert len(regular) == 4
    assert {each.kept_days for each in regular} == {30}


def test_a_person_keeps_the_picture_of_this_moment(camera_id: str, check: Tell) -> None:
    check(0, b"first")
    sweep.check_one(camera_id, START + MINUTE, is_manual=True)
    assert [(each.kind, picture(each)) for each in kept()] == [("regular", b"first"), ("manual", b"first")]
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "camera.snapshot"))
    assert (entry.camera_id, entry.subject) == (camera_id, "Gate")


def test_a_store_that_is_away_costs_no_reading(camera_id: str, check: Tell) -> None:
    (settings.DATA_DIR / "pictures").write_text("in the way")
    check(0, b"first")
    assert kept() == []
    camera = db.session.get(Camera, camera_id, populate_existing=True)
    assert camera
    assert camera.status == "live"
    assert tick_of(START) == tick_of(camera.checked_at or START)
