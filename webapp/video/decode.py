"""Decodes one picture from the bytes of a stream, and refuses what could not be a camera's picture."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np

from webapp.outcomes import Outcome
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.opencv import cv2

Frame: TypeAlias = cv2.typing.MatLike
"""Height × width × 3, blue first."""

MAX_PIXELS = 8192 * 4320

# Many threads wait for keyframes, but more decoders than cores only cost memory.
_decoders = threading.BoundedSemaphore(os.cpu_count() or 2)


class BrokenPicture(CheckFailed):
    def __init__(self, detail: str) -> None:
        super().__init__(Outcome.DECODE_ERROR, detail)


def decode(codec: str, data: bytes, deadline: Deadline) -> Frame:
    """The first whole picture: of a JPEG, or of H.264 or H.265 in Annex B with its parameter sets in front.

    Raises BrokenPicture when there is none.
    """
    if not _decoders.acquire(timeout=max(0.0, deadline.left())):
        raise CheckFailed(Outcome.SKIPPED, "This worker was too busy to decode the picture in time.")
    try:
        return _decode_jpeg(data) if codec == "mjpeg" else _decode_stream(data)
    finally:
        _decoders.release()


def _decode_stream(data: bytes) -> Frame:
    with _in_memory(data) as descriptor:
        decoder = cv2.VideoCapture(f"pipe:{descriptor}", cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        try:
            if decoder.isOpened():
                _check_size(decoder.get(cv2.CAP_PROP_FRAME_WIDTH), decoder.get(cv2.CAP_PROP_FRAME_HEIGHT))
            return _picture(decoder.read()[1])
        finally:
            decoder.release()


@contextmanager
def _in_memory(data: bytes) -> Iterator[int]:
    """A file descriptor to read `data` from. OpenCV takes a BytesIO, too, but leaks a string with every read of it."""
    descriptor = os.memfd_create("keyframe")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _decode_jpeg(data: bytes) -> Frame:
    """Its size needs no check: RTP allows a JPEG 2040 pixels each way."""
    if not data.startswith(b"\xff\xd8"):
        raise BrokenPicture("The stream says MJPEG, but sends no JPEG.")
    return _picture(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION))


def _check_size(width: float, height: float) -> None:
    """Before anything is decoded: a stream of a few bytes may claim a picture of a gigabyte."""
    if not 0 < width * height <= MAX_PIXELS:
        raise BrokenPicture(f"The stream claims pictures of {width:.0f} × {height:.0f} pixels.")


def _is_plain_grey(frame: Frame) -> bool:
    """What FFmpeg paints where it could decode nothing. No sensor gives that: even fog has noise."""
    sample = frame[:: max(1, frame.shape[0] // 64), :: max(1, frame.shape[1] // 64)]
    return bool(sample.min() == sample.max() and 126 <= sample.min() <= 132)


def _picture(frame: Frame | None) -> Frame:
    if frame is None or frame.size == 0 or frame.ndim != 3 or _is_plain_grey(frame):
        raise BrokenPicture("A keyframe came, but no whole picture could be decoded from it.")
    return frame
