"""Grabbing: whole pictures only, from every kind of join, and in time from every kind of broken stream."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simulator.cameras import CameraSpec, Join
from simulator.running import RunningFarm, running_farm
from simulator.videos import VideoKey
from tests.video import footage
from tests.video.conftest import CANARY, CANARY_USER, target
from tests.video.player import packets, play, player
from tests.video.scripted import Conversation, Talk
from webapp.outcomes import Outcome
from webapp.video.capture import Grab, NoFrame, _fps, grab
from webapp.video.decode import decode
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.opencv import cv2
from webapp.video.target import Target

Start = Callable[[Talk], Target]
LOCAL = "127.0.0.1"
_numbers = itertools.count()


def take(farm: RunningFarm, camera: str, fault: str = "none", seconds: float = 8.0, measure_fps: bool = False) -> Grab:
    url = farm.url(f"/sim/{fault}/{camera}/{next(_numbers)}")
    return grab(target(url), LOCAL, Deadline.after(seconds), measure_fps)


@cache
def keyframes(key: VideoKey) -> list[cv2.typing.MatLike]:
    """The keyframes of the video that a simulated camera plays."""
    data = key.file.read_bytes()
    if key.codec == "mjpeg":
        jpegs = [b"\xff\xd8" + rest for rest in re.split(rb"\xff\xd8(?=\xff)", data)[1:]]
        return [decode("mjpeg", jpeg, Deadline.after(5)) for jpeg in jpegs]
    return footage.pictures(data)[:: key.frames_per_gop]


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_every_join_in_the_middle_gives_a_keyframe_to_the_bit(farm: RunningFarm, codec: str) -> None:
    """Never a grey or smeared picture: each grab equals a keyframe of the source, however the camera was joined."""
    gop = {"h264": 1, "h265": 2}[codec]
    sources = keyframes(VideoKey("door", codec, 360, gop_seconds=gop))

    def join(number: int) -> bool:
        time.sleep(number % 12 / 12 * gop)
        frame = take(farm, f"door-{codec}-360p-gop{gop}-mid").frame
        return any(np.array_equal(frame, source) for source in sources)

    with ThreadPoolExecutor(24) as pool:
        assert all(pool.map(join, range(48)))


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_keyframe_that_comes_first_is_taken_at_once(farm: RunningFarm, codec: str) -> None:
    sources = keyframes(VideoKey("door", codec, 360))
    grabbed = take(farm, f"door-{codec}-360p-gop2-key")
    assert any(np.array_equal(grabbed.frame, source) for source in sources)
    assert (grabbed.codec, grabbed.width, grabbed.height, grabbed.fps) == (codec, 640, 360, None)
    assert grabbed.frame_ms < 1000


def test_motion_jpeg_is_taken_as_it_comes(farm: RunningFarm) -> None:
    grabbed = take(farm, "door-mjpeg-360p-gop2-mid")
    difference = [
        np.abs(grabbed.frame.astype(int) - source).mean() for source in keyframes(VideoKey("door", "mjpeg", 360))
    ]
    assert grabbed.codec == "mjpeg"
    assert min(difference) < 1


@pytest.mark.parametrize(
    "options",
    [
        "keyint=15:bframes=3",
        "keyint=15:bframes=0:slices=4",
        "keyint=15:bframes=2:open-gop=1",
        "keyint=15:bframes=0:intra-refresh=1",
    ],
)
def test_any_shape_of_h264_gives_a_whole_picture(scripted: Start, options: str) -> None:
    """With the last two no further IDR frame comes; the first picture that can be decoded is not a whole one."""
    stream = footage.encoded("h264", options)
    frame = grab(scripted(player(stream, 20)), LOCAL, Deadline.after(5)).frame.astype(int)
    assert min(np.abs(frame - whole).max() for whole in footage.pictures(stream)) <= 2


SHAPES = ["bframes=3", "bframes=0:slices=4", "bframes=2:open-gop=1"]


@pytest.mark.parametrize("options", SHAPES)
def test_any_shape_of_h265_gives_a_whole_picture(options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The farm plays our own footage in place of a scene."""
    stream = footage.encoded("h265", f"keyint=15:{options}", frames=180)
    key = VideoKey("lobby", "h265", 360, gop_seconds=3 + SHAPES.index(options))
    monkeypatch.setattr("simulator.videos.DIRECTORY", tmp_path)
    key.file.write_bytes(stream)
    with running_farm() as farm:
        frame = take(farm, f"lobby-h265-360p-gop{key.gop_seconds}-mid").frame.astype(int)
    assert min(np.abs(frame - whole).max() for whole in footage.pictures(stream)) <= 2


