"""RTSP messages: what is written, what is read, and that no bytes whatever do harm."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.video.fuzz import fuzz
from webapp.outcomes import Outcome
from webapp.video import messages
from webapp.video.failure import CheckFailed

HEADLIKE = st.lists(
    st.sampled_from(
        [
            b"RTSP/1.0 ",
            b"200",
            b" OK",
            b"\r\n",
            b"\n",
            b"\r",
            b":",
            b"Content-Length: ",
            b"-1",
            b"9" * 9,
            b"\xff",
            b"\0",
        ]
    )
    | st.binary(max_size=8),
    max_size=40,
).map(b"".join)


def test_a_request_names_us_and_what_we_accept() -> None:
    assert messages.request("DESCRIBE", "rtsp://10.0.0.1/x", 3, "Basic abc") == (
        b"DESCRIBE rtsp://10.0.0.1/x RTSP/1.0\r\nCSeq: 3\r\nUser-Agent: Camkeeper\r\n"
        b"Accept: application/sdp\r\nAuthorization: Basic abc\r\n\r\n"
    )


def test_it_reads_status_and_headers() -> None:
    head = messages.parse_head(
        b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Basic\r\nnonsense\r\nwww-authenticate :Digest\r\n"
    )
    assert head.status == 401
    assert head.all("www-authenticate") == ["Basic", "Digest"]
    assert head.first("cseq") == "1"
    assert head.first("session") == ""


def test_it_takes_lines_that_end_in_a_bare_newline() -> None:
    assert messages.parse_head(b"RTSP/1.0 200\nCSeq: 1").first("cseq") == "1"
    assert messages.end_of_head(b"RTSP/1.0 200 OK\nCSeq: 1\n\nbody", 0) == (23, 25)


def test_the_end_of_the_head_is_found_across_pieces() -> None:
    received = b"RTSP/1.0 200 OK\r\n\r\n"
    for seen in range(len(received)):
        assert messages.end_of_head(received, seen) == (15, 19)


@pytest.mark.parametrize(
    ("beginning", "hint"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "HTTP"),
        (b"<html>", "web server"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "Try rtsps://"),
        (b"220 mail.example ESMTP\r\n", "mail"),
        (b"\x00\x01\x02", "does not speak RTSP"),
        (b"RTSQ", "does not speak RTSP"),
        (b"RTSP/1.0 " + b"x" * messages.MAX_STATUS_LINE, "first line"),
    ],
)
def test_the_first_bytes_tell_what_else_answers(beginning: bytes, hint: str) -> None:
    with pytest.raises(CheckFailed, match=hint) as failure:
        messages.check_beginning(beginning)
    assert failure.value.outcome is Outcome.PROTOCOL_ERROR


@pytest.mark.parametrize("beginning", [b"", b"R", b"RTSP", b"RTSP/1.0 200 OK\r\n"])
def test_what_may_become_rtsp_is_waited_for(beginning: bytes) -> None:
    messages.check_beginning(beginning)


def test_more_lines_than_a_camera_needs_are_refused() -> None:
    with pytest.raises(CheckFailed, match="more than 100 header lines"):
        messages.parse_head(b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 100)


def test_more_bytes_than_a_camera_needs_are_refused() -> None:
    with pytest.raises(CheckFailed, match="longer than 64 KiB"):
        messages.end_of_head(b"RTSP/1.0 200 OK\r\n" + b"x" * messages.MAX_HEAD, 0)


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "99999999999", "٣", "1 2"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    with pytest.raises(CheckFailed, match="how long its body is"):
        messages.content_length(messages.Head(200, (("content-length", length),)))


def test_a_huge_description_is_refused_before_it_is_read() -> None:
    with pytest.raises(CheckFailed, match="longer than 64 KiB"):
        messages.content_length(messages.Head(200, (("content-length", "65537"),)))


@fuzz
@given(HEADLIKE)
def test_no_bytes_raise_anything_but_our_own_failure(received: bytes) -> None:
    with contextlib.suppress(CheckFailed):
        messages.check_beginning(received)
        span = messages.end_of_head(received, 0)
        head = messages.parse_head(received[: span[0]] if span else received)
        assert 0 <= messages.content_length(head) <= messages.MAX_BODY


@pytest.mark.parametrize("piece", [b"\r", b"\n ", b":", b"a:", b"\r\n\r"])
def test_reading_takes_linear_time(piece: bytes) -> None:
    received = b"RTSP/1.0 200 OK " + piece * (messages.MAX_HEAD // len(piece) - 20)
    started = time.process_time()
    with contextlib.suppress(CheckFailed):
        messages.end_of_head(received, 0)
        messages.parse_head(received)
    assert time.process_time() - started < 5  # quadratic would be minutes
