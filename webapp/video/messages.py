"""RTSP messages as bytes: requests written, response heads read. Pure, linear in the input, raises only CheckFailed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from webapp.outcomes import Outcome
from webapp.video.failure import CheckFailed

MAX_STATUS_LINE = 1024
MAX_HEAD = 64 * 1024
MAX_HEADER_LINES = 100
MAX_BODY = 64 * 1024
USER_AGENT = "Camkeeper"

_STATUS_LINE = re.compile(rb"RTSP/\d\.\d +(\d{3})(?: .*)?", re.DOTALL)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")

# What else is found on a camera's address, by its first bytes, and what to tell whoever typed the port.
_OTHERS = (
    (b"HTTP/", "A web server (HTTP) answers on this port, not RTSP."),
    (b"<", "A web server answers on this port, not RTSP."),
    (b"SSH-", "An SSH server answers on this port, not RTSP."),
    (b"\x15\x03", "This port speaks TLS. Try rtsps:// instead of rtsp://."),
    (b"\x16\x03", "This port speaks TLS. Try rtsps:// instead of rtsp://."),
    (b"220", "A mail or file server answers on this port, not RTSP."),
)


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers of a response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in the order sent; a name may come more than once."""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400

    @property
    def closes(self) -> bool:
        return self.first("connection").lower() == "close"


@dataclass(frozen=True, slots=True)
class Response:
    head: Head
    body: bytes


# What each method needs beside CSeq and User-Agent. Some cameras answer nobody who does not send these.
_HEADERS = {
    "DESCRIBE": ["Accept: application/sdp"],
    "SETUP": ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"],
    "PLAY": ["Range: npt=0.000-"],
}


def request(method: str, url: str, cseq: int, authorization: str | None = None, session: str | None = None) -> bytes:
    """`url` carries no user name and no password."""
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {cseq}", f"User-Agent: {USER_AGENT}", *_HEADERS.get(method, [])]
    if session:
        lines.append(f"Session: {session}")
    if authorization:
        lines.append(f"Authorization: {authorization}")
    return "\r\n".join([*lines, "", ""]).encode()


def check_beginning(received: bytes) -> None:
    """Raises as soon as the first bytes cannot become an RTSP response, so that nobody waits for the rest of it."""
    start = received[:5]
    if start != b"RTSP/"[: len(start)]:
        raise _protocol_error(_who_else(received))
    if b"\n" not in received[:MAX_STATUS_LINE] and len(received) >= MAX_STATUS_LINE:
        raise _protocol_error(f"The first line of the answer is longer than {MAX_STATUS_LINE} bytes.")


def end_of_packet(received: bytes | bytearray) -> int | None:
    """Where the interleaved packet ends with which the bytes begin, or None while its length is not yet known."""
    return 4 + int.from_bytes(received[2:4], "big") if len(received) >= 4 else None


def end_of_head(received: bytes | bytearray, already_searched: int) -> tuple[int, int] | None:
    """Where the head ends and where the body begins, or None; looks only at what is new."""
    match = _END_OF_HEAD.search(received, max(0, already_searched - 3))
    if match is None and len(received) > MAX_HEAD:
        raise _protocol_error(f"The headers of the answer are longer than {MAX_HEAD // 1024} KiB.")
    return match.span() if match else None


def parse_head(head: bytes) -> Head:
    """The bytes before the empty line. Lines that are no header are passed over: cameras send such."""
    check_beginning(head)
    lines = head.split(b"\n")
    if len(lines) > MAX_HEADER_LINES:
        raise _protocol_error(f"The answer has more than {MAX_HEADER_LINES} header lines.")
    status = _STATUS_LINE.fullmatch(lines[0].rstrip(b"\r"))
    if not status:
        raise _protocol_error("The answer begins like RTSP, but its first line holds no status.")
    return Head(int(status[1]), tuple(_header(line) for line in lines[1:] if b":" in line))


def content_length(head: Head) -> int:
    """Bytes of body that follow the head."""
    text = head.first("content-length") or "0"
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise _protocol_error("The answer does not say properly how long its body is.")
    if int(text) > MAX_BODY:
        raise _protocol_error(f"The stream description is longer than {MAX_BODY // 1024} KiB.")
    return int(text)


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip().lower(), value.strip()


def _who_else(received: bytes) -> str:
    for beginning, sentence in _OTHERS:
        if received.startswith(beginning):
            return sentence
    return "What answers on this port does not speak RTSP."


def _protocol_error(detail: str) -> CheckFailed:
    return CheckFailed(Outcome.PROTOCOL_ERROR, detail)
