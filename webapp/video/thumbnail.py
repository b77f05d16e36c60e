"""Thumbnails: a small JPEG of our own making, whatever the camera sent."""

from __future__ import annotations

from webapp.video.decode import Frame
from webapp.video.opencv import cv2

MAX_WIDTH = 640
MAX_HEIGHT = 1280
"""A corridor camera stands on its side; anything taller than this is absurd."""
MAX_BYTES = 100 * 1024

_QUALITIES = (75, 60, 45, 30, 15, 5)


def thumbnail(frame: Frame) -> bytes:
    """A JPEG at most MAX_WIDTH wide and MAX_BYTES long, in the frame's shape. Raises ValueError for an empty frame."""
    if frame.size == 0:
        raise ValueError("There is no picture to make a thumbnail of.")
    small = scaled(frame)
    for quality in _QUALITIES:
        jpeg = _encoded(small, quality)
        if len(jpeg) <= MAX_BYTES:
            return jpeg
    return thumbnail(cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def scaled(frame: Frame) -> Frame:
    """The frame itself when it is small enough already."""
    height, width = frame.shape[:2]
    scale = min(1.0, MAX_WIDTH / width, MAX_HEIGHT / height)
    if scale == 1.0:
        return frame
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA)


def _encoded(frame: Frame, quality: int) -> bytes:
    ok, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError("The picture could not be encoded as JPEG.")
    return jpeg.tobytes()
