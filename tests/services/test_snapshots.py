"""Keeping pictures: file and record together or neither, for as long as the camera's retention says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from webapp.extensions import db, settings
from webapp.models import Camera, CameraGroup, CameraSnapshot, new_id
from webapp.services import live, snapshots
from webapp.services.pictures import latest_key
from webapp.services.snapshots import Wanted, keep, keep_all
from webapp.storage import storage_from_settings

NOW = datetime(2026, 11, 22, 7, 31, 5, tzinfo=UTC)
JPEG = b"\xff\xd8 a picture \xff\xd9"
Make = Callable[..., Camera]

pytestmark = pytest.mark.usefixtures("app")


def files() -> list[str]:
    return [entry.key for entry in storage_from_settings(settings).list("snapshots/")]


def records() -> list[CameraSnapshot]:
    return list(db.session.scalars(select(CameraSnapshot).order_by(CameraSnapshot.created_at)))


def group(parent: CameraGroup | None = None, days: int | None = None) -> CameraGroup:
    made = CameraGroup(name=new_id(), parent_id=parent.id if parent else None, retention_days=days)
    db.session.add(made)
    db.session.flush()
    return made


def test_a_picture_is_kept_with_its_file_and_its_record(make_camera: Make) -> None:
    camera = make_camera()
    kept = keep(camera.id, JPEG, NOW, "manual")
    assert kept
    assert re.fullmatch(rf"snapshots/{camera.id}/2026-11-22/073105-[0-9a-f]{{8}}\.jpg", kept.storage_path)
    assert storage_from_settings(settings).get(kept.storage_path).data == JPEG
    [record] = records()
    assert (record.id, record.kind, record.file_size) == (kept.id, "manual", len(JPEG))
    assert (record.created_at, record.expiry_date) == (NOW, NOW + timedelta(days=30))
    assert record.storage_path.endswith(record.filename)


def test_it_is_kept_as_long_as_the_nearest_group_says(make_camera: Make) -> None:
    site = group(days=90)
    gate = group(site)
    below, own = make_camera(group_id=gate.id), make_camera(group_id=gate.id, retention_days=7)
    kept = keep_all([Wanted(camera.id, NOW, "regular", JPEG) for camera in (below, own)])
    assert [each.expiry_date for each in kept] == [NOW + timedelta(days=90), NOW + timedelta(days=7)]
    assert [each.kept_days for each in kept] == [90, 7]


def test_the_latest_picture_is_kept_without_being_read(make_camera: Make) -> None:
    camera = make_camera()
    storage_from_settings(settings).put(latest_key(camera.id), JPEG)
    [kept] = keep_all([Wanted(camera.id, NOW, "change", change_id="c", side="before")])
    assert (kept.file_size, kept.change_id, kept.side) == (len(JPEG), "c", "before")
    assert storage_from_settings(settings).get(kept.storage_path).data == JPEG


def test_a_camera_that_never_had_a_picture_has_none_to_keep(make_camera: Make) -> None:
    assert keep_all([Wanted(make_camera().id, NOW, "change", change_id="c", side="before")]) == []


def test_nothing_stays_of_a_camera_that_is_gone(make_camera: Make) -> None:
    camera = make_camera()
    kept = keep_all([Wanted(new_id(), NOW, "regular", JPEG), Wanted(camera.id, NOW, "regular", JPEG)])
    assert [each.camera_id for each in kept] == [camera.id]
    assert files() == [kept[0].storage_path]


def test_no_file_stays_when_the_record_cannot_be_written(make_camera: Make) -> None:
    camera = make_camera()
    locked = OperationalError("INSERT", {}, Exception("database is locked"))
    with mock.patch.object(snapshots, "_record", side_effect=locked):
        assert keep(camera.id, JPEG, NOW, "manual") is None
    assert (files(), records()) == ([], [])


def test_without_a_store_nothing_is_recorded(make_camera: Make) -> None:
    (settings.DATA_DIR / "pictures").write_text("in the way")
    assert keep(make_camera().id, JPEG, NOW, "manual") is None
    assert records() == []


def test_a_store_that_was_away_is_left_alone(make_camera: Make) -> None:
    live.note_storage(is_ok=False, now=datetime.now(UTC))
    assert keep(make_camera().id, JPEG, NOW, "manual") is None
    assert files() == []


def test_either_database_takes_the_records(either_app: Flask) -> None:
    camera = Camera(name="Gate", rtsp_url="rtsp://10.0.0.1/")
    db.session.add(camera)
    db.session.commit()
    assert len(keep_all([Wanted(camera.id, NOW, "regular", JPEG), Wanted(new_id(), NOW, "regular", JPEG)])) == 1
    assert len(records()) == 1
