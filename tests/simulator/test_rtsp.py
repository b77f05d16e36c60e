"""Reading requests off a stream."""

from __future__ import annotations

import asyncio

import pytest

from simulator import rtsp

HEAD = b"DESCRIBE rtsp://camera:554/one/two/trackID=1?x=1 RTSP/1.0\r\nCSeq: 7\r\nUser-Agent: test\r\n\r\n"


def read(data: bytes) -> rtsp.Request | None:
    async def feed() -> rtsp.Request | None:
        reader = asyncio.StreamReader(limit=rtsp.MAX_HEADER)
        reader.feed_data(data)
        reader.feed_eof()
        return await rtsp.read_request(reader)

    return asyncio.run(feed())


def test_it_reads_a_request() -> None:
    request = read(HEAD)
    assert request is not None
    assert (request.method, request.sequence, request.headers["user-agent"]) == ("DESCRIBE", "7", "test")


def test_the_path_leaves_track_and_query_out() -> None:
    request = read(HEAD)
    assert request is not None
    assert request.path == "/one/two"


def test_it_reads_the_body() -> None:
    request = read(b"SET_PARAMETER rtsp://c/ RTSP/1.0\r\nContent-Length: 5\r\n\r\nhello")
    assert request is not None
    assert request.body == b"hello"


def test_it_passes_over_rtcp_between_requests() -> None:
    request = read(b"$\x01\x00\x04abcd" + b"$\x01\x00\x02\r\n" + HEAD)
    assert request is not None
    assert request.method == "DESCRIBE"


def test_the_end_of_the_stream_is_no_request() -> None:
    assert read(b"") is None
    assert read(HEAD[:-2]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nX: " + b"." * 40_000 + b"\r\n\r\n",
    ],
)
def test_it_refuses_what_is_not_rtsp_or_too_long(data: bytes) -> None:
    with pytest.raises(rtsp.BadRequest):
        read(data)


@pytest.mark.parametrize(
    ("transport", "channel"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=4-5", 4),
        ("RTP/AVP/TCP;unicast", 0),
        ("RTP/AVP;unicast;client_port=5000-5001, RTP/AVP/TCP;interleaved=2-3", 2),
        ("RTP/AVP;unicast;client_port=5000-5001", None),
        ("RTP/AVP/TCP;interleaved=900-901", None),
        ("", None),
    ],
)
def test_it_finds_the_channel(transport: str, channel: int | None) -> None:
    assert rtsp.interleaved_channel(transport) == channel
