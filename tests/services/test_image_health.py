"""Findings as they are written, with their evidence; views called right; what pages are told. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from sqlalchemy import select

from simulator.scenes import Filming
from simulator.videos import Picture, VideoKey
from tests.views.conftest import counted_queries
from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, CameraGroup, CameraReference, ImageFinding, StatusChange, User, new_id
from webapp.outcomes import Outcome, Reading
from webapp.services import image_evidence, image_health, latest_picture, live, pictures, reference_views
from webapp.services.finding import CameraFilter, count
from webapp.services.readings import record
from webapp.services.rights import EVERYTHING
from webapp.services.sweep_plan import claim
from webapp.storage import StorageError, storage_from_settings
from webapp.video.quality.finding import Finding
from webapp.video.quality.measures import measure
from webapp.video.thumbnail import thumbnail

TICK = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("either_app")


@cache
def shot(picture: Picture = Picture.CLEAR, moment: int = 0, scene: str = "door") -> dict[str, Any]:
    """What a check of such a camera brings."""
    key = VideoKey(scene, height=360, picture=picture)
    frame = Filming(key).frame(key.frames * (moment % 8) // 8)
    return {"jpeg": thumbnail(frame), "measures": measure(frame)}


def add(**fields: Any) -> str:
    usual = {"next_due_at": TICK, "rtsp_url": "rtsp://10.20.4.14/stream1", "name": "Gate", "status_since": TICK}
    camera = Camera(**{"id": new_id(), **usual, **fields})
    db.session.add(camera)
    db.session.commit()
    return camera.id


def stored(camera_id: str) -> Camera:
    camera = db.session.get(Camera, camera_id, populate_existing=True)
    assert camera is not None
    return camera


class Checks:
    """A camera that is checked once a minute, with all that follows."""

    def __init__(self, camera_id: str) -> None:
        self.camera_id = camera_id
        self.minute = 0

    def see(self, *shots: dict[str, Any]) -> Camera:
        for each in shots:
            tick = TICK + self.minute * MINUTE
            reading = replace(Reading(tick, Outcome.ONLINE), at=tick + timedelta(seconds=3), **each)
            found = [(c, reading) for c in claim([self.camera_id], tick, tick + timedelta(seconds=3), force=True)]
            recorded = record(tick, found)
            pictures.store(recorded.readings)
            image_evidence.keep(recorded)
            self.minute += 1
        return stored(self.camera_id)


@pytest.fixture
def checks() -> Checks:
    return Checks(add())


def rows(table: type[Any]) -> list[Any]:
    return list(db.session.scalars(select(table)))


def good(count_: int, scene: str = "door") -> list[dict[str, Any]]:
    return [shot(moment=number, scene=scene) for number in range(count_)]


def test_two_black_pictures_make_the_camera_degraded_and_a_good_one_mends_it(checks: Checks) -> None:
    camera = checks.see(*good(1), shot(Picture.BLACK), shot(Picture.BLACK))
    assert (camera.status, camera.findings) == ("degraded", ("black",))
    camera = checks.see(*good(1))
    assert (camera.status, camera.findings) == ("live", ())
    told = [(c.new, c.finding) for c in db.session.scalars(select(StatusChange).order_by(StatusChange.at))]
    assert told == [("live", None), ("degraded", "black"), ("live", None)]


def test_a_finding_has_a_beginning_an_end_and_the_picture_that_proves_it(checks: Checks) -> None:
    checks.see(shot(Picture.BLACK), shot(Picture.BLACK), shot(Picture.BLACK), *good(1))
    [found] = rows(ImageFinding)
    assert found.raised_at == TICK + MINUTE + timedelta(seconds=3)
    assert found.cleared_at == found.raised_at + 2 * MINUTE
    proof = image_health.of_camera(stored(checks.camera_id)).earlier[0]
    assert (proof.finding, proof.snapshot_id) == (Finding.BLACK, found.snapshot_id)
    assert found.snapshot_id is not None


def test_a_failed_check_brings_no_news_of_the_picture(checks: Checks) -> None:
    checks.see(shot(Picture.BLACK), shot(Picture.BLACK))
    tick = TICK + 5 * MINUTE
    record(tick, [(c, Reading(tick, Outcome.TIMEOUT)) for c in claim([checks.camera_id], tick, tick, force=True)])
    assert stored(checks.camera_id).findings == ("black",)
    checks.minute = 6
    assert checks.see(shot(Picture.BLACK)).findings == ("black",)


def test_good_pictures_become_the_reference_and_a_moved_view_is_told_beside_it(checks: Checks) -> None:
    camera = checks.see(*good(3), *(shot(Picture.MOVED, n) for n in range(2)))
    assert (camera.status, camera.findings) == ("degraded", ("moved",))
    [reference] = rows(CameraReference)
    [found] = rows(ImageFinding)
    assert (reference.light, reference.user_id, found.reference_id) == ("day", None, reference.id)
    assert image_health.picture_of(reference) == shot(moment=2)["jpeg"]


def test_who_calls_the_view_right_ends_the_finding_with_the_next_check(checks: Checks) -> None:
    user = User(email="a@example.com", role="operator", password_hash="x")
    db.session.add(user)
    db.session.commit()
    checks.see(*good(3), *(shot(Picture.MOVED, n) for n in range(2)))
    now = TICK + 10 * MINUTE
    assert reference_views.call_right(checks.camera_id, user, now)
    assert checks.see(shot(Picture.MOVED, 3)).findings == ()
    page = image_health.of_camera(stored(checks.camera_id))
    assert (page.now, page.references["day"].user_id, page.references["day"].created_at) == ([], user.id, now)
    assert [entry.action for entry in rows(AuditEntry)] == ["camera.view_right"]


def test_nobody_calls_black_right_nor_what_is_not_theirs(checks: Checks) -> None:
    admin = User(email="a@example.com", role="admin", password_hash="x")
    stranger = User(email="b@example.com", role="viewer", password_hash="x")
    db.session.add_all([admin, stranger])
    db.session.commit()
    assert not reference_views.call_right(checks.camera_id, admin, TICK), "there is no picture yet"
    checks.see(*good(1))
    assert not reference_views.call_right(checks.camera_id, stranger, TICK)
    assert not reference_views.call_right(checks.camera_id, None, TICK)
    checks.see(shot(Picture.BLACK))
    assert not reference_views.call_right(checks.camera_id, admin, TICK)
    assert rows(CameraReference) == []
    assert not image_health.of_camera(checks.see(shot(Picture.BLACK))).can_be_called_right
    assert list(storage_from_settings(settings).list("references/")) == []


def test_a_reference_that_cannot_be_stored_comes_with_the_next_check(
    checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(reference_views, "storage_from_settings", lambda _: Refusing())
        checks.see(*good(3))
    assert rows(CameraReference) == []
    checks.see(shot(moment=3))
    assert len(rows(CameraReference)) == 1


class Refusing:
    def put(self, *_: Any) -> None:
        raise StorageError("The disk is full.")


def test_a_store_that_is_away_costs_the_proof_and_not_the_finding(checks: Checks) -> None:
    live.note_storage(False, datetime.now(UTC))
    assert checks.see(shot(Picture.BLACK), shot(Picture.BLACK)).findings == ("black",)
    assert image_health.of_camera(stored(checks.camera_id)).now[0].snapshot_id is None


@pytest.mark.parametrize("by_group", [False, True])
def test_off_is_off_and_ends_what_was_found(by_group: bool) -> None:
    group = CameraGroup(name="Yard")
    db.session.add(group)
    db.session.commit()
    checks = Checks(add(group_id=group.id))
    checks.see(shot(Picture.BLACK), shot(Picture.BLACK))
    (group if by_group else stored(checks.camera_id)).image_sensitivity = "off"
    db.session.commit()
    camera = checks.see(shot(Picture.BLACK))
    assert (camera.status, camera.findings, camera.image_memory) == ("live", (), None)
    page = image_health.of_camera(camera)
    assert (page.is_judged, page.now, len(page.earlier)) == (False, [], 1)


def test_maintenance_raises_nothing() -> None:
    checks = Checks(add(maintenance_until=TICK + timedelta(hours=1)))
    assert checks.see(shot(Picture.BLACK), shot(Picture.BLACK)).findings == ()
    assert rows(ImageFinding) == []


def test_a_batch_costs_the_same_number_of_statements_however_many_cameras_it_has() -> None:
    def batch(size: int) -> int:
        ids = [add(name=f"Gate {number}") for number in range(size)]
        claims = claim(ids, TICK, TICK, force=True)
        reading = Reading(TICK, Outcome.ONLINE, **shot())
        with counted_queries() as queries:
            record(TICK, [(c, reading) for c in claims])
        return len(queries)

    assert batch(2) == batch(7)


def test_cameras_are_found_by_what_is_wrong_with_their_picture(checks: Checks) -> None:
    checks.see(shot(Picture.BLACK), shot(Picture.BLACK))
    add(name="Well", outcome="online")
    add(name="Dead", outcome="timeout")
    found = {
        reasons: count(CameraFilter(EVERYTHING, reasons=reasons), TICK)
        for reasons in [(Finding.BLACK,), (Finding.BLOCKED,), (Finding.BLACK, Outcome.TIMEOUT), (Outcome.TIMEOUT,)]
    }
    assert list(found.values()) == [1, 0, 2, 1]


def test_the_picture_of_a_finding_is_the_one_that_was_judged(checks: Checks) -> None:
    camera = checks.see(shot(Picture.BLURRED), shot(Picture.BLURRED, 1))
    assert latest_picture.of_camera(camera).data == shot(Picture.BLURRED, 1)["jpeg"]
    assert camera.findings == ("blurred",)
