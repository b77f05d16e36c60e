"""RTSP messages as a camera reads and writes them (RFC 2326)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_HEADER = 16 * 1024
MAX_BODY = 16 * 1024

REASONS = {
    200: "OK",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    461: "Unsupported Transport",
    503: "Service Unavailable",
}


class BadRequest(ValueError):
    """What came in is not RTSP; the message says what was wrong."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    uri: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes = b""

    @property
    def path(self) -> str:
        """The camera's path, without the track that SETUP adds and without a query."""
        path = urlsplit(self.uri).path.rstrip("/")
        head, slash, last = path.rpartition("/")
        return head if slash and last.startswith(TRACK) else path

    @property
    def sequence(self) -> str:
        return self.headers.get("cseq", "0")


TRACK = "trackID="


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request, or None when the viewer has hung up; its RTCP reports in between are skipped.

    Raises BadRequest for anything else, also for more than MAX_HEADER or MAX_BODY bytes.
    """
    try:
        first = await _first_byte(reader)
        head = first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as error:
        raise BadRequest("header too long") from error
    request = parsed_request(head)
    length = _content_length(request)
    body = await reader.readexactly(length) if length else b""
    return Request(request.method, request.uri, request.headers, body)


async def _first_byte(reader: asyncio.StreamReader) -> bytes:
    while (first := await reader.readexactly(1)) in b"$\r\n":
        if first == b"$":
            framing = await reader.readexactly(3)
            await reader.readexactly(int.from_bytes(framing[1:], "big"))
    return first


def parsed_request(head: bytes) -> Request:
    lines = head.decode("utf-8", "replace").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("RTSP/"):
        raise BadRequest("not a request line")
    headers = {}
    for line in filter(None, lines[1:]):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(words[0], words[1], headers)


def _content_length(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    if not text.isdecimal() or int(text) > MAX_BODY:
        raise BadRequest("bad Content-Length")
    return int(text)


def response(status: int, sequence: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> bytes:
    lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {sequence}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def interleaved_channel(transport: str) -> int | None:
    """The channel for RTP out of a Transport header; None when it asks for anything but TCP."""
    for offer in transport.split(","):
        profile, *parameters = (part.strip() for part in offer.split(";"))
        if profile.upper() != "RTP/AVP/TCP":
            continue
        named = dict(parameter.partition("=")[::2] for parameter in parameters)
        first = named.get("interleaved", "0-1").partition("-")[0]
        return int(first) if first.isdecimal() and int(first) < 255 else None
    return None
