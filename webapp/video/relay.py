"""Stands between camera and decoder during a grab: the decoder sees our RTSP server, and of the camera only packets.

FFmpeg follows redirects and takes the login along. Here it has no login, and every answer it gets is ours.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import select
import socket
import threading
from typing import Self

from webapp.video.dialogue import Stream
from webapp.video.failure import Deadline

_MAX_REQUEST = 16 * 1024
_STRANGER_S = 1.0
_CHUNK = 128 * 1024
_REQUEST = re.compile(rb"([A-Z_]{1,20}) (\S{1,200}) RTSP/1\.0\r\n(?:.*\r\n)?CSeq: (\d{1,9})\r\n", re.DOTALL)


class Relay:
    """Use it in `with`; give `url` to the decoder, and close the decoder before leaving."""

    def __init__(self, stream: Stream, deadline: Deadline) -> None:
        self._camera = stream.connection
        self._deadline = deadline
        self._door = socket.create_server(("127.0.0.1", 0), backlog=4)
        self.url = f"rtsp://127.0.0.1:{self._door.getsockname()[1]}/{secrets.token_urlsafe(16)}"
        self._answers = _answers(stream)
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._shut()  # wakes the thread where nobody came
        self._thread.join()
        self._door.close()

    def _shut(self) -> None:
        with contextlib.suppress(OSError):  # it was shut before
            self._door.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        with contextlib.suppress(OSError), self._decoder() as decoder:  # it may leave at any time, or not come
            self._pump(decoder)

    def _decoder(self) -> socket.socket:
        """The first connection that knows our URL, with PLAY answered. Raises OSError when none comes."""
        while (left := self._deadline.left()) > 0:
            self._door.settimeout(left)
            decoder, _ = self._door.accept()
            decoder.settimeout(min(left, _STRANGER_S))
            try:
                self._answer_until_play(decoder)
            except OSError:
                decoder.close()
            else:
                return decoder
        raise TimeoutError

    def _answer_until_play(self, decoder: socket.socket) -> None:
        method = ""
        while method != "PLAY":
            method, url, cseq = _request(decoder)
            if not url.startswith(self.url) or method not in self._answers:
                raise ConnectionAbortedError
            if method == "PLAY":
                self._shut()
            decoder.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n{self._answers[method]}".encode())

    def _pump(self, decoder: socket.socket) -> None:
        """Packets one way; what the decoder says after PLAY ends here, as nothing of it matters to a short grab."""
        decoder.settimeout(max(0.001, self._deadline.left()))
        decoder.sendall(self._camera.received())
        buffer = memoryview(bytearray(_CHUNK))
        poll = select.poll()
        for side in (self._camera, decoder):
            poll.register(side, select.POLLIN)
        while ready := poll.poll(max(0.0, self._deadline.left()) * 1000):
            sides = {descriptor for descriptor, _ in ready}
            if decoder.fileno() in sides and _has_left(decoder):
                return
            if self._camera.fileno() in sides and not self._passed_on(decoder, buffer):
                return

    def _passed_on(self, decoder: socket.socket, buffer: memoryview) -> bool:
        """False when the camera has hung up."""
        size = self._camera.take_into(buffer)
        if size:
            decoder.sendall(buffer[:size])
        return size != 0


def _answers(stream: Stream) -> dict[str, str]:
    """What follows the CSeq header, by method."""
    description = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "t=0 0", *stream.description.media, "a=control:video", ""]
    body = "\r\n".join(description)
    return {
        "OPTIONS": "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n",
        "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}",
        "SETUP": f"Transport: RTP/AVP/TCP;unicast;interleaved={stream.channels}\r\nSession: 1\r\n\r\n",
        "PLAY": "Session: 1\r\n\r\n",
    }


def _request(decoder: socket.socket) -> tuple[str, str, str]:
    """Method, URL and CSeq. Raises OSError for anything that is no request of FFmpeg's."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        received = decoder.recv(4096)
        head += received
        if not received or len(head) > _MAX_REQUEST:
            raise ConnectionAbortedError
    request = _REQUEST.match(head)
    if not request:
        raise ConnectionAbortedError
    return request[1].decode(), request[2].decode("latin-1"), request[3].decode()


def _has_left(decoder: socket.socket) -> bool:
    return not decoder.recv(4096)
