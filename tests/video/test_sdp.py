"""Stream descriptions: codec and claimed frame rate of the first video stream."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.video.fuzz import fuzz
from webapp.outcomes import Outcome
from webapp.video.failure import CheckFailed
from webapp.video.sdp import Description, parse_description


def sdp(*lines: str) -> bytes:
    return "\r\n".join(("v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=Media", "a=framerate:99", *lines, "")).encode()


@pytest.mark.parametrize(
    ("name", "codec"),
    [("H264", "h264"), ("h264", "h264"), ("H265", "h265"), ("HEVC", "h265"), ("JPEG", "mjpeg")],
)
def test_it_reads_the_codec(name: str, codec: str) -> None:
    body = sdp("m=audio 0 RTP/AVP 0", "m=video 0 RTP/AVP 96", f"a=rtpmap:96 {name}/90000")
    assert parse_description(body).codec == codec


def test_motion_jpeg_needs_no_name() -> None:
    assert parse_description(sdp("m=video 0 RTP/AVP 26")).codec == "mjpeg"


def test_it_takes_the_first_video_and_nothing_of_the_second() -> None:
    body = sdp(
        *("m=video 0 RTP/AVP 97", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 H265/90000", "a=control:trackID=1"),
        *("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=framerate:30"),
    )
    media = ("m=video 0 RTP/AVP 97", "a=rtpmap:97 H265/90000")
    assert parse_description(body) == Description("h265", None, "trackID=1", media=media)


def test_the_decoder_is_told_formats_and_no_addresses() -> None:
    session = ["c=IN IP4 203.0.113.9", "a=control:rtsp://elsewhere/"]
    video = [
        *("m=video 4000 RTP/SAVP 96 97", "c=IN IP4 203.0.113.9", "b=AS:500", "a=control:rtsp://elsewhere/track"),
        *("a=rtpmap: 96\tH264/90000", "a=rtpmap:97 H265/90000", "a=crypto:1 AES inline:x"),
        *("a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0IA,aM4=", "a=fmtp:96 \x01\x02"),
    ]
    description = parse_description(sdp(*session, *video))
    assert description.media == (
        "m=video 0 RTP/AVP 96",
        "a=rtpmap: 96 H264/90000",
        "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0IA,aM4=",
    )
    assert (description.session_control, description.control) == ("rtsp://elsewhere/", "rtsp://elsewhere/track")


@pytest.mark.parametrize(
    ("line", "fps"),
    [
        ("a=framerate:25", 25.0),
        ("a=framerate: 12.500000", 12.5),
        ("a=framerate:0", None),
        ("a=framerate:0.0", None),
        ("a=framerate:90000", None),
        ("a=framerate:241", None),
        ("a=framerate:-5", None),
        ("a=framerate:nan", None),
        ("a=framerate:1e9", None),
        ("a=framerate:٢٥", None),
        ("a=control:track1", None),
    ],
)
def test_a_frame_rate_is_claimed_only_when_it_could_be_one(line: str, fps: float | None) -> None:
    assert parse_description(sdp("m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", line)).fps == fps


@pytest.mark.parametrize(
    ("lines", "outcome", "hint"),
    [
        (["m=video 0 RTP/AVP 96", "a=rtpmap:96 MP4V-ES/90000"], Outcome.UNSUPPORTED, "MP4V-ES"),
        (["m=video 0 RTP/AVP 33"], Outcome.UNSUPPORTED, "MP2T"),
        (["m=video 0 RTP/AVP 96", "a=rtpmap:96 S3ntinel/90000"], Outcome.UNSUPPORTED, "a codec we do not know"),
        (["m=video"], Outcome.UNSUPPORTED, "no video"),
        (["m=video 0"], Outcome.UNSUPPORTED, "a codec we do not know"),
        (["m=audio 0 RTP/AVP 0"], Outcome.UNSUPPORTED, "no video"),
    ],
)
def test_it_says_what_cannot_be_used(lines: list[str], outcome: Outcome, hint: str) -> None:
    with pytest.raises(CheckFailed, match=hint) as failure:
        parse_description(sdp(*lines))
    assert failure.value.outcome is outcome
    assert "S3ntinel" not in failure.value.detail


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\xff" * 100])
def test_something_else_in_its_place_is_no_description(body: bytes) -> None:
    with pytest.raises(CheckFailed, match="without a stream description") as failure:
        parse_description(body)
    assert failure.value.outcome is Outcome.PROTOCOL_ERROR


PIECES = [
    "m=video ",
    "0 RTP/AVP 96",
    "a=rtpmap:",
    "96 H264/90000",
    "a=framerate:",
    "9" * 9,
    "\r\n",
    "\n",
    " ",
    "\x85",
    "ÿ",
]


@fuzz
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=60).map(lambda parts: "v=0\r\n" + "".join(parts))
)
def test_no_description_raises_anything_but_our_own_failure(text: str) -> None:
    try:
        found = parse_description(text.encode("utf-8", "replace"))
    except CheckFailed:
        return
    assert found.codec in ("h264", "h265", "mjpeg")


@pytest.mark.parametrize(
    "piece", ["m=video \n", "a=rtpmap:96 ", "a=rtpmap:" + "9" * 9 + "\n", "a=framerate:" + " " * 50, "\r"]
)
def test_reading_takes_linear_time(piece: str) -> None:
    body = sdp("m=video 0 RTP/AVP 96", piece * (65536 // len(piece)))
    started = time.process_time()
    with pytest.raises(CheckFailed):
        parse_description(body)
    assert time.process_time() - started < 5  # quadratic would be minutes
