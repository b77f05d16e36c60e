"""Thumbnails: small enough in every way, whatever the picture."""

from __future__ import annotations

import numpy as np
import pytest

from webapp.video.opencv import cv2
from webapp.video.thumbnail import MAX_BYTES, MAX_HEIGHT, MAX_WIDTH, thumbnail


def _decoded(jpeg: bytes) -> cv2.typing.MatLike:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1920, 1080), (640, 360)),
        ((640, 480), (640, 480)),
        ((352, 288), (352, 288)),
        ((2592, 1944), (640, 480)),
        ((1080, 1920), (640, 1138)),
        ((4000, 10), (640, 2)),
        ((10, 4000), (3, 1280)),
        ((8000, 1), (640, 1)),
        ((1, 1), (1, 1)),
    ],
)
def test_it_keeps_the_shape_within_bounds(size: tuple[int, int], expected: tuple[int, int]) -> None:
    width, height = size
    picture = _decoded(thumbnail(np.full((height, width, 3), 90, np.uint8)))
    assert (picture.shape[1], picture.shape[0]) == expected
    assert picture.shape[1] <= MAX_WIDTH
    assert picture.shape[0] <= MAX_HEIGHT


@pytest.mark.parametrize("size", [(1080, 1920), (360, 640), (1280, 640)])
def test_even_noise_fits(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (*size, 3), np.uint8)
    assert len(thumbnail(noise)) <= MAX_BYTES


def test_it_shows_what_the_frame_shows() -> None:
    frame = np.zeros((720, 1280, 3), np.uint8)
    frame[:, 640:] = (30, 140, 220)
    picture = _decoded(thumbnail(frame)).astype(int)
    assert np.abs(picture - cv2.resize(frame, (640, 360), interpolation=cv2.INTER_AREA).astype(int)).mean() < 2


def test_it_is_a_bare_jpeg() -> None:
    jpeg = thumbnail(np.zeros((8, 8, 3), np.uint8))
    assert jpeg.startswith(b"\xff\xd8\xff\xe0")
    assert b"Exif" not in jpeg


def test_an_empty_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture"):
        thumbnail(np.zeros((0, 0, 3), np.uint8))
