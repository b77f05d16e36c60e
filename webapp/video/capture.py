"""Grabs one whole picture over RTSP: takes packets undecoded until a keyframe comes, and decodes that one alone."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

import numpy as np

from webapp.outcomes import Outcome
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.opencv import cv2
from webapp.video.sdp import MAX_FPS
from webapp.video.stream_url import StreamUrl, bracketed
from webapp.video.target import Target

Frame: TypeAlias = cv2.typing.MatLike
"""Height × width × 3, blue first."""

MAX_PIXELS = 8192 * 4320
MIN_INTERVALS = 5
MIN_SPAN_MS = 500.0
"""A frame rate is believed after so many intervals, or from two of them over so long a time."""

_CODECS = {"h264": "h264", "hevc": "h265", "mjpg": "mjpeg"}
# A read cannot be shortened once the stream is open, so waiting ends this share of the time before the deadline.
_STALL_SHARE = 1 / 6


class StreamRefused(CheckFailed):
    """The decoder could not open the stream. Why is not to be had from it: the camera has to be asked once more."""

    def __init__(self) -> None:
        super().__init__(Outcome.UNSUPPORTED, "The camera would send its stream, but our decoder could not open it.")


class NoFrame(CheckFailed):
    def __init__(self, detail: str) -> None:
        super().__init__(Outcome.NO_FRAME, detail)


class BrokenPicture(CheckFailed):
    def __init__(self, detail: str) -> None:
        super().__init__(Outcome.DECODE_ERROR, detail)


@dataclass(frozen=True, slots=True, eq=False)
class Grab:
    frame: Frame
    codec: str
    """h264, h265 or mjpeg."""
    fps: float | None
    """Measured from the presentation times of the packets that passed; None when there were too few."""
    frame_ms: float
    """From the start of the grab to the decoded picture."""

    @property
    def width(self) -> int:
        return int(self.frame.shape[1])

    @property
    def height(self) -> int:
        return int(self.frame.shape[0])


@dataclass(frozen=True, slots=True)
class _Keyframe:
    codec: str
    data: bytes
    """Parameter sets and picture in one piece (Annex B), or a JPEG."""
    times_ms: list[float]
    """Presentation times of all packets that passed, the keyframe's among them."""


def grab(target: Target, ip: str, deadline: Deadline, measure_fps: bool = False) -> Grab:
    """One picture of the stream, from the vetted address `ip`. Call it after a probe that was answered.

    `measure_fps` waits a few packets longer where the keyframe comes so soon that too few have passed.
    Raises CheckFailed (StreamRefused, NoFrame, BrokenPicture …), at the latest at the deadline.
    """
    started = time.monotonic()
    keyframe = _receive(_source(target, ip), deadline, MIN_INTERVALS + 2 if measure_fps else 0)
    frame = _decode_jpeg(keyframe.data) if keyframe.codec == "mjpeg" else _decode(keyframe.data)
    return Grab(frame, keyframe.codec, _fps(keyframe.times_ms), round((time.monotonic() - started) * 1000, 3))


def _source(target: Target, ip: str) -> str:
    """The URL with the login in it: for the decoder only, never to be logged."""
    url: StreamUrl = target.url
    login = f"{quote(target.username, safe='')}:{quote(target.password or '', safe='')}@" if target.username else ""
    return f"{url.scheme}://{login}{bracketed(ip)}:{url.port}{url.path_and_query}"


def _receive(source: str, deadline: Deadline, packets: int) -> _Keyframe:
    too_late = "There was no time left for a picture."
    patience = deadline.left_or_fail(too_late)
    stall = patience * _STALL_SHARE
    stream = cv2.VideoCapture(source, cv2.CAP_FFMPEG, _packets_only(patience - stall / 2, stall))
    try:
        if stream.isOpened():
            return _wait_for_keyframe(_Packets(stream, deadline, stall), packets)
    finally:
        stream.release()  # sends TEARDOWN, too
    if deadline.left() < stall:
        raise NoFrame("The camera did not start the stream in time.")
    raise StreamRefused


def _packets_only(open_s: float, read_s: float) -> list[int]:
    """Parameters for an open that hands out packets as they are; they count only here, never when set later."""
    parameters = {
        cv2.CAP_PROP_FORMAT: -1,
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: max(1, int(open_s * 1000)),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC: max(1, int(read_s * 1000)),
        cv2.CAP_PROP_N_THREADS: 1,
    }
    return [number for pair in parameters.items() for number in pair]


