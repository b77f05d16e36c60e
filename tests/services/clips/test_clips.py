"""Clips from asking to the end: pieces in storage, progress, what fails, what nobody waits for any more."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.views.conftest import give_clip
from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, Clip, Role, User, WorkState, utc_now
from webapp.services.clips import asking, making, pieces, reading
from webapp.services.clips.asking import NotNow
from webapp.services.housekeeping import clips as expiring
from webapp.services.housekeeping.work import Work
from webapp.services.rights import EVERYTHING
from webapp.storage import TooLarge, storage_from_settings
from webapp.video import clips as video
from webapp.video.clips import ClipFailed, Video

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Make = Callable[..., Camera]


@pytest.fixture
def user(make_user: Callable[..., User]) -> User:
    return make_user(Role.OPERATOR)


@pytest.fixture
def clip(make_camera: Make, user: User) -> Clip:
    return asking.record(make_camera(), 10, user, utc_now(), EVERYTHING)


def recorded(data: bytes, seconds: tuple[float, ...] = ()) -> Callable[..., Video]:
    def record(_target: object, _limits: object, _seconds: int, file: Path, tell: video.OnProgress) -> Video:
        for second in seconds:
            tell(second)
        file.write_bytes(data)
        return Video("h264", 9.8)

    return record


def stored(clip: Clip) -> Clip:
    db.session.expire_all()
    found: Clip = db.session.get_one(Clip, clip.id)
    return found


class TestPieces:
    def test_any_part_of_a_long_one_is_read_from_its_pieces(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pieces, "PIECE", 4)
        storage, data = storage_from_settings(settings), b"0123456789"
        assert pieces.put(storage, "clips/a/", io.BytesIO(data), 10) == 10
        for start in range(10):
            for stop in range(start + 1, 11):
                assert b"".join(pieces.read(storage, "clips/a/", start, stop)) == data[start:stop]

    def test_what_is_too_large_leaves_nothing(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pieces, "PIECE", 4)
        storage = storage_from_settings(settings)
        with pytest.raises(TooLarge):
            pieces.put(storage, "clips/a/", io.BytesIO(b"0123456789"), 9)
        assert list(storage.list("clips/")) == []


class TestRecording:
    def test_a_worker_stores_what_it_recorded(self, clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(video, "record", recorded(b"a video"))
        making.run(clip.id, utc_now)
        found = stored(clip)
        assert (found.state, found.codec, found.seconds, found.size) == (WorkState.DONE, "h264", 9.8, 7)
        assert b"".join(reading.data(found, 2, 7)) == b"video"

    def test_it_says_how_far_it_is(self, clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = []
        monkeypatch.setattr(making, "TELL_EVERY_S", 0)
        monkeypatch.setattr(making, "_move", lambda _id, _now, **values: seen.append(values.get("progress")))
        monkeypatch.setattr(video, "record", recorded(b"a video", (0.5, 5, 11)))
        making.run(clip.id, utc_now)
        assert seen == [5, 50, 99, 100]

    def test_what_fails_says_why(self, clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> Video:
            raise ClipFailed("The camera is busy.", "Close other viewers.")

        monkeypatch.setattr(video, "record", fail)
        making.run(clip.id, utc_now)
        assert (stored(clip).state, stored(clip).problem) == (
            WorkState.FAILED,
            "The camera is busy. Close other viewers.",
        )

    def test_one_deleted_meanwhile_leaves_nothing(self, clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
        def record(*given: object) -> Video:
            asking.delete(clip, utc_now())
            return recorded(b"a video")(*given)

        monkeypatch.setattr(video, "record", record)
        making.run(clip.id, utc_now)
        assert list(storage_from_settings(settings).list("clips/")) == []

    def test_a_second_worker_does_nothing(self, clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(video, "record", recorded(b"a video"))
        making.run(clip.id, utc_now)
        monkeypatch.setattr(video, "record", lambda *_: pytest.fail("it is done"))
        making.run(clip.id, utc_now)

    def test_a_camera_is_recorded_once_at_a_time(self, clip: Clip, user: User) -> None:
        with pytest.raises(NotNow, match="already"):
            asking.record(db.session.get_one(Camera, clip.camera_id), 5, user, utc_now(), EVERYTHING)

    def test_one_that_is_switched_off_is_not_recorded(self, make_camera: Make, user: User) -> None:
        with pytest.raises(NotNow, match="Switch it on"):
            asking.record(make_camera(is_active=False), 5, user, utc_now(), EVERYTHING)

    def test_nobody_lets_many_wait(self, make_camera: Make, user: User) -> None:
        for number in range(asking.MOST_WAITING):
            asking.record(make_camera(name=f"Gate {number}"), 5, user, utc_now(), EVERYTHING)
        with pytest.raises(NotNow, match="waiting"):
            asking.record(make_camera(name="Last"), 5, user, utc_now(), EVERYTHING)

    def test_it_is_kept_as_long_as_the_cameras_pictures(self, make_camera: Make, user: User) -> None:
        found = asking.record(make_camera(retention_days=3), 5, user, NOW, EVERYTHING)
        assert found.expiry_date == NOW + timedelta(days=3)


class TestConverting:
    def test_it_becomes_another_clip(self, make_camera: Make, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        def convert(source: Path, codec: str, file: Path, _tell: video.OnProgress) -> Video:
            file.write_bytes(source.read_bytes()[::-1])
            return Video(codec, 2.0)

        monkeypatch.setattr(video, "convert", convert)
        source = give_clip(make_camera(), b"abc")
        made = asking.convert(source, "vp9", user, utc_now())
        making.run(made.id, utc_now)
        assert b"".join(reading.data(stored(made), 0, 3)) == b"cba"
        assert (stored(made).codec, stored(made).camera_id) == ("vp9", source.camera_id)
        assert db.session.scalar(select(AuditEntry.action).where(AuditEntry.action == "clip.convert"))

    def test_one_that_is_not_done_cannot_be(self, clip: Clip, user: User) -> None:
        with pytest.raises(NotNow, match="done"):
            asking.convert(clip, "h264", user, utc_now())

    def test_a_source_that_is_gone_is_said(self, make_camera: Make, user: User) -> None:
        source = give_clip(make_camera())
        made = asking.convert(source, "h264", user, utc_now())
        asking.delete(source, utc_now())
        making.run(made.id, utc_now)
        assert "was deleted" in str(stored(made).problem)


class TestUploads:
    def test_what_is_no_video_is_refused_and_not_kept(self, user: User) -> None:
        made = asking.upload(io.BytesIO(b"#EXTM3U\nfile:///etc/passwd\n"), user, utc_now())
        making.run(made.id, utc_now)
        assert "no video" in str(stored(made).problem)
        assert list(storage_from_settings(settings).list("clips/")) == []

    def test_an_empty_one_is_refused(self, user: User) -> None:
        with pytest.raises(NotNow, match="empty"):
            asking.upload(io.BytesIO(b""), user, utc_now())


def test_what_a_worker_died_over_or_nobody_took_up_is_given_up(either_app: Flask) -> None:
    def add(state: WorkState, age: timedelta) -> str:
        clip = Clip(kind="uploaded", state=state, storage_path="clips/x/", created_at=NOW - age, progress_at=NOW - age)
        clip.expiry_date = NOW
        db.session.add(clip)
        db.session.commit()
        return clip.id

    dead, late = add(WorkState.RUNNING, timedelta(minutes=3)), add(WorkState.QUEUED, timedelta(hours=2))
    lively, fresh = add(WorkState.RUNNING, timedelta(minutes=1)), add(WorkState.QUEUED, timedelta(minutes=5))
    making.give_up(NOW)
    failed = set(db.session.scalars(select(Clip.id).where(Clip.state == WorkState.FAILED)))
    assert failed == {dead, late}
    assert not failed & {lively, fresh}


class TestCleanUp:
    @pytest.mark.parametrize("is_dry", [True, False])
    def test_what_had_its_time_goes_with_its_pieces(self, make_camera: Make, is_dry: bool) -> None:
        camera = make_camera()
        old, young = give_clip(camera, expiry_date=NOW), give_clip(camera, expiry_date=NOW + timedelta(days=1))
        work = Work(NOW, is_dry)
        expiring.expire(work)
        assert work.found == {"clips": 1, "bytes": 10}
        left = {young.id} | ({old.id} if is_dry else set())
        assert set(db.session.scalars(select(Clip.id))) == left
        assert {entry.key.split("/")[1] for entry in storage_from_settings(settings).list("clips/")} == left
