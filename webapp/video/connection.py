"""One connection to a camera: plain sockets, every wait inside the deadline, every answer bounded."""

from __future__ import annotations

import contextlib
import errno
import functools
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from webapp.outcomes import Outcome
from webapp.video import messages
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.messages import Response
from webapp.video.stream_url import StreamUrl

_CHUNK = 16 * 1024
_MAX_RECEIVED = 4 * (messages.MAX_HEAD + messages.MAX_BODY)
_UNREACHABLE = {errno.EHOSTUNREACH, errno.EHOSTDOWN}
_CUT_OFF = {errno.ENETUNREACH, errno.ENETDOWN}
_SILENT = "The camera accepted the connection, but did not answer in time."


class Connection:
    """Ask, get an answer, close. After the answer to PLAY its bytes are taken as they come."""

    def __init__(self, stream: socket.socket, deadline: Deadline) -> None:
        self._socket = stream
        self._deadline = deadline
        self._received = bytearray()
        self._total = 0

    @classmethod
    def open(cls, url: StreamUrl, ips: list[str], connect_s: float, deadline: Deadline) -> tuple[Connection, str]:
        """Connects to the first address that accepts, TLS included; returns the connection and that address."""
        stream, ip = _connect(ips, url.port, deadline.sooner(connect_s))
        if not url.is_encrypted:
            return cls(stream, deadline), ip
        return cls(_encrypt(stream, url.host, deadline), deadline), ip

    def close(self) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, request: bytes, among_packets: bool = False) -> Response:
        """Raises HungUp when the camera closes the connection instead of answering.

        `among_packets`: some cameras send the first packets before they answer PLAY; these are lost.
        """
        with _clear_errors(_SILENT):
            self._socket.settimeout(self._deadline.left_or_fail(_SILENT))
            self._socket.sendall(request)
            while among_packets and self._dropped_packet():
                pass
            return self._response()

    def say(self, request: bytes) -> None:
        """Waits for no answer, nor for room to send it in: a camera that does not take it has gone anyway."""
        with contextlib.suppress(OSError):
            self._socket.setblocking(False)
            self._socket.send(request)

    def received(self) -> bytes:
        """What came after the last answer. From now on take_into() gives what comes, and never waits."""
        self._socket.setblocking(False)
        return bytes(self._received)

    def take_into(self, buffer: memoryview) -> int | None:
        """How many bytes were there to be taken; 0 when the camera has hung up, None when there is nothing yet.

        TLS hands out whole records of at most 16 KiB: with no smaller a buffer nothing stays behind unseen by poll.
        """
        try:
            return self._socket.recv_into(buffer)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError:
            return 0

    def _dropped_packet(self) -> bool:
        while not self._received:
            self._receive()
        if not self._received.startswith(b"$"):
            return False
        while (end := messages.end_of_packet(self._received)) is None or len(self._received) < end:
            self._receive()
        del self._received[:end]
        return True

    def _response(self) -> Response:
        span = None
        searched = 0
        while span is None:
            self._drop_empty_lines()
            messages.check_beginning(bytes(self._received[: messages.MAX_STATUS_LINE]))
            span = messages.end_of_head(self._received, searched)
            searched = len(self._received)
            if span is None:
                self._receive()
        head = messages.parse_head(bytes(self._received[: span[0]]))
        end = span[1] + messages.content_length(head)
        while len(self._received) < end:
            self._receive()
        body = bytes(self._received[span[1] : end])
        del self._received[:end]
        return Response(head, body)

    def _drop_empty_lines(self) -> None:
        """Some cameras send an empty line or two after the body of their last answer."""
        if self._received.startswith((b"\r", b"\n")):
            self._received = self._received.lstrip(b"\r\n")

    def _receive(self) -> None:
        self._socket.settimeout(self._deadline.left_or_fail(_SILENT))
        chunk = self._socket.recv(_CHUNK)
        if not chunk:
            raise HungUp
        self._received += chunk
        self._total += len(chunk)
        if self._total > _MAX_RECEIVED:
            raise CheckFailed(Outcome.PROTOCOL_ERROR, "The camera sends far more than a stream description needs.")


class HungUp(CheckFailed):
    """The camera closed the connection; after a 401 this is how some ask for a new one."""

    def __init__(self) -> None:
        super().__init__(
            Outcome.PROTOCOL_ERROR,
            "The camera closed the connection without an answer. It may have reached its connection limit.",
        )


def _connect(ips: list[str], port: int, deadline: Deadline) -> tuple[socket.socket, str]:
    """Each address gets an equal share of the time that is left; the last one's failure is the answer."""
    ip, *others = ips
    too_late = "The camera did not accept the connection in time."
    try:
        with _clear_errors(too_late):
            return socket.create_connection((ip, port), timeout=deadline.left_or_fail(too_late) / len(ips)), ip
    except CheckFailed:
        if not others:
            raise
    return _connect(others, port, deadline)


def _encrypt(stream: socket.socket, host: str, deadline: Deadline) -> ssl.SSLSocket:
    try:
        with _clear_errors("The camera did not finish the TLS handshake in time."):
            stream.settimeout(deadline.left_or_fail("The camera did not finish the TLS handshake in time."))
            return _tls().wrap_socket(stream, server_hostname=host)
    except HungUp:
        stream.close()
        raise CheckFailed(Outcome.TLS_ERROR, "The camera closed the connection during the TLS handshake.") from None
    except BaseException:
        stream.close()
        raise


@functools.cache
def _tls() -> ssl.SSLContext:
    """Encrypts without asking whom it talks to: cameras carry self-signed certificates; the decoder checks none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _clear_errors(too_late: str) -> Iterator[None]:
    """Socket errors as outcomes. What is left over (no file handles, no local port) is our own fault and passes.

    A host that is cut off from a whole network cannot say anything of the cameras in it: that is our own fault, too.
    """
    try:
        yield
    except TimeoutError:
        raise CheckFailed(Outcome.TIMEOUT, too_late) from None
    except ssl.SSLError as error:
        raise CheckFailed(Outcome.TLS_ERROR, f"The TLS connection failed ({_reason(error)}).") from None
    except ConnectionRefusedError:
        raise CheckFailed(Outcome.REFUSED, "The address answers, but nothing listens on this port.") from None
    except ConnectionError:
        raise HungUp from None
    except OSError as error:
        if error.errno in _CUT_OFF:
            raise CheckFailed(Outcome.INTERNAL_ERROR, "The camera's network cannot be reached from here.") from None
        if error.errno not in _UNREACHABLE:
            raise
        raise CheckFailed(Outcome.TIMEOUT, "There is no way to this address from here (host unreachable).") from None


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "connection closed").replace("_", " ").lower()
