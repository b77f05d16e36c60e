"""A scripted camera that plays footage: H.264 as RTP over TCP, from any picture on."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from tests.video import footage
from tests.video.scripted import SDP, Conversation, Talk


def player(stream: bytes, start: int) -> Talk:
    """A camera that is joined at picture `start` and sends the rest in one go."""

    def talk(camera: Conversation) -> None:
        play(camera)
        for packet in packets(stream, start):
            camera.say(packet)

    return talk


def play(camera: Conversation) -> None:
    """Everything up to PLAY."""
    camera.answer(200, "Public: DESCRIBE, SETUP, PLAY")
    camera.answer(200, body=SDP)
    camera.answer(200, "Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
    camera.answer(200, "Session: 1")


def packets(stream: bytes, start: int) -> Iterator[bytes]:
    """H.264 as RTP over TCP (RFC 6184), from picture `start` on, 15 pictures a second."""
    sequence = itertools.count()
    for number, unit in enumerate(footage.access_units("h264", stream)[start:]):
        for nal in re.split(rb"\x00\x00\x00?\x01", unit)[1:]:
            for payload in _fragments(nal) if nal[0] & 31 != 9 else []:
                head = bytes([0x80, 96]) + next(sequence).to_bytes(2, "big") + (number * 6000).to_bytes(4, "big")
                packet = head + bytes(4) + payload
                yield b"$\x00" + len(packet).to_bytes(2, "big") + packet


def _fragments(nal: bytes) -> list[bytes]:
    if len(nal) <= 1400:
        return [nal]
    pieces = [nal[start : start + 1400] for start in range(1, len(nal), 1400)]
    marks = [0x80, *[0] * (len(pieces) - 2), 0x40]
    return [bytes([nal[0] & 0x60 | 28, mark | nal[0] & 31]) + piece for mark, piece in zip(marks, pieces, strict=True)]
