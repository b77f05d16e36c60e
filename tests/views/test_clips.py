"""The clips of a camera on its page: asked for, followed, played in parts, converted, deleted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import jobs
from tests.views.conftest import give_clip
from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, Clip, Role
from webapp.storage import storage_from_settings

Make = Callable[..., Camera]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(jobs, "make_clip", found.append)
    return found


def test_recording_is_asked_for_and_followed(admin: FlaskClient, make_camera: Make, asked: list[str]) -> None:
    camera = make_camera()
    assert "Record a clip" in admin.get(f"/cameras/{camera.id}").text
    answer = admin.post(f"/cameras/{camera.id}/clips", data={"seconds": "5"})
    assert answer.headers["Location"] == f"/cameras/{camera.id}/clips"
    page = admin.get(answer.headers["Location"]).text
    assert "Waiting for a worker" in page
    assert f'hx-get="/cameras/{camera.id}/clips/{asked[0]}/progress"' in page
    row = admin.get(f"/cameras/{camera.id}/clips/{asked[0]}/progress").text
    assert 'data-clip-state="queued"' in row
    assert "<html" not in row


@pytest.mark.parametrize("seconds", ["0", "61", "x", ""])
def test_a_span_that_cannot_be_is_refused(
    admin: FlaskClient, make_camera: Make, asked: list[str], seconds: str
) -> None:
    answer = admin.post(f"/cameras/{make_camera().id}/clips", data={"seconds": seconds})
    assert "Seconds:" in admin.get(answer.headers["Location"]).text
    assert not asked


def test_while_redis_is_away_nothing_waits(
    admin: FlaskClient, make_camera: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_clip_id: str) -> None:
        raise jobs.QueueAway

    monkeypatch.setattr(jobs, "make_clip", away)
    answer = admin.post(f"/cameras/{make_camera().id}/clips")
    assert "Redis does not answer" in admin.get(answer.headers["Location"]).text
    assert db.session.scalar(select(Clip)) is None


PARTS = [
    ({}, 200, b"0123456789", None),
    ({"Range": "bytes=2-4"}, 206, b"234", "bytes 2-4/10"),
    ({"Range": "bytes=7-"}, 206, b"789", "bytes 7-9/10"),
    ({"Range": "bytes=-2"}, 206, b"89", "bytes 8-9/10"),
    ({"Range": "bytes=8-99"}, 206, b"89", "bytes 8-9/10"),
    ({"Range": "bytes=0-0,5-6"}, 200, b"0123456789", None),
    ({"Range": "rows=1-2"}, 200, b"0123456789", None),
    ({"Range": "nonsense"}, 200, b"0123456789", None),
    ({"Range": "bytes=2-4", "If-Range": '"another"'}, 200, b"0123456789", None),
]


@pytest.mark.parametrize(("headers", "code", "data", "part"), PARTS)
def test_it_is_played_in_parts(
    admin: FlaskClient, make_camera: Make, headers: dict[str, str], code: int, data: bytes, part: str | None
) -> None:
    camera = make_camera()
    answer = admin.get(f"/cameras/{camera.id}/clips/{give_clip(camera).id}.mp4", headers=headers)
    assert (answer.status_code, answer.data, answer.headers.get("Content-Range")) == (code, data, part)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.content_length == len(data)
    assert answer.mimetype == "video/mp4"


def test_a_part_beyond_the_end_is_refused(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    answer = admin.get(f"/cameras/{camera.id}/clips/{give_clip(camera).id}.mp4", headers={"Range": "bytes=10-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */10"


def test_one_that_is_not_there_is_not_found(admin: FlaskClient, make_camera: Make) -> None:
    camera, other = make_camera(), make_camera(name="Other")
    clip = give_clip(camera)
    assert admin.get(f"/cameras/{other.id}/clips/{clip.id}.mp4").status_code == 404
    storage_from_settings(settings).delete_prefix(clip.storage_path)
    assert admin.get(f"/cameras/{camera.id}/clips/{clip.id}.mp4").status_code == 404
    assert admin.get(f"/cameras/{camera.id}").status_code == 200


def test_it_is_converted_and_deleted(admin: FlaskClient, make_camera: Make, asked: list[str]) -> None:
    camera = make_camera()
    clip = give_clip(camera)
    assert admin.post(f"/cameras/{camera.id}/clips/{clip.id}/convert", data={"codec": "vp9"}).status_code == 303
    made = db.session.get_one(Clip, asked[0])
    assert (made.codec, made.source_id) == ("vp9", clip.id)
    admin.post(f"/cameras/{camera.id}/clips/{clip.id}/convert", data={"codec": "mpeg1"})
    assert len(asked) == 1
    assert admin.post(f"/cameras/{camera.id}/clips/{clip.id}/delete").status_code == 303
    assert not list(storage_from_settings(settings).list(clip.storage_path))
    assert db.session.scalar(select(AuditEntry.camera_id).where(AuditEntry.action == "camera.delete_clip")) == camera.id


def test_a_viewer_plays_and_changes_nothing(as_role: Callable[[Role], FlaskClient], make_camera: Make) -> None:
    client, camera = as_role(Role.VIEWER), make_camera()
    clip = give_clip(camera)
    page = client.get(f"/cameras/{camera.id}").text
    assert f"/clips/{clip.id}.mp4" in page
    assert "Record a clip" not in page
    assert client.post(f"/cameras/{camera.id}/clips").status_code == 403


def test_a_codec_browsers_do_not_play_is_said(admin: FlaskClient, make_camera: Make) -> None:
    camera = make_camera()
    give_clip(camera, codec="h265")
    assert "convert it to H.264" in admin.get(f"/cameras/{camera.id}/clips").text