class _Packets:
    """The packets of an open stream, one after the other, as long as there is time."""

    def __init__(self, stream: cv2.VideoCapture, deadline: Deadline, stall: float) -> None:
        self.stream = stream
        self.times_ms: list[float] = []
        self._deadline = deadline
        self._stall = stall

    @property
    def is_over(self) -> bool:
        """The next read might outlast the deadline."""
        return self._deadline.left() <= self._stall

    def advance(self) -> bool:
        """False when no packet came in time, or when the stream has ended."""
        if self.is_over or not self.stream.grab():
            return False
        self.times_ms.append(self.stream.get(cv2.CAP_PROP_POS_MSEC))
        return True

    def data(self, flag: int = 0) -> bytes:
        found, data = self.stream.retrieve(flag=flag)
        return data.tobytes() if found and data is not None else b""


def _wait_for_keyframe(packets: _Packets, at_least: int) -> _Keyframe:
    codec = _codec(packets.stream)
    while packets.advance():
        if packets.stream.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME):
            data = _whole_keyframe(packets, codec)
            while len(packets.times_ms) < at_least and packets.advance():
                pass
            return _Keyframe(codec, data, packets.times_ms)
    raise NoFrame(_no_keyframe(len(packets.times_ms), packets.is_over))


def _whole_keyframe(packets: _Packets, codec: str) -> bytes:
    picture = packets.data()
    if codec == "mjpeg":
        return picture
    parameter_sets = packets.data(int(packets.stream.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))
    # A connection that breaks in the middle of a keyframe delivers what there is of it: the next packet proves the end.
    if not packets.advance():
        raise NoFrame("The stream broke off within a keyframe.")
    return parameter_sets + picture


def _codec(stream: cv2.VideoCapture) -> str:
    name = int(stream.get(cv2.CAP_PROP_FOURCC)).to_bytes(8, "little", signed=True)[:4].decode("latin-1").lower()
    if name not in _CODECS:
        raise CheckFailed(Outcome.UNSUPPORTED, "The stream is not what its description says. Set it to H.264 or H.265.")
    return _CODECS[name]


def _no_keyframe(packets: int, is_over: bool) -> str:
    if packets == 0:
        return "The camera starts the stream, but sends nothing."
    if not is_over:
        return f"The stream stopped after {packets} picture(s), before a keyframe came."
    return f"{packets} picture(s) came, but no keyframe. Set a shorter keyframe interval in the camera."


def _decode(data: bytes) -> Frame:
    # The capture reads from the buffer without holding it: were it gone before release(), the process would crash.
    buffer: Any = io.BytesIO(data)
    decoder = cv2.VideoCapture(buffer, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    try:
        _check_size(decoder.get(cv2.CAP_PROP_FRAME_WIDTH), decoder.get(cv2.CAP_PROP_FRAME_HEIGHT))
        return _picture(*decoder.read())
    finally:
        decoder.release()
        buffer.close()


def _decode_jpeg(data: bytes) -> Frame:
    """Its size needs no check: RTP allows a JPEG 2040 pixels each way."""
    if not data.startswith(b"\xff\xd8"):
        raise BrokenPicture("The stream says MJPEG, but sends no JPEG.")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return _picture(picture is not None, picture)


def _check_size(width: float, height: float) -> None:
    """Before anything is decoded: a stream of a few bytes may claim a picture of a gigabyte."""
    if not 0 < width * height <= MAX_PIXELS:
        raise BrokenPicture(f"The stream claims pictures of {width:.0f} × {height:.0f} pixels.")


def _picture(found: bool, frame: Frame | None) -> Frame:
    if not found or frame is None or frame.size == 0 or frame.ndim != 3:
        raise BrokenPicture("A keyframe came, but no picture could be decoded from it.")
    return frame


def _fps(times_ms: list[float]) -> float | None:
    """Without the first packet, whose time FFmpeg does not know yet."""
    intervals = len(times_ms) - 2
    span = times_ms[-1] - times_ms[1] if intervals > 1 else 0.0
    if span <= 0 or (intervals < MIN_INTERVALS and span < MIN_SPAN_MS):
        return None
    fps = round(intervals * 1000 / span, 2)
    return fps if 0 < fps <= MAX_FPS else None
