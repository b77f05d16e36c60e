"""Clips for programs: every codec of the promised list, parts of a video, uploads, and whose they are."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

import jobs
from tests.api.conftest import Api
from tests.views.conftest import give_clip
from webapp.models import Camera, Role, utc_now
from webapp.services.clips import making
from webapp.video import clips

Make = Callable[..., Camera]
CODECS = ("h264", "h265", "vp9")
"""What the seed promises of convert_video."""


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(jobs, "make_clip", found.append)
    return found


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file: Path = tmp_path_factory.mktemp("video") / "video.mp4"
    made = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10"]
    subprocess.run([*made, "-t", "1", "-pix_fmt", "yuv420p", "-c:v", "libx264", str(file)], check=True)
    return file.read_bytes()


def send(api: Api, data: bytes, kind: str = "video/mp4") -> Any:
    return api.call("POST", "/clips", data=data, headers={"Content-Type": kind})


def test_recording_is_asked_for_and_followed(admin: Api, make_camera: Make, asked: list[str]) -> None:
    camera = make_camera()
    answer = admin.post(f"/cameras/{camera.id}/clips", {"seconds": 5})
    assert answer.status_code == 202
    clip = admin.data("GET", answer.headers["Location"].removeprefix("/api/v1"))
    assert (clip["id"], clip["state"], clip["seconds"], clip["video_url"]) == (asked[0], "queued", 5, None)
    assert admin.post(f"/cameras/{camera.id}/clips", {"seconds": 5}).status_code == 409
    assert admin.post(f"/cameras/{camera.id}/clips", {"seconds": 61}).status_code == 422
    assert admin.get(f"/clips/{clip['id']}/file").status_code == 409
    assert [found["id"] for found in admin.data("GET", f"/cameras/{camera.id}/clips")] == [clip["id"]]


@pytest.mark.parametrize("codec", CODECS)
def test_an_upload_is_converted_to_each_codec(
    admin: Api, asked: list[str], video: bytes, tmp_path: Path, codec: str
) -> None:
    upload = send(admin, video).json["data"]
    making.run(asked[-1], utc_now)
    assert admin.data("GET", f"/clips/{upload['id']}")["codec"] == "h264"
    made = admin.data("POST", f"/clips/{upload['id']}/convert", {"codec": codec})
    making.run(asked[-1], utc_now)
    found = admin.data("GET", f"/clips/{made['id']}")
    assert (found["state"], found["codec"], found["progress"]) == ("done", codec, 100), found["problem"]
    file = tmp_path / "got.mp4"
    file.write_bytes(admin.client.get(found["video_url"], headers={"Authorization": f"Bearer {admin.token}"}).data)
    assert clips.examine(file).codec == codec
    assert {clip["id"] for clip in admin.data("GET", "/clips")} == {upload["id"], made["id"]}


def test_what_is_no_video_says_so(admin: Api, asked: list[str]) -> None:
    upload = send(admin, b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n").json["data"]
    making.run(asked[-1], utc_now)
    found = admin.data("GET", f"/clips/{upload['id']}")
    assert found["state"] == "failed"
    assert "no video" in found["problem"]
    assert admin.post(f"/clips/{upload['id']}/convert", {"codec": "h264"}).status_code == 409


def test_uploads_have_limits(admin: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert send(admin, b"x", "text/plain").status_code == 415
    assert send(admin, b"").status_code == 409
    monkeypatch.setattr("webapp.api.clips.MOST_BYTES", 4)
    monkeypatch.setattr("webapp.services.clips.asking.MOST_BYTES", 4)
    assert send(admin, b"12345").status_code == 413


def test_uploads_are_their_persons_alone(admin: Api, as_: Callable[..., Api]) -> None:
    upload = send(admin, b"a video").json["data"]
    other = as_(Role.ADMIN)
    for method, path in (("GET", ""), ("GET", "/file"), ("DELETE", ""), ("POST", "/convert")):
        answer = other.call(method, f"/clips/{upload['id']}{path}", {} if method == "POST" else None)
        assert answer.status_code == 404, path
    assert other.data("GET", "/clips") == []


def test_a_part_is_given_and_one_beyond_the_end_refused(admin: Api, make_camera: Make) -> None:
    clip = give_clip(make_camera())
    part = admin.get(f"/clips/{clip.id}/file", headers={"Range": "bytes=3-5"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"345", "bytes 3-5/10")
    beyond = admin.get(f"/clips/{clip.id}/file", headers={"Range": "bytes=10-"})
    assert beyond.status_code == 416
    assert beyond.headers["Content-Range"] == "bytes */10"
    assert beyond.json
    assert beyond.json["error"]["code"] == "range_not_satisfiable"


def test_one_is_deleted(admin: Api, make_camera: Make) -> None:
    clip = give_clip(make_camera())
    assert admin.data("DELETE", f"/clips/{clip.id}") == {"id": clip.id, "deleted": True}
    assert admin.get(f"/clips/{clip.id}").status_code == 404


def test_while_redis_is_away_nothing_waits(admin: Api, make_camera: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_clip_id: str) -> None:
        raise jobs.QueueAway

    monkeypatch.setattr(jobs, "make_clip", away)
    camera = make_camera()
    assert admin.post(f"/cameras/{camera.id}/clips", {}).status_code == 503
    assert admin.data("GET", f"/cameras/{camera.id}/clips") == []
