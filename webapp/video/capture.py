"""Grabs one whole picture over RTSP: takes packets undecoded until a keyframe comes, and decodes that one alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from webapp.outcomes import Outcome
from webapp.video.decode import BrokenPicture, Frame, decode
from webapp.video.dialogue import Dialogue, Stream
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.opencv import cv2
from webapp.video.relay import Relay
from webapp.video.sdp import MAX_FPS
from webapp.video.target import Target

MAX_GOP_BYTES = 32 * 1024 * 1024
MIN_INTERVALS = 5
MIN_SPAN_MS = 500.0
"""A frame rate is believed after so many intervals, or from two of them over so long a time."""

_CODECS = {"h264": "h264", "hevc": "h265", "mjpg": "mjpeg"}
# A read cannot be shortened once the stream is open, so waiting ends this share of the time before the deadline.
_STALL_SHARE = 1 / 6
_NO_TIME = "There was no time left for a picture."


class NoFrame(CheckFailed):
    def __init__(self, detail: str) -> None:
        super().__init__(Outcome.NO_FRAME, detail)


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


def grab(target: Target, ip: str, deadline: Deadline, measure_fps: bool = False) -> Grab:
    """One picture of the stream, from the vetted address `ip`. Call it after a probe that was answered.

    `measure_fps` waits a few packets longer where the keyframe comes so soon that too few have passed.
    Raises CheckFailed (NoFrame, BrokenPicture …), at the latest at the deadline.
    """
    started = time.monotonic()
    packets_wanted = MIN_INTERVALS + 3 if measure_fps else 0
    with _packets(target, ip, deadline) as packets:
        frame = _first_picture(packets)
        while len(packets.times_ms) < packets_wanted and packets.advance():
            pass
    return Grab(frame, packets.codec, _fps(packets.times_ms), round((time.monotonic() - started) * 1000, 3))


@contextmanager
def _packets(target: Target, ip: str, deadline: Deadline) -> Iterator[_Packets]:
    patience = deadline.left_or_fail(_NO_TIME)
    stall = patience * _STALL_SHARE
    with Dialogue(target, patience, deadline) as dialogue, Relay(_playing(dialogue, ip), deadline) as relay:
        open_s = deadline.left_or_fail(_NO_TIME) - stall / 2
        stream = cv2.VideoCapture(relay.url, cv2.CAP_FFMPEG, _packets_only(open_s, stall))
        try:
            if not stream.isOpened():
                raise CheckFailed(Outcome.UNSUPPORTED, "The camera sends its stream, but our decoder cannot open it.")
            yield _Packets(stream, deadline, stall)
        finally:
            stream.release()


def _playing(dialogue: Dialogue, ip: str) -> Stream:
    try:
        return dialogue.play_from(ip)
    except CheckFailed as failure:
        if failure.outcome is Outcome.TIMEOUT:
            raise NoFrame("The camera did not start the stream in time.") from None
        raise


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
        self.codec = _codec(stream)
        self.deadline = deadline
        self.times_ms: list[float] = []
        """Presentation times of all packets so far."""
        self.has_stopped = False
        """No packet came although there was time for it."""
        self._stream = stream
        self._stall = stall

    @property
    def is_keyframe(self) -> bool:
        return self._stream.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME) > 0

    @property
    def data(self) -> bytes:
        return self._retrieve(0)

    @property
    def parameter_sets(self) -> bytes:
        """Those the stream description names; others come within the packets."""
        return self._retrieve(int(self._stream.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))

    def advance(self) -> bool:
        """False when no packet came in time, or when the stream has ended."""
        if self.deadline.left() <= self._stall:  # the next read might outlast the deadline
            return False
        if not self._stream.grab():
            self.has_stopped = True
            return False
        self.times_ms.append(self._stream.get(cv2.CAP_PROP_POS_MSEC))
        return True

    def _retrieve(self, flag: int) -> bytes:
        found, data = self._stream.retrieve(flag=flag)
        return data.tobytes() if found and data is not None else b""


def _codec(stream: cv2.VideoCapture) -> str:
    name = int(stream.get(cv2.CAP_PROP_FOURCC)).to_bytes(8, "little", signed=True)[:4].decode("latin-1").lower()
    if name not in _CODECS:
        raise CheckFailed(Outcome.UNSUPPORTED, "The stream is not what its description says. Set it to H.264 or H.265.")
    return _CODECS[name]


def _first_picture(packets: _Packets) -> Frame:
    while packets.advance():
        if packets.is_keyframe:
            return _keyframe(packets)
    raise NoFrame(_no_keyframe(len(packets.times_ms), packets.has_stopped))


def _keyframe(packets: _Packets) -> Frame:
    data = packets.data
    if packets.codec == "mjpeg":
        return decode("mjpeg", data, packets.deadline)
    data = packets.parameter_sets + data
    # A connection that breaks in the middle of a keyframe delivers what there is of it: the next packet proves the end.
    if not packets.advance():
        raise NoFrame("The stream broke off within a keyframe.")
    try:
        return decode(packets.codec, data, packets.deadline)
    except BrokenPicture:
        return decode(packets.codec, data + _rest_of_gop(packets), packets.deadline)


def _rest_of_gop(packets: _Packets) -> bytes:
    """From the current packet to the next keyframe: open GOPs and intra refresh give a whole picture only then."""
    data = bytearray(packets.data)
    while len(data) < MAX_GOP_BYTES and packets.advance():
        data += packets.data
        if packets.is_keyframe:
            break
    return bytes(data)


def _no_keyframe(packets: int, has_stopped: bool) -> str:
    if packets == 0:
        return "The camera starts the stream, but sends nothing."
    if has_stopped:
        return f"The stream stopped after {packets} picture(s), before a keyframe came."
    return f"{packets} picture(s) came, but no keyframe. Set a shorter keyframe interval in the camera."


def _fps(times_ms: list[float]) -> float | None:
    """Without the first, whose time FFmpeg does not know yet, and the latest, which may be shown after some to come."""
    times = sorted(times_ms[1:])[:-1]
    intervals = len(times) - 1
    span = times[-1] - times[0] if intervals > 1 else 0.0
    if span <= 0 or (intervals < MIN_INTERVALS and span < MIN_SPAN_MS):
        return None
    fps = round(intervals * 1000 / span, 2)
    return fps if 0 < fps <= MAX_FPS else None
