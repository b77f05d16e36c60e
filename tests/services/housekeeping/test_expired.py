"""Pictures that have had their time, in both ways to run Camkeeper."""

from __future__ import annotations

from unittest import mock

import pytest
from sqlalchemy import select

from tests.services.housekeeping.conftest import DAY, JPEG, NOW, camera, did, files, picture, storage
from webapp.extensions import db
from webapp.models import CameraGroup, CameraSnapshot, ImageFinding, new_id
from webapp.services.housekeeping import expired
from webapp.services.housekeeping.expired import expire, redate
from webapp.storage import DeleteFailure, StorageUnavailable

pytestmark = pytest.mark.usefixtures("either_way")


def records() -> set[str]:
    db.session.expire_all()
    found = set(db.session.scalars(select(CameraSnapshot.id)))
    db.session.commit()
    return found


def expiry(snapshot: CameraSnapshot) -> float:
    db.session.expire_all()
    date = db.session.get_one(CameraSnapshot, snapshot.id).expiry_date
    assert date
    return (date - NOW) / DAY


def test_what_is_past_its_date_goes_with_its_file_and_the_rest_stays() -> None:
    gate = camera()
    gone, kept = picture(gate, -1), picture(gate, 1)
    work = did(expire)
    assert work.found == {"pictures": 1, "bytes": len(JPEG)}
    assert records() == {kept.id}
    assert files() == {kept.storage_path}
    assert gone.storage_path not in files()
    assert did(expire).found == {}


def test_a_dry_run_says_the_same_and_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expired, "PIECE", 2)
    gate = camera()
    for left in (-3, -2, -2, -1, 0, 1):
        picture(gate, left)
    before = records(), files()
    tried = did(redate, expire, is_dry=True)
    assert (records(), files()) == before
    assert did(redate, expire).found == tried.found == {"pictures": 5, "bytes": 5 * len(JPEG)}
    assert len(records()) == 1


def test_the_evidence_of_a_fault_that_is_still_there_waits_for_its_end() -> None:
    gate = camera()
    evidence = picture(gate, -20, kind="finding")
    fault = ImageFinding(camera_id=gate.id, finding="black", raised_at=NOW - 50 * DAY, snapshot_id=evidence.id)
    db.session.add(fault)
    db.session.commit()
    assert did(expire).found == {}
    fault.cleared_at = NOW
    db.session.commit()
    assert did(expire).found["pictures"] == 1
    db.session.expire_all()
    assert db.session.get_one(ImageFinding, fault.id).snapshot_id is None


class TestRetentionThatWasChanged:
    def test_a_longer_one_keeps_what_is_still_there(self) -> None:
        site = CameraGroup(id=new_id(), name="Site", retention_days=90)
        db.session.add(site)
        kept = picture(camera(group_id=site.id), days_left=2, kept_days=7)
        assert did(redate).found == {"redated": 1}
        assert expiry(kept) == pytest.approx(85)
        assert did(redate).found == {}

    def test_a_shorter_one_ends_what_is_older(self) -> None:
        gate = camera(retention_days=3)
        old, new = picture(gate, 25, kept_days=30), picture(gate, 29, taken=NOW - DAY, kept_days=30)
        tried = did(redate, expire, is_dry=True)
        assert tried.found["pictures"] == 1
        assert did(redate, expire).found == tried.found
        assert records() == {new.id}
        assert old.storage_path not in files()
        assert expiry(new) == pytest.approx(2)

    def test_it_says_nothing_of_dates_that_it_did_not_give(self) -> None:
        kept = picture(camera(retention_days=3), 25)
        assert did(redate).found == {}
        assert expiry(kept) == pytest.approx(25)


class TestTrouble:
    def test_what_the_store_keeps_is_told_and_tried_again(self) -> None:
        gate = camera()
        stuck, gone = picture(gate, -1), picture(gate, -2)
        delete_all, refusal = storage().delete_all, DeleteFailure(stuck.storage_path, "AccessDenied: no")

        def refuse(keys: object) -> tuple[DeleteFailure, ...]:
            assert set(keys) == {stuck.storage_path, gone.storage_path}  # type: ignore[call-overload]
            return (*delete_all([gone.storage_path]), refusal)

        with mock.patch.object(storage(), "delete_all", side_effect=refuse):
            work = did(expire)
        assert work.found == {"pictures": 1, "bytes": len(JPEG), "refused": 1}
        assert work.problem == "The store refused to delete files, the first with: AccessDenied: no"
        assert records() == {stuck.id}
        assert did(expire).found["pictures"] == 1

    def test_a_store_that_is_away_costs_no_record(self) -> None:
        picture(camera(), -1)
        before = records()
        away = StorageUnavailable("The store does not work.")
        with mock.patch.object(storage(), "delete_all", side_effect=away), pytest.raises(StorageUnavailable):
            did(expire)
        assert records() == before
        assert did(expire).found["pictures"] == 1

    def test_a_database_that_fails_after_the_files_are_gone_is_put_right_by_the_next_run(self) -> None:
        kept, gone = picture(camera(), 1), picture(camera(), -1)
        with (
            mock.patch.object(expired, "forget", side_effect=OSError("disk full")),
            pytest.raises(OSError, match="full"),
        ):
            did(expire)
        assert files() == {kept.storage_path}
        assert gone.id in records()
        assert did(expire).found["pictures"] == 1
        assert records() == {kept.id}
