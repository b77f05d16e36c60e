"""OpenCV's environment: ours or none."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from webapp.video import opencv
from webapp.video.opencv import CAPTURE_OPTIONS, ENVIRONMENT, cv2, prepare


def test_the_process_runs_with_our_environment() -> None:
    assert {name: os.environ[name] for name in ENVIRONMENT} == ENVIRONMENT


def test_streams_come_over_tcp_and_open_nothing_else() -> None:
    assert CAPTURE_OPTIONS["rtsp_transport"] == "tcp"
    assert set(CAPTURE_OPTIONS["protocol_whitelist"].split(",")) == {"rtsp", "tcp", "pipe"}
    assert "nobuffer" not in ENVIRONMENT["OPENCV_FFMPEG_CAPTURE_OPTIONS"]  # it throws the first keyframe away


@pytest.mark.parametrize("source", ["file://{}", "{}", "concat:{}", "subfile,,start,0,end,0,,:{}"])
def test_no_file_can_be_opened(source: str, tmp_path: os.PathLike[str]) -> None:
    video = os.path.join(tmp_path, "video.h264")
    writer = cv2.VideoWriter(f"{video}.avi", cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 15, (64, 64))
    writer.release()
    assert os.path.exists(f"{video}.avi")
    assert not cv2.VideoCapture(source.format(f"{video}.avi"), cv2.CAP_FFMPEG).isOpened()


def test_it_sets_what_is_missing() -> None:
    environment: dict[str, str] = {"PATH": "/bin"}
    prepare(environment)
    assert environment == {"PATH": "/bin", **ENVIRONMENT}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;udp"),
        ("OPENCV_FFMPEG_IS_THREAD_SAFE", "0"),
        ("OPENCV_VIDEOIO_DEBUG", "1"),
        ("OPENCV_FFMPEG_DEBUG", "1"),
    ],
)
def test_another_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(RuntimeError, match=f"Unset {name}"):
        prepare({name: value})


def test_importing_it_starts_no_thread() -> None:
    """Workers import it before they fork, and a thread does not survive that."""
    code = "import threading, webapp.video.check; print(threading.active_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_ffmpeg_is_inside() -> None:
    assert "FFMPEG:                      YES" in opencv.cv2.getBuildInformation()
