"""Files without a record and records without a file, in both ways to run Camkeeper."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from tests.services.housekeeping.conftest import DAY, JPEG, NOW, camera, did, files, picture, storage
from webapp.extensions import db
from webapp.models import Camera, CameraReference, CameraSnapshot, Import, new_id
from webapp.services import pictures
from webapp.services.housekeeping.orphans import clear

pytestmark = pytest.mark.usefixtures("either_way")


def records() -> set[str]:
    found = set(db.session.scalars(select(CameraSnapshot.id)))
    db.session.commit()
    return found


def reference(of: Camera) -> str:
    path = f"references/{of.id}/day.jpg"
    db.session.add(CameraReference(camera_id=of.id, light="day", features=b"", storage_path=path))
    db.session.commit()
    return path


def test_files_without_a_record_go_and_all_others_stay() -> None:
    gate = camera()
    kept = picture(gate)
    import_ = Import(id=new_id(), filename="a.csv", state="done")
    db.session.add(import_)
    db.session.commit()
    known = {f"latest/{gate.id}.jpg", reference(gate), f"imports/{import_.id}/0", kept.storage_path}
    foreign = {"recordings/a.mp4", "latest.jpg", "backup/latest/a.jpg"}
    gone = new_id()
    orphans = {
        f"snapshots/{gate.id}/2026-11-20/070000-00000000.jpg",
        f"snapshots/{gone}/2026-11-20/070000-00000000.jpg",
        f"latest/{gone}.jpg",
        f"references/{gate.id}/older.jpg",
        f"tests/{gone}.jpg",
        f"imports/{gone}/0",
        f"clips/{gone}/0000",
    }
    for key in known | foreign | orphans:
        storage().put(key, JPEG)
    tried = did(clear, is_dry=True)
    assert files() == known | foreign | orphans
    assert did(clear).found == tried.found == {"orphans": 7, "bytes": 7 * len(JPEG)}
    assert files() == known | foreign
    assert did(clear).found == {}


def test_a_file_that_is_not_a_day_old_may_still_get_its_record() -> None:
    gate = camera()
    picture(gate)
    storage().put(f"snapshots/{gate.id}/2026-11-20/070000-00000000.jpg", JPEG)
    assert did(clear, now=NOW - 2 * DAY).found == {}


def test_records_without_a_file_go() -> None:
    gate, yard = camera(), camera()
    kept = picture(gate)
    picture(gate, has_file=False)
    picture(yard, has_file=False)
    tried = did(clear, is_dry=True)
    assert len(records()) == 3
    assert did(clear).found == tried.found == {"records_without_file": 2}
    assert records() == {kept.id}


def test_a_camera_that_is_deleted_leaves_nothing_to_clear() -> None:
    gate, yard = camera(), camera()
    kept = picture(yard)
    picture(gate)
    reference(gate)
    storage().put(f"latest/{gate.id}.jpg", JPEG)
    storage().put(f"references/{gate.id}/day.jpg", JPEG)
    db.session.execute(delete(Camera).where(Camera.id == gate.id))
    db.session.commit()
    pictures.forget([gate.id])
    assert files() == {kept.storage_path}
    assert did(clear).found == {}


def test_pictures_beside_a_database_without_cameras_are_left_alone() -> None:
    storage().put(f"snapshots/{new_id()}/2026-11-20/070000-00000000.jpg", JPEG)
    work = did(clear)
    assert (len(files()), work.found) == (1, {})
    assert work.problem
    assert "Is it the right database?" in work.problem


def test_records_beside_an_empty_store_are_left_alone() -> None:
    picture(camera(), has_file=False)
    work = did(clear)
    assert (len(records()), work.found) == (1, {})
    assert work.problem
    assert "Is it the right store?" in work.problem
