"""Takes an encoded stream apart: H.264 and H.265 into access units of NAL units, MJPEG into pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_START_CODE = re.compile(rb"\x00\x00+\x01")
_END_OF_IMAGE = b"\xff\xd9"


class BrokenStream(ValueError):
    """The bytes are not the stream they should be; delete the file and make it again."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture as the encoder wrote it: its NAL units without start codes, or its one JPEG."""

    units: tuple[bytes, ...]
    is_keyframe: bool


@dataclass(frozen=True, slots=True)
class _NalTypes:
    of: Callable[[bytes], int]
    delimiter: int
    parameter_sets: tuple[int, ...]
    keyframes: range
    dropped: tuple[int, ...]
    """Encoder chatter (SEI) that no camera would send."""


_H264 = _NalTypes(lambda nal: nal[0] & 0x1F, 9, (7, 8), range(5, 6), (6,))
_H265 = _NalTypes(lambda nal: nal[0] >> 1 & 0x3F, 35, (32, 33, 34), range(16, 22), (39, 40))
_TYPES = {"h264": _H264, "h265": _H265}


def access_units(codec: str, stream: bytes) -> list[AccessUnit]:
    """Every picture of an elementary stream; H.264 and H.265 must carry access unit delimiters."""
    if codec == "mjpeg":
        return [AccessUnit((jpeg,), is_keyframe=True) for jpeg in _jpegs(stream)]
    types = _TYPES[codec]
    return [_access_unit(types, nals) for nals in _pictures(types, _nal_units(stream))]


def parameter_sets(codec: str, units: Iterable[AccessUnit]) -> tuple[bytes, ...]:
    """SPS and PPS (H.265: VPS, SPS and PPS) of the first keyframe, in that order; nothing for MJPEG."""
    if codec == "mjpeg":
        return ()
    types = _TYPES[codec]
    first = next(unit for unit in units if unit.is_keyframe)
    return tuple(nal for nal in first.units if types.of(nal) in types.parameter_sets)


def _nal_units(stream: bytes) -> list[bytes]:
    return [nal for nal in _START_CODE.split(stream) if nal]


def _pictures(types: _NalTypes, nals: Iterable[bytes]) -> list[list[bytes]]:
    pictures: list[list[bytes]] = []
    for nal in nals:
        if types.of(nal) == types.delimiter:
            pictures.append([])
        elif not pictures:
            raise BrokenStream("the stream does not begin with an access unit delimiter")
        elif types.of(nal) not in types.dropped:
            pictures[-1].append(nal)
    return pictures


def _access_unit(types: _NalTypes, nals: list[bytes]) -> AccessUnit:
    return AccessUnit(tuple(nals), any(types.of(nal) in types.keyframes for nal in nals))


def _jpegs(stream: bytes) -> list[bytes]:
    # Inside the compressed data 0xFF is always stuffed, so the end marker cannot occur there.
    return [part + _END_OF_IMAGE for part in stream.split(_END_OF_IMAGE) if part.strip(b"\x00")]