@pytest.mark.parametrize("auth", ["basic", "digest", "digest-qop", "digest-sha256", "digest-qop+basic"])
def test_it_logs_in(farm: RunningFarm, auth: str) -> None:
    assert take(farm, f"door-h264-360p-gop2-key-{auth}").width == 640


def test_any_character_may_stand_in_a_login(farm: RunningFarm) -> None:
    grabbed = grab(target(farm.url("/canary"), CANARY_USER, CANARY), LOCAL, Deadline.after(5))
    assert grabbed.width == 640


def test_a_login_may_be_of_any_length() -> None:
    """Written into a URL, FFmpeg would cut it off."""
    password = "#" * 450
    spec = CameraSpec("/long", size=(640, 360), join=Join.KEYFRAME, username="viewer", password=password)
    with running_farm([spec]) as farm:
        assert grab(target(farm.url("/long"), "viewer", password), LOCAL, Deadline.after(5)).width == 640
        assert farm.stats.of("/long").failed_logins == 0


@pytest.mark.parametrize("fault", ["stale-nonce", "close-after-401"])
def test_a_peculiar_login_is_followed(farm: RunningFarm, fault: str) -> None:
    assert take(farm, "door-h264-360p-gop2-key-digest", fault).width == 640


def test_it_speaks_rtsps(farm: RunningFarm) -> None:
    url = farm.tls_url(f"/sim/none/door-h264-360p-gop2-key-digest/{next(_numbers)}")
    assert grab(target(url), LOCAL, Deadline.after(5)).width == 640


def test_the_camera_is_left_with_a_teardown(farm: RunningFarm) -> None:
    path = f"/sim/none/door-h264-360p-gop2-key/{next(_numbers)}"
    grab(target(farm.url(path)), LOCAL, Deadline.after(5))
    time.sleep(0.1)
    assert farm.stats.of(path).requests["TEARDOWN"] == 1
    assert farm.stats.of(path).viewers == 0


def test_passing_packets_give_the_frame_rate(farm: RunningFarm) -> None:
    measured = [take(farm, "door-h264-360p-gop1-mid").fps for _ in range(4)]
    assert {fps for fps in measured if fps} == {15.0}


def test_a_rate_below_the_claimed_one_is_measured(farm: RunningFarm) -> None:
    assert take(farm, "door-h264-360p-gop2-key", "low-fps", measure_fps=True).fps == 4.0


def test_a_frame_rate_that_is_wanted_is_waited_for(farm: RunningFarm) -> None:
    assert take(farm, "door-h264-360p-gop2-key", measure_fps=True).fps == 15.0


@pytest.mark.parametrize(
    ("times", "fps"),
    [
        ([], None),
        ([0.0], None),
        ([0.0, 40.0, 80.0, 120.0], None),
        ([0.0, *(40.0 * n for n in range(8))], 25.0),
        ([0.0, 0.0, 250.0, 500.0, 750.0], 4.0),
        ([0.0] * 20, None),
        ([0.0, *(0.01 * n for n in range(20))], None),
        ([0.0, 0, 40, 200, 80, 120, 160, 360, 240, 280, 320], 25.0),
        ([5e9, *(40.0 * n for n in range(8))], 25.0),
    ],
)
def test_a_frame_rate_is_believed_only_when_believable(times: list[float], fps: float | None) -> None:
    assert _fps(times) == fps


