"""Breaks and mends the cameras of a running farm by hand: `python -m simulator.control [--port 8554] [<path> <fault>]`.

Without a path it lists the cameras. It speaks RTSP to the farm itself, on a path that answers to loopback alone.
"""

from __future__ import annotations

import argparse
import ipaddress
import socket
import sys

from simulator import rtsp
from simulator.faults import Condition, Fault
from simulator.registry import Registry

PATH = "/farm-control"
_TIMEOUT_SECONDS = 30
_MAX_ANSWER = 10 * 1024 * 1024


async def answer(registry: Registry, request: rtsp.Request, peer: str) -> tuple[int, bytes]:
    """Status and body: SET_PARAMETER '<path> <fault>' changes a camera, GET_PARAMETER lists them all."""
    if not ipaddress.ip_address(peer).is_loopback:
        return 403, b""
    if request.method == "GET_PARAMETER":
        return 200, "".join(f"{camera.spec.path} {camera.condition}\n" for camera in registry).encode()
    if request.method != "SET_PARAMETER":
        return 405, b""
    return await _changed(registry, request.body.decode("utf-8", "replace"))


async def _changed(registry: Registry, order: str) -> tuple[int, bytes]:
    path, _, fault = order.strip().partition(" ")
    try:
        await registry.set_fault(path, Condition.parsed(fault))
    except ValueError:
        return 400, f"No fault is called {fault!r}. There are: {', '.join(Fault)}.\n".encode()
    except KeyError:
        return 404, f"No camera has the path {path!r}.\n".encode()
    return 200, f"{path} {fault}\n".encode()


def ask(port: int, order: str | None) -> tuple[int, str]:
    """Sends one order to the farm on this machine, None to list; raises OSError when no farm answers."""
    method = "SET_PARAMETER" if order else "GET_PARAMETER"
    body = (order or "").encode()
    head = f"{method} rtsp://127.0.0.1:{port}{PATH} RTSP/1.0\r\nCSeq: 1\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS) as connection:
        connection.sendall(head.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))[:_MAX_ANSWER]
    first, _, text = received.partition(b"\r\n\r\n")
    return int(first.split(b" ", 2)[1]), text.decode("utf-8", "replace")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m simulator.control", description="Break or mend a simulated camera."
    )
    parser.add_argument("path", nargs="?", help="the camera's path; without it all cameras are listed")
    parser.add_argument("fault", nargs="?", default=str(Fault.NONE), help="a fault, as in 'black' or 'stall.10'")
    parser.add_argument("--port", type=int, default=8554, help="the farm's port (default: 8554)")
    given = parser.parse_args()
    try:
        status, text = ask(given.port, f"{given.path} {given.fault}" if given.path else None)
    except OSError as error:
        print(f"No farm answers on port {given.port}: {error}. Start it with: python -m simulator", file=sys.stderr)
        return 1
    print(text, end="", file=sys.stdout if status == 200 else sys.stderr)
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
