"""A viewer that speaks RTSP over a plain socket, byte by byte, so that tests see what really travels."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from simulator.running import RunningFarm

PATIENCE_SECONDS = 5


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, list[str]]
    body: bytes

    def header(self, name: str) -> str:
        return self.headers[name.lower()][0]


@dataclass(frozen=True)
class Packet:
    """One RTP packet as it came."""

    channel: int
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


class Viewer:
    def __init__(self, farm: RunningFarm, path: str, tls: ssl.SSLContext | None = None) -> None:
        self.farm = farm
        self.path = path
        self.uri = farm.url(path)
        self.sequence = 0
        plain = socket.create_connection((farm.host, farm.tls_port if tls else farm.port), timeout=PATIENCE_SECONDS)
        self.socket = _encrypted(plain, tls) if tls else plain
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()
        self.socket.close()

    def ask(self, method: str, *headers: str, uri: str | None = None, body: bytes = b"") -> Answer:
        self.send(method, *headers, uri=uri, body=body)
        return self.answer()

    def send(self, method: str, *headers: str, uri: str | None = None, body: bytes = b"") -> None:
        self.sequence += 1
        lines = [f"{method} {uri or self.uri} RTSP/1.0", f"CSeq: {self.sequence}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def answer(self) -> Answer:
        """The next answer; pictures in between are passed over. Raises EOFError when the camera hung up."""
        while (first := self._exactly(1)) == b"$":
            self._exactly(int.from_bytes(self._exactly(3)[1:], "big"))
        status = int((first + self.file.readline()).split(b" ")[1])
        headers: dict[str, list[str]] = {}
        while line := self.file.readline().strip().decode():
            name, _, value = line.partition(": ")
            headers.setdefault(name.lower(), []).append(value)
        return Answer(status, headers, self._exactly(int(headers.get("content-length", ["0"])[0])))

    def play(self, transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1") -> Answer:
        """SETUP and PLAY of a camera without a login; returns the answer to PLAY."""
        session = self.ask("SETUP", f"Transport: {transport}", uri=f"{self.uri}/trackID=1").header("Session")
        return self.ask("PLAY", f"Session: {session.partition(';')[0]}")

    def packet(self) -> Packet:
        while self._exactly(1) != b"$":
            pass
        framing = self._exactly(3)
        rtp = self._exactly(int.from_bytes(framing[1:], "big"))
        numbers = (int.from_bytes(rtp[begin:end], "big") for begin, end in ((2, 4), (4, 8), (8, 12)))
        return Packet(framing[0], bool(rtp[1] & 0x80), rtp[1] & 0x7F, *numbers, rtp[12:])

    def picture(self) -> list[Packet]:
        """All packets of the next picture."""
        packets = [self.packet()]
        while not packets[-1].marker:
            packets.append(self.packet())
        return packets

    def has_hung_up(self) -> bool:
        """Waits for the end of the connection; False when it stays open and silent."""
        try:
            while self.file.read1(65536):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True

    def _exactly(self, length: int) -> bytes:
        data = self.file.read(length)
        if len(data) < length:
            raise EOFError("the camera hung up")
        return data


def _encrypted(plain: socket.socket, tls: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        return tls.wrap_socket(plain, server_hostname="127.0.0.1")
    except ssl.SSLError:
        plain.close()
        raise


def basic(username: str, password: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def digest(challenge: str, method: str, uri: str, username: str, password: str) -> str:
    """The answer to a Digest challenge, as RFC 7616 has it."""
    asked = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge.removeprefix("Digest ")))
    name = asked.get("algorithm", "MD5")

    def hashed(text: str) -> str:
        return hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[name], text.encode()).hexdigest()

    secret, act = hashed(f"{username}:{asked['realm']}:{password}"), hashed(f"{method}:{uri}")
    fields = {"username": username, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri, "algorithm": name}
    if "qop" in asked:
        fields |= {"qop": "auth", "nc": "00000001", "cnonce": "c0ffee"}
        fields["response"] = hashed(f"{secret}:{asked['nonce']}:00000001:c0ffee:auth:{act}")
    else:
        fields["response"] = hashed(f"{secret}:{asked['nonce']}:{act}")
    return "Authorization: Digest " + ", ".join(f'{key}="{value}"' for key, value in fields.items())
