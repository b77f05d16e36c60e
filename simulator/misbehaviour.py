"""Cameras that break the protocol: each takes a connection over and does what a hostile or broken device would."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from simulator import rtsp
from simulator.faults import Fault

Takeover: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter, rtsp.Request], Awaitable[None]]

_LORIS_SECONDS = 0.5
_HUGE_SDP = 64 * 1024 * 1024
_GARBAGE_BYTES = 4096
_CHUNK = 16 * 1024


async def _silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter, _request: rtsp.Request) -> None:
    while await reader.read(_CHUNK):
        pass


async def _hangs_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _request: rtsp.Request) -> None:
    writer.close()


async def _slow_loris(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: rtsp.Request) -> None:
    head = rtsp.response(200, request.sequence, [("X-Padding", "." * _CHUNK)])
    for byte in head:
        await _send(writer, bytes((byte,)))
        await asyncio.sleep(_LORIS_SECONDS)


async def _endless_header(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: rtsp.Request) -> None:
    await _send(writer, rtsp.response(200, request.sequence).removesuffix(b"\r\n"))
    line = b"X-Padding: " + b"." * 1000 + b"\r\n"
    while not writer.is_closing():
        await _send(writer, line * 16)


async def _huge_sdp(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: rtsp.Request) -> None:
    head = rtsp.response(
        200, request.sequence, [("Content-Type", "application/sdp"), ("Content-Length", str(_HUGE_SDP))]
    )
    await _send(writer, head + b"v=0\r\n")
    for _ in range(_HUGE_SDP // _CHUNK):
        await _send(writer, b"a=tool:simulator\r\n" * (_CHUNK // 18))


async def _garbage(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _request: rtsp.Request) -> None:
    await _send(writer, random.randbytes(_GARBAGE_BYTES))


async def _speaks_http(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _request: rtsp.Request) -> None:
    page = b"<html><body><h1>400 Bad Request</h1></body></html>"
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n"
    await _send(writer, head.encode() + page)


async def _speaks_ssh(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _request: rtsp.Request) -> None:
    await _send(writer, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


ON_ANY_REQUEST: dict[Fault, Takeover] = {
    Fault.SILENT: _silent,
    Fault.HANGS_UP: _hangs_up,
    Fault.SLOW_LORIS: _slow_loris,
    Fault.ENDLESS_HEADER: _endless_header,
    Fault.GARBAGE: _garbage,
    Fault.SPEAKS_HTTP: _speaks_http,
    Fault.SPEAKS_SSH: _speaks_ssh,
}
ON_DESCRIBE: dict[Fault, Takeover] = {Fault.HUGE_SDP: _huge_sdp}


def takeover(fault: Fault, method: str) -> Takeover | None:
    """What a camera with this fault does instead of answering; None when it answers as it should."""
    if method == "DESCRIBE" and fault in ON_DESCRIBE:
        return ON_DESCRIBE[fault]
    return ON_ANY_REQUEST.get(fault)
