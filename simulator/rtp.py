"""Cuts pictures into RTP packets (RFC 6184, RFC 7798, RFC 2435), framed for RTSP over TCP.

The cutting is done once per video. Every viewer gets a copy of the same bytes, into which only the numbers that are its
own (channel, sequence number, timestamp, SSRC) are written, so one process serves hundreds of viewers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.bitstream import AccessUnit, BrokenStream

CLOCK_HZ = 90_000
PAYLOAD_TYPES = {"h264": 96, "h265": 96, "mjpeg": 26}

_MAX_PAYLOAD = 1400
_FRAMING = struct.Struct("!cBH")
_HEADER = struct.Struct("!BBHII")
_OWN_NUMBERS = struct.Struct("!HII")
_JPEG_HEADER = struct.Struct("!II")
_IN_BAND_TABLES = 255


@dataclass(frozen=True, slots=True)
class PacketisedUnit:
    """One picture on the wire: interleaved RTP packets back to back, their own numbers still zero."""

    wire: bytes
    offsets: tuple[int, ...]
    """Where each packet's four bytes of framing begin."""
    is_keyframe: bool

    def addressed(self, channel: int, sequence: int, timestamp: int, ssrc: int) -> bytearray:
        """A copy for one viewer; sequence counts on by len(offsets)."""
        wire = bytearray(self.wire)
        for number, offset in enumerate(self.offsets, sequence):
            wire[offset + 1] = channel
            _OWN_NUMBERS.pack_into(wire, offset + 6, number & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
        return wire


def packetised(codec: str, unit: AccessUnit) -> PacketisedUnit:
    payloads = [payload for part in unit.units for payload in _PAYLOADS[codec](part)]
    wire, offsets = bytearray(), []
    for payload in payloads:
        offsets.append(len(wire))
        marker = 0x80 if payload is payloads[-1] else 0
        wire += _FRAMING.pack(b"$", 0, _HEADER.size + len(payload))
        wire += _HEADER.pack(0x80, marker | PAYLOAD_TYPES[codec], 0, 0, 0)
        wire += payload
    return PacketisedUnit(bytes(wire), tuple(offsets), unit.is_keyframe)


def _h264_payloads(nal: bytes) -> Iterator[bytes]:
    """RFC 6184: a small NAL unit as it is, a large one as FU-A fragments (type 28)."""
    if len(nal) <= _MAX_PAYLOAD:
        yield nal
        return
    indicator, kind = nal[0] & 0xE0 | 28, nal[0] & 0x1F
    for flags, fragment in _fragments(nal[1:], _MAX_PAYLOAD - 2):
        yield bytes((indicator, flags | kind)) + fragment


def _h265_payloads(nal: bytes) -> Iterator[bytes]:
    """RFC 7798: the same with a header of two bytes and fragments of type 49."""
    if len(nal) <= _MAX_PAYLOAD:
        yield nal
        return
    kind = nal[0] >> 1 & 0x3F
    header = bytes((nal[0] & 0x81 | 49 << 1, nal[1]))
    for flags, fragment in _fragments(nal[2:], _MAX_PAYLOAD - 3):
        yield header + bytes((flags | kind,)) + fragment


def _fragments(body: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """Pieces with their start (0x80) and end (0x40) flags."""
    for begin in range(0, len(body), size):
        start = 0x80 if begin == 0 else 0
        end = 0x40 if begin + size >= len(body) else 0
        yield start | end, body[begin : begin + size]


def _jpeg_payloads(jpeg: bytes) -> Iterator[bytes]:
    """RFC 2435: the receiver rebuilds the JPEG's header, so only tables, size and compressed data travel."""
    header = _JpegHeader.parsed(jpeg)
    tables = struct.pack("!BBH", 0, 0, len(header.tables)) + header.tables
    offset = 0
    data = header.compressed
    while offset < len(data):
        main = _JPEG_HEADER.pack(offset, header.description)
        if offset == 0:
            main += tables
        piece = data[offset : offset + _MAX_PAYLOAD - len(main)]
        yield main + piece
        offset += len(piece)


@dataclass(frozen=True, slots=True)
class _JpegHeader:
    tables: bytes
    """Luma and chroma quantisation tables, 64 bytes each."""
    description: int
    """The second half of the main header: type (1: 4:2:0, 0: 4:2:2), Q, width and height in blocks of eight."""
    compressed: bytes

    @classmethod
    def parsed(cls, jpeg: bytes) -> _JpegHeader:
        tables: dict[int, bytes] = {}
        description = 0
        for marker, segment, end in _segments(jpeg):
            if marker == 0xDB:
                tables |= {segment[at] & 0x0F: segment[at + 1 : at + 65] for at in range(0, len(segment), 65)}
            elif marker == 0xC0:
                description = _described(segment)
            elif marker == 0xDA:
                return cls(tables[0] + tables.get(1, tables[0]), description, jpeg[end:-2])
        raise BrokenStream("a JPEG without compressed data")


def _described(frame_header: bytes) -> int:
    height, width = (int.from_bytes(frame_header[at : at + 2], "big") for at in (1, 3))
    kind = 1 if frame_header[7] == 0x22 else 0
    return kind << 24 | _IN_BAND_TABLES << 16 | width // 8 << 8 | height // 8


def _segments(jpeg: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Marker, content and end of every segment up to the compressed data."""
    at = 2
    while at + 4 <= len(jpeg):
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        end = at + 2 + length
        yield marker, jpeg[at + 4 : end], end
        at = end


_PAYLOADS = {"h264": _h264_payloads, "h265": _h265_payloads, "mjpeg": _jpeg_payloads}
