"""Clips: recorded from the simulator, converted by the bundled ffmpeg, and what hostile files come to."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pytest

from simulator.running import RunningFarm
from tests.video.conftest import LOOPBACK, target
from tests.video.scripted import Conversation, Talk
from webapp.video import clips
from webapp.video.clips import ClipFailed
from webapp.video.target import Limits, Target

CODECS_IN = ("h264", "h265", "mjpeg")
CODECS_OUT = ("h264", "h265", "vp9")
LIMITS = Limits(networks=LOOPBACK, deadline_s=4.0)


def silent(_seconds: float) -> None:
    pass


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A clip of a second in each codec, made once."""
    folder = tmp_path_factory.mktemp("clips")

    def make(codec: str = "h264", ending: str = "mp4", sound: bool = False) -> Path:
        file = folder / f"{codec}{'-sound' if sound else ''}.{ending}"
        if not file.exists():
            encoder = {"h264": "libx264", "h265": "libx265", "mjpeg": "mjpeg", "mpeg2": "mpeg2video"}[codec]
            command = [
                imageio_ffmpeg.get_ffmpeg_exe(),
                "-v",
                "error",
                "-f",
                "lavfi",
                "-i",
                "testsrc2=size=320x180:rate=10",
            ]
            command += ["-f", "lavfi", "-i", "sine"] if sound else []
            command += [
                "-t",
                "1",
                "-pix_fmt",
                "yuvj420p" if codec == "mjpeg" else "yuv420p",
                "-c:v",
                encoder,
                str(file),
            ]
            subprocess.run(command, check=True, capture_output=True)
        return file

    return make


def test_the_codecs_are_those_that_were_promised() -> None:
    assert set(clips.ENCODERS) == set(CODECS_OUT)
    assert set(CODECS_IN) <= set(clips.NAMES.values())


class TestRecording:
    @pytest.mark.parametrize("codec", CODECS_IN)
    def test_a_stream_is_kept_as_it_comes(self, farm: RunningFarm, tmp_path: Path, codec: str) -> None:
        told: list[float] = []
        file = tmp_path / "clip.mp4"
        camera = target(farm.url(f"/sim/none/door-{codec}-360p-gop2-key/7001"))
        found = clips.record(camera, LIMITS, 2, file, told.append)
        assert found.codec == codec
        assert 0.5 < found.seconds < 3
        assert file.read_bytes()[4:8] == b"ftyp"
        assert told == sorted(told)
        assert told

    def test_a_wrong_password_is_said_with_its_remedy(self, farm: RunningFarm, tmp_path: Path) -> None:
        camera = target(farm.url("/sim/none/door-h264-360p-gop2-key-digest/7002"), password="wrong")
        with pytest.raises(ClipFailed, match="password"):
            clips.record(camera, LIMITS, 2, tmp_path / "clip.mp4", silent)

    def test_an_address_outside_the_networks_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ClipFailed, match="network"):
            clips.record(target("rtsp://8.8.8.8/a"), LIMITS, 2, tmp_path / "clip.mp4", silent)

    def test_a_redirect_is_not_followed(self, scripted: Callable[[Talk], Target], tmp_path: Path) -> None:
        def talk(camera: Conversation) -> None:
            camera.answer(302, "Location: rtsp://127.0.0.1:9/other")

        with pytest.raises(ClipFailed, match="RTSP URL"):
            clips.record(scripted(talk), LIMITS, 1, tmp_path / "clip.mp4", silent)


class TestConverting:
    @pytest.mark.parametrize("codec", CODECS_OUT)
    def test_each_codec_is_made(self, made: Callable[..., Path], tmp_path: Path, codec: str) -> None:
        told: list[float] = []
        file = tmp_path / "out.mp4"
        found = clips.convert(made(), codec, file, told.append)
        assert found.codec == codec
        assert found.seconds == pytest.approx(1, abs=0.3)
        assert told[-1] == pytest.approx(1, abs=0.3)

    @pytest.mark.parametrize("codec", CODECS_IN)
    def test_each_codec_is_taken(self, made: Callable[..., Path], tmp_path: Path, codec: str) -> None:
        assert clips.examine(made(codec)).codec == codec
        assert clips.convert(made(codec), "h264", tmp_path / "out.mp4", silent).codec == "h264"

    @pytest.mark.parametrize("ending", ["mkv", "avi", "ts"])
    def test_each_container_is_taken(self, made: Callable[..., Path], ending: str) -> None:
        assert clips.examine(made("h264", ending)).codec == "h264"

    def test_sound_is_left_out(self, made: Callable[..., Path], tmp_path: Path) -> None:
        file = tmp_path / "out.mp4"
        clips.convert(made(sound=True), "h264", file, silent)
        assert b"mp4a" not in file.read_bytes()

    def test_one_that_takes_too_long_is_killed(
        self, made: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[subprocess.Popen[bytes]] = []
        real = subprocess.Popen
        monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: seen.append(real(*a, **k)) or seen[-1])
        monkeypatch.setattr(clips, "CONVERT_S", 0.0)
        with pytest.raises(ClipFailed, match="too long"):
            clips.convert(made(), "vp9", tmp_path / "out.mp4", silent)
        assert [process.returncode for process in seen] == [-9]

    def test_it_gets_no_more_memory_than_it_may_have(
        self, made: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clips, "_Allowed", lambda seconds, most=clips.MOST_BYTES: _Real(seconds, most, 64 << 20))
        with pytest.raises(ClipFailed):
            clips.convert(made(), "h265", tmp_path / "out.mp4", silent)

    def test_what_becomes_too_large_is_refused(
        self, made: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clips, "_Allowed", lambda seconds, _most=0: _Real(seconds, 4096))
        with pytest.raises(ClipFailed, match="larger"):
            clips.convert(made(), "h264", tmp_path / "out.mp4", silent)


_Real = clips._Allowed

PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
HOSTILE = {
    "text": "just words\n",
    "empty": "",
    "a playlist of a file": PLAYLIST.format("file:///etc/passwd"),
    "a playlist of an address": PLAYLIST.format("http://127.0.0.1:9/a.ts"),
    "a list of files": "ffconcat version 1.0\nfile /etc/passwd\n",
    "a session": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5000 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "a manifest": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>file:///etc/</BaseURL></MPD>',
    "a picture made of files": "push graphic-context\nimage over 0,0 0,0 'file:///etc/passwd'\n",
}


class TestHostileFiles:
    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_none_is_taken_for_a_video(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "clip.mp4"
        file.write_text(text)
        with pytest.raises(ClipFailed, match="no video that we can read"):
            clips.examine(file)
        with pytest.raises(ClipFailed):
            clips.convert(file, "h264", tmp_path / "out.mp4", silent)

    def test_a_codec_that_nobody_asked_for_is_refused(self, made: Callable[..., Path]) -> None:
        with pytest.raises(ClipFailed, match=r"H\.264"):
            clips.examine(made("mpeg2", "ts"))

    def test_half_a_file_is_refused_in_words(self, made: Callable[..., Path], tmp_path: Path) -> None:
        file = tmp_path / "half.mp4"
        file.write_bytes(made().read_bytes()[:2000])
        with pytest.raises(ClipFailed):
            clips.convert(file, "h264", tmp_path / "out.mp4", silent)