@pytest.mark.parametrize(
    ("fault", "camera", "hint"),
    [
        ("no-frames", "door-h264-360p-gop2-key", "sends nothing"),
        ("stall.10", "door-h264-360p-gop10-mid", "stopped after"),
        ("close.10", "door-h264-360p-gop10-mid", "stopped after"),
        ("close.1", "door-h264-360p-gop2-key", "broke off"),
    ],
)
def test_a_stream_without_a_keyframe_in_time_is_no_frame(farm: RunningFarm, fault: str, camera: str, hint: str) -> None:
    assert hint in (no_frame(farm, camera, fault) or no_frame(farm, camera, fault))  # the first may meet a keyframe


def no_frame(farm: RunningFarm, camera: str, fault: str = "none") -> str:
    """Why there was no frame within 1.5 seconds, empty when there was one."""
    started = time.monotonic()
    try:
        take(farm, camera, fault, seconds=1.5)
    except NoFrame as failure:
        assert time.monotonic() - started < 1.5 + 0.25
        return failure.detail
    return ""


def test_a_keyframe_that_is_seconds_away_is_told_with_its_remedy(farm: RunningFarm) -> None:
    """Cameras differ in phase by their path: of ten whose keyframes are ten seconds apart, few show one within one."""
    with ThreadPoolExecutor(10) as pool:
        details = list(pool.map(lambda _: no_frame(farm, "door-h264-360p-gop10-mid"), range(10)))
    assert sum("Set a shorter keyframe interval" in text for text in details) > 5


def test_a_keyframe_cut_off_by_a_lost_connection_is_no_picture(scripted: Start) -> None:
    stream = footage.encoded("h264", "keyint=15:bframes=0")
    whole = list(packets(stream, 0))

    def talk(camera: Conversation) -> None:
        play(camera)
        for packet in whole[:4]:  # SPS, PPS, and the first two fragments of the keyframe
            camera.say(packet)

    with pytest.raises(NoFrame):
        grab(scripted(talk), LOCAL, Deadline.after(3))


def test_parameter_sets_may_come_in_the_stream_alone(scripted: Start) -> None:
    """Some descriptions name none."""
    stream = footage.encoded("h264", "keyint=15:bframes=0")
    grabbed = grab(scripted(player(stream, 3)), LOCAL, Deadline.after(5))
    assert np.array_equal(grabbed.frame, footage.pictures(stream)[15])


@pytest.mark.parametrize(
    ("fault", "outcome"), [("unsupported-transport", Outcome.UNSUPPORTED), ("busy-at-setup", Outcome.BUSY)]
)
def test_a_stream_that_is_refused_says_so_at_once(farm: RunningFarm, fault: str, outcome: Outcome) -> None:
    started = time.monotonic()
    with pytest.raises(CheckFailed) as failure:
        take(farm, "door-h264-360p-gop2-key-digest", fault)
    assert failure.value.outcome is outcome
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("fault", ["silent", "slow-loris"])
def test_silence_ends_at_the_deadline(farm: RunningFarm, fault: str) -> None:
    started = time.monotonic()
    with pytest.raises(NoFrame, match="in time"):
        take(farm, "door-h264-360p-gop2-key", fault, seconds=1.0)
    assert 0.7 < time.monotonic() - started < 1.25


def test_silent_cameras_hold_up_no_other(farm: RunningFarm) -> None:
    """By default one open at a time is allowed in a whole process."""
    with ThreadPoolExecutor(6) as pool:
        silent = [pool.submit(take, farm, "door-h264-360p-gop2-key", "silent", 2.0) for _ in range(5)]
        time.sleep(0.1)
        started = time.monotonic()
        assert pool.submit(take, farm, "door-h264-360p-gop2-key").result().width == 640
        assert time.monotonic() - started < 1.0
        assert all(isinstance(future.exception(), NoFrame) for future in silent)


def test_without_time_it_does_not_even_connect(farm: RunningFarm) -> None:
    before = farm.stats.connections
    with pytest.raises(CheckFailed, match="no time left"):
        take(farm, "door-h264-360p-gop2-key", seconds=0)
    assert farm.stats.connections == before
