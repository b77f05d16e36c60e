"""A camera that follows a script, over a real socket: for what no simulated camera does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Talk = Callable[["Conversation"], None]
"""What the camera does with each connection; when it returns, the camera hangs up."""

SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=framerate:12.5\r\n"


class Conversation:
    """One connection, seen from the camera."""

    def __init__(self, stream: socket.socket, number: int) -> None:
        self.number = number
        """0 for the first connection, 1 for the second."""
        self.is_over = threading.Event()
        self._stream = stream
        self._received = b""

    def request(self) -> str:
        """The next request, empty when the viewer has left."""
        while b"\r\n\r\n" not in self._received:
            chunk = self._stream.recv(4096)
            if not chunk:
                return ""
            self._received += chunk
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        return head.decode()

    def say(self, data: bytes | str) -> None:
        self._stream.sendall(data.encode() if isinstance(data, str) else data)

    def answer(self, status: int = 200, *headers: str, body: str = "", seen: list[str] | None = None) -> str:
        """Waits for a request, notes it in `seen`, answers it, and gives that request."""
        request = self.request()
        if seen is not None:
            seen.append(request)
        length = [f"Content-Length: {len(body)}"] if body else []
        self.say("\r\n".join([f"RTSP/1.0 {status} Whatever", "CSeq: 1", *headers, *length, "", body]))
        return request

    def wait(self) -> None:
        """Until the test is over."""
        self.is_over.wait(30)


class ScriptedCamera:
    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._server = socket.create_server(("127.0.0.1", 0))
        self._conversations: list[Conversation] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.port = self._server.getsockname()[1]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for conversation in self._conversations:
            conversation.is_over.set()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                stream, _ = self._server.accept()
                conversation = Conversation(stream, len(self._conversations))
                self._conversations.append(conversation)
                thread = threading.Thread(target=self._serve, args=(stream, conversation))
                self._threads.append(thread)
                thread.start()

    def _serve(self, stream: socket.socket, conversation: Conversation) -> None:
        with stream, contextlib.suppress(OSError):
            self._talk(conversation)
