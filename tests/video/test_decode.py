"""Decoding one picture: whole, of a sane size, and nothing but video."""

from __future__ import annotations

import gc
import re
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.video import footage
from tests.video.fuzz import fuzz
from webapp.outcomes import Outcome
from webapp.video import decode as module
from webapp.video.decode import BrokenPicture, decode
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.opencv import cv2


def _deadline() -> Deadline:
    return Deadline.after(5)


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_the_picture_is_the_first_of_the_stream_to_the_bit(codec: str) -> None:
    stream = footage.encoded(codec, "keyint=15:bframes=0")
    keyframe = footage.access_units(codec, stream)[0]
    assert np.array_equal(decode(codec, keyframe, _deadline()), footage.pictures(stream)[0])


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_no_memory_stays_behind(codec: str) -> None:
    keyframe = footage.access_units(codec, footage.encoded(codec, "keyint=15:bframes=0"))[0]
    decode(codec, keyframe, _deadline())
    before = sys.getallocatedblocks()
    for _ in range(100):
        decode(codec, keyframe, _deadline())
    gc.collect()
    assert sys.getallocatedblocks() - before < 100, "each picture left something of itself"


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_picture_of_another_kind_gives_nothing(codec: str) -> None:
    stream = footage.encoded(codec, "keyint=15:bframes=0")
    p_frame = footage.parameter_sets(codec, stream) + footage.access_units(codec, stream)[3]
    with pytest.raises(BrokenPicture) as failure:
        decode(codec, p_frame, _deadline())
    assert failure.value.outcome is Outcome.DECODE_ERROR


@pytest.mark.parametrize("options", ["keyint=30:intra-refresh=1:bframes=0", "keyint=30:open-gop=1:bframes=2"])
def test_from_a_recovery_point_only_whole_pictures_come(options: str) -> None:
    """Such streams have no further IDR frame; the decoder needs some pictures until it has a whole one."""
    stream = footage.encoded("h264", options)
    units = footage.access_units("h264", stream)
    start = next(i for i, unit in enumerate(units[1:], 1) if 6 in footage.nal_types("h264", unit))
    assert 5 not in footage.nal_types("h264", units[start])
    joined = footage.parameter_sets("h264", stream) + b"".join(units[start : start + 31])
    picture = decode("h264", joined, _deadline()).astype(int)
    assert min(np.abs(picture - whole).max() for whole in footage.pictures(stream)) <= 2


def test_the_grey_that_stands_for_nothing_is_no_picture() -> None:
    """FFmpeg hands out a plain grey picture for a keyframe of which it could decode nothing."""
    start = b"\x00\x00\x00\x01"
    nals = (b"\x67\x42\x00\x1e\x95\xa8\x28\x0f\x64", b"\x68\xce\x38\x80", b"\x65\x88\x84" + b"\xff" * 200)
    with pytest.raises(BrokenPicture, match="no whole picture"):
        decode("h264", b"".join(start + nal for nal in nals), _deadline())


@pytest.mark.parametrize("value", [0, 16, 255])
def test_a_plain_picture_of_another_brightness_is_one(value: int) -> None:
    jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), value, np.uint8))[1].tobytes()
    assert decode("mjpeg", jpeg, _deadline()).mean() == pytest.approx(value, abs=2)


def _sps_of_size(width: int, height: int) -> bytes:
    """A baseline SPS and PPS of any size, and the beginning of a keyframe."""

    def exp_golomb(value: int) -> str:
        bits = f"{value + 1:b}"
        return "0" * (len(bits) - 1) + bits

    numbers = [0, 0, 2, 1]  # id, frame numbers, picture order count type 2, one reference frame
    sps = "".join(map(exp_golomb, numbers)) + "0" + exp_golomb(width // 16 - 1) + exp_golomb(height // 16 - 1) + "11001"
    sps += "0" * (-len(sps) % 8)
    payload = bytes([0x67, 66, 0, 62]) + int(sps, 2).to_bytes(len(sps) // 8, "big")
    payload = re.sub(rb"\x00\x00([\x00-\x03])", lambda match: b"\x00\x00\x03" + match[1], payload)
    start = b"\x00\x00\x00\x01"
    return start + payload + start + b"\x68\xce\x38\x80" + start + b"\x65\x88\x84\x00\x10" + bytes(range(1, 200))


def test_a_picture_of_a_gigabyte_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(BrokenPicture, match="16000 × 16000"):
        decode("h264", _sps_of_size(16000, 16000), _deadline())


def test_the_same_bytes_with_a_sane_size_reach_the_decoder() -> None:
    with pytest.raises(BrokenPicture, match="no whole picture"):
        decode("h264", _sps_of_size(32, 32), _deadline())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(100),
        bytes(10_000),
        b"\x00\x00\x00\x01\x67" * 1000,
    ],
)
@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_what_is_no_video_gives_no_picture(codec: str, data: bytes) -> None:
    with pytest.raises(BrokenPicture):
        decode(codec, data, _deadline())


def test_a_jpeg_is_decoded() -> None:
    picture = np.full((48, 64, 3), 90, np.uint8)
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    assert decode("mjpeg", jpeg, _deadline()).shape == (48, 64, 3)


@pytest.mark.parametrize("kind", [".png", ".bmp", ".tiff", ".webp"])
def test_only_a_jpeg_passes_for_motion_jpeg(kind: str) -> None:
    image = cv2.imencode(kind, np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    with pytest.raises(BrokenPicture, match="no JPEG"):
        decode("mjpeg", image, _deadline())


def _damaged(codec: str, cuts: list[tuple[int, bytes]]) -> bytes:
    data = bytearray(footage.access_units(codec, footage.encoded(codec, "keyint=15:bframes=0"))[0])
    for place, bytes_ in cuts:
        at = place % len(data)
        data[at : at + len(bytes_)] = bytes_
    return bytes(data)


@fuzz
@given(
    st.sampled_from(["h264", "h265"]),
    st.lists(st.tuples(st.integers(0, 1_000_000), st.binary(min_size=1, max_size=4)), max_size=12),
    st.integers(0, 1_000_000),
)
def test_damage_gives_a_picture_or_our_own_failure(codec: str, cuts: list[tuple[int, bytes]], end: int) -> None:
    data = _damaged(codec, cuts)
    try:
        picture = decode(codec, data[: end % len(data) + 1] if end % 2 else data, _deadline())
    except BrokenPicture:
        return
    assert picture.ndim == 3


def test_a_buffer_of_an_earlier_picture_is_never_read_again() -> None:
    """The decoder holds no reference to its buffer; reading a freed one would end the process."""
    keyframe = footage.access_units("h264", footage.encoded("h264", "keyint=15:bframes=0"))[0]
    for _ in range(10):
        decode("h264", keyframe, _deadline())
        gc.collect(0)


def test_when_every_decoder_is_taken_until_the_deadline_it_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_decoders", threading.Semaphore(0))
    with pytest.raises(CheckFailed) as failure:
        decode("h264", b"", Deadline.after(0.05))
    assert failure.value.outcome.is_ours
