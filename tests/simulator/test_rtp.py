"""Cutting pictures into packets, checked by putting them together again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.bitstream import AccessUnit, BrokenStream
from simulator.rtp import PacketisedUnit, packetised

H264_SLICE, H265_SLICE = b"\x65", b"\x26\x01"
sizes = st.lists(st.integers(1, 5000), min_size=1, max_size=4)


def nals(header: bytes, lengths: list[int]) -> AccessUnit:
    return AccessUnit(tuple(header + bytes(at % 251 for at in range(length)) for length in lengths), is_keyframe=True)


def packets(unit: PacketisedUnit) -> Iterator[bytes]:
    wire = bytes(unit.addressed(6, 65535, 2**32 + 90, 0xCAFE))
    for offset in unit.offsets:
        assert wire[offset : offset + 2] == b"$\x06"
        length = int.from_bytes(wire[offset + 2 : offset + 4], "big")
        yield wire[offset + 4 : offset + 4 + length]


def joined_h264(payloads: list[bytes]) -> list[bytes]:
    result: list[bytes] = []
    for payload in payloads:
        if payload[0] & 0x1F != 28:
            result.append(payload)
        elif payload[1] & 0x80:
            result.append(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)) + payload[2:])
        else:
            result[-1] += payload[2:]
    return result


def joined_h265(payloads: list[bytes]) -> list[bytes]:
    result: list[bytes] = []
    for payload in payloads:
        if payload[0] >> 1 & 0x3F != 49:
            result.append(payload)
        elif payload[2] & 0x80:
            result.append(bytes((payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1])) + payload[3:])
        else:
            result[-1] += payload[3:]
    return result


@given(sizes)
def test_h264_pictures_survive(lengths: list[int]) -> None:
    unit = nals(H264_SLICE, lengths)
    assert joined_h264([packet[12:] for packet in packets(packetised("h264", unit))]) == list(unit.units)


@given(sizes)
def test_h265_pictures_survive(lengths: list[int]) -> None:
    unit = nals(H265_SLICE, lengths)
    assert joined_h265([packet[12:] for packet in packets(packetised("h265", unit))]) == list(unit.units)


@given(sizes)
def test_packets_fit_a_network_and_the_last_alone_is_marked(lengths: list[int]) -> None:
    all_packets = list(packets(packetised("h264", nals(H264_SLICE, lengths))))
    assert max(map(len, all_packets)) <= 1412
    assert [packet[1] >> 7 for packet in all_packets] == [0] * (len(all_packets) - 1) + [1]


def test_a_viewer_gets_its_own_numbers_and_they_wrap() -> None:
    unit = packetised("h264", nals(H264_SLICE, [3000]))
    numbers = [(packet[2:4], packet[4:8], packet[8:12]) for packet in packets(unit)]
    own = (90).to_bytes(4, "big"), (0xCAFE).to_bytes(4, "big")
    assert numbers == [(bytes.fromhex(sequence), *own) for sequence in ("ffff", "0000", "0001")]


def test_viewers_do_not_share_a_copy() -> None:
    unit = packetised("h264", nals(H264_SLICE, [10]))
    first = unit.addressed(0, 1, 1, 1)
    assert unit.addressed(0, 2, 2, 2) != first
    assert unit.addressed(0, 1, 1, 1) == first


def test_a_broken_jpeg_is_refused() -> None:
    with pytest.raises(BrokenStream):
        packetised("mjpeg", AccessUnit((b"\xff\xd8\xff\xd9",), is_keyframe=True))
