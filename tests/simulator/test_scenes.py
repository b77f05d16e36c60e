"""The drawn scenes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from simulator import videos
from simulator.scenes import SCENES, Filming
from simulator.videos import VideoKey

BELOW_CLOCK = 60


def test_every_scene_that_is_promised_is_drawn() -> None:
    assert set(SCENES) == set(videos.SCENES)


@pytest.mark.parametrize("scene", videos.SCENES)
def test_the_loop_closes_and_somebody_moves(scene: str) -> None:
    key = VideoKey(scene, height=360)
    filming = Filming(key)
    end = [filming.frame(number)[BELOW_CLOCK:] for number in (key.frames - 1, key.frames)]
    middle = [filming.frame(number)[BELOW_CLOCK:] for number in (0, key.frames // 2)]
    at_the_seam, across = (cv2.absdiff(*frames).max(axis=2) for frames in (end, middle))
    # Somebody who vanished at the seam would leave a hole of a thousand pixels and more.
    assert np.count_nonzero(at_the_seam > 60) < 900
    assert np.count_nonzero(across > 60) > 300


def test_night_is_grey() -> None:
    frame = Filming(VideoKey("door-night", height=360)).frame(0)
    assert np.ptp(frame.astype(int), axis=2).max() <= 2


def test_a_frame_is_the_same_however_often_it_is_drawn() -> None:
    first, again = (Filming(VideoKey("dock", height=360)).frame(20) for _ in range(2))
    assert np.array_equal(first, again)
