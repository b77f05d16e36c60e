"""Taking apart the videos that the encoder made."""

from __future__ import annotations

import pytest

from simulator import bitstream
from simulator.videos import CODECS, VideoKey

START = b"\x00\x00\x00\x01"


@pytest.mark.usefixtures("_videos")
@pytest.mark.parametrize("codec", CODECS)
def test_a_video_has_as_many_pictures_as_were_drawn(codec: str) -> None:
    key = VideoKey("door", codec, 360)
    assert len(bitstream.access_units(codec, key.file.read_bytes())) == key.frames


@pytest.mark.usefixtures("_videos")
@pytest.mark.parametrize("seconds", [1, 2, 4, 10])
def test_keyframes_come_once_per_gop(seconds: int) -> None:
    key = VideoKey("door", height=360, gop_seconds=seconds)
    units = bitstream.access_units("h264", key.file.read_bytes())
    assert [at for at, unit in enumerate(units) if unit.is_keyframe] == list(range(0, key.frames, 15 * seconds))


@pytest.mark.usefixtures("_videos")
@pytest.mark.parametrize(("codec", "types"), [("h264", [7, 8]), ("h265", [32, 33, 34])])
def test_it_finds_the_parameter_sets_in_order(codec: str, types: list[int]) -> None:
    units = bitstream.access_units(codec, VideoKey("door", codec, 360).file.read_bytes())
    sets = bitstream.parameter_sets(codec, units)
    assert [nal[0] & 31 if codec == "h264" else nal[0] >> 1 for nal in sets] == types


def test_pictures_begin_at_delimiters_and_lose_the_encoders_chatter() -> None:
    nals = [b"\x09\xf0", b"\x06chatter", b"\x65key", b"\x09\xf0", b"\x41other", b"\x41slice"]
    units = bitstream.access_units("h264", START + START.join(nals))
    assert [(unit.units, unit.is_keyframe) for unit in units] == [
        ((b"\x65key",), True),
        ((b"\x41other", b"\x41slice"), False),
    ]


def test_a_stream_without_delimiters_is_refused() -> None:
    with pytest.raises(bitstream.BrokenStream):
        bitstream.access_units("h264", START + b"\x65key")
