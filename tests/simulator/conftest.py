"""A farm for the simulator's tests, with small videos."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.cameras import CameraSpec
from simulator.running import RunningFarm, running_farm
from simulator.videos import CODECS, Picture, VideoKey, make_missing
from webapp.video.opencv import cv2  # reads its settings once: whoever imports it first sets them for all tests

SMALL = (640, 360)
MID = "/sim/none/door-h264-360p-gop2-mid"
GUARDED = CameraSpec("/guarded", size=SMALL, username="admin", password="pa:ss word", auth="digest+basic")


@pytest.fixture(scope="session")
def _videos() -> None:
    keys = [VideoKey("door", codec, 360) for codec in CODECS]
    keys += [VideoKey("door", height=360, gop_seconds=seconds) for seconds in (1, 4, 10)]
    keys += [VideoKey("door", height=360, picture=picture) for picture in Picture]
    make_missing(
        [
            *keys,
            VideoKey("door", height=360, fps=4),
            VideoKey("door", height=360, gop_seconds=1, picture=Picture.FROZEN),
        ]
    )


@pytest.fixture(scope="session")
def farm(_videos: None) -> Iterator[RunningFarm]:
    """Serves every ad-hoc path; tests keep apart by the number at its end."""
    with running_farm([GUARDED], tls=True) as farm:
        yield farm


@pytest.fixture
def _opencv_over_tcp(monkeypatch: pytest.MonkeyPatch) -> None:
    options = "rtsp_transport;tcp|analyzeduration;0|probesize;32"
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", options)


@pytest.fixture
def opened(_opencv_over_tcp: None) -> Iterator[type[cv2.VideoCapture]]:
    """Makes captures that are closed when the test ends."""
    captures: list[cv2.VideoCapture] = []
    milliseconds = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 4000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 4000]

    def open_capture(url: str) -> cv2.VideoCapture:
        captures.append(cv2.VideoCapture(url, cv2.CAP_FFMPEG, [*milliseconds, cv2.CAP_PROP_N_THREADS, 1]))
        return captures[-1]

    yield open_capture
    for capture in captures:
        capture.release()
