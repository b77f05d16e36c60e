"""What OpenCV makes of the streams, as Camkeeper itself will."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.cameras import AD_HOC_ACCOUNT
from simulator.running import RunningFarm
from simulator.scenes import Filming
from simulator.videos import CODECS, VideoKey

Open = Callable[[str], cv2.VideoCapture]
BELOW_CLOCK = 60
"""Pixel rows of a 360p picture that the clock takes."""


def picture(opened: Open, farm: RunningFarm, path: str, login: str = "") -> NDArray[np.uint8]:
    ok, frame = opened(farm.url(path).replace("://", f"://{login}")).read()
    assert ok, f"no picture from {path}"
    return np.asarray(frame, np.uint8)


def sharpness(frame: NDArray[np.uint8]) -> float:
    # A little smoothing takes the sensor's noise out, which a blurred picture has too.
    grey = cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (0, 0), 1.0)
    return float(cv2.Laplacian(grey[BELOW_CLOCK:], cv2.CV_64F).var())


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("join", ["mid", "key"])
def test_every_codec_arrives_as_it_was_drawn(farm: RunningFarm, opened: Open, codec: str, join: str) -> None:
    frame = picture(opened, farm, f"/sim/none/door-{codec}-360p-gop2-{join}/200")
    key = VideoKey("door", codec, 360)
    filming = Filming(key)
    step = 1 if codec == "mjpeg" else key.frames_per_gop
    likeness = [cv2.PSNR(frame, filming.frame(number)) for number in range(0, key.frames, step)]
    assert frame.shape == (360, 640, 3)
    assert max(likeness) > 30
    assert min(likeness) < max(likeness) - 3


@pytest.mark.parametrize("auth", ["basic", "digest", "digest-qop", "digest-sha256+digest"])
def test_ffmpeg_can_log_in(farm: RunningFarm, opened: Open, auth: str) -> None:
    login = f"{AD_HOC_ACCOUNT.username}:{AD_HOC_ACCOUNT.password.replace(' ', '%20')}@"
    assert picture(opened, farm, f"/sim/none/door-h264-360p-gop2-key-{auth}/201", login).any()


def test_a_black_picture_is_black(farm: RunningFarm, opened: Open) -> None:
    frame = picture(opened, farm, "/sim/black/door-h264-360p-gop2-key/203")
    assert frame[BELOW_CLOCK:].mean() < 12


def test_an_overexposed_picture_is_white(farm: RunningFarm, opened: Open) -> None:
    frame = picture(opened, farm, "/sim/overexposed/door-h264-360p-gop2-key/204")
    assert frame[BELOW_CLOCK:].mean() > 190


def test_a_blurred_picture_has_no_edges_and_a_moved_one_has(farm: RunningFarm, opened: Open) -> None:
    clear, blurred, moved = (
        sharpness(picture(opened, farm, f"/sim/{fault}/door-h264-360p-gop2-key/205"))
        for fault in ("none", "blurred", "moved")
    )
    assert blurred < clear / 5
    assert moved > clear / 3


def test_a_moved_picture_shows_something_else(farm: RunningFarm, opened: Open) -> None:
    clear, moved = (picture(opened, farm, f"/sim/{fault}/door-h264-360p-gop2-key/206") for fault in ("none", "moved"))
    # Far more changes than when somebody walks through.
    assert cv2.absdiff(clear, moved)[BELOW_CLOCK:].mean() > 15


def test_a_frozen_picture_never_changes(farm: RunningFarm, opened: Open) -> None:
    frames = [picture(opened, farm, "/sim/frozen/door-h264-360p-gop1-key/207") for _ in range(3)]
    assert [np.array_equal(frames[0], frame) for frame in frames] == [True] * 3


def test_two_cameras_of_a_scene_do_not_look_the_same(farm: RunningFarm, opened: Open) -> None:
    frames = [picture(opened, farm, f"/sim/none/door-mjpeg-360p-gop2-mid/{number}") for number in (208, 209)]
    assert cv2.absdiff(*frames)[BELOW_CLOCK:].mean() > 1
