"""An S3 server that is away, silent, slow, broken or something else costs bounded time and says so."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.servers import StorageOptions, free_port
from tests.storage import JPEG, at_most, s3_at
from webapp.storage import (
    DeleteFailure,
    S3Storage,
    StorageUnavailable,
)


@contextmanager
def server_that(answers: Callable[[socket.socket], object]) -> Iterator[str]:
    """A TCP server that does one thing with each connection; yields host:port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        open_ones: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                open_ones.append(connection)
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        def answer(connection: socket.socket) -> None:
            with suppress(OSError):
                answers(connection)

        server = threading.Thread(target=serve)
        server.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            server.join()
            for connection in open_ones:
                connection.close()


def says(text: str) -> Callable[[socket.socket], None]:
    """An answer to each request on the connection."""

    def answer(connection: socket.socket) -> None:
        while connection.recv(65536):
            connection.sendall(text.replace("\n", "\r\n").encode())

    return answer


def trickle(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(50):
        connection.sendall(b"x")
        time.sleep(0.1)


def test_a_server_that_is_away_is_known_at_once() -> None:
    storage = s3_at(f"127.0.0.1:{free_port()}")
    with at_most(1), pytest.raises(StorageUnavailable, match=r"refuses the connection.*S3_ENDPOINT"):
        storage.put("a.jpg", JPEG)


def test_a_server_that_never_answers_costs_less_than_eight_seconds() -> None:
    with server_that(lambda connection: time.sleep(30)) as endpoint:
        storage = s3_at(endpoint)
        with at_most(8), pytest.raises(StorageUnavailable, match="no answer within 3 s"):
            storage.put("a.jpg", JPEG)


def test_server_errors_are_unavailable_and_retry_after_is_not_obeyed() -> None:
    busy = "HTTP/1.1 503 Slow Down\nRetry-After: 5\nContent-Length: 0\n\n"
    with server_that(says(busy)) as endpoint:
        for ask in (lambda: s3_at(endpoint).put("a.jpg", JPEG), lambda: list(s3_at(endpoint).list())):
            with at_most(1), pytest.raises(StorageUnavailable, match="server errors"):
                ask()


def test_a_server_error_that_passes_is_not_noticed(options: StorageOptions) -> None:
    answers = iter(["HTTP/1.1 503 Slow Down\nContent-Length: 0\n\n"])
    good = 'HTTP/1.1 200 OK\nETag: "0"\nContent-Length: 0\n\n'

    def once(connection: socket.socket) -> None:
        while connection.recv(65536):
            connection.sendall(next(answers, good).replace("\n", "\r\n").encode())

    with server_that(once) as endpoint:
        s3_at(endpoint).put("a.jpg", JPEG)


def test_a_redirect_is_not_followed() -> None:
    reached = threading.Event()
    with (
        server_that(lambda connection: reached.set()) as elsewhere,
        server_that(says(f"HTTP/1.1 307 X\nLocation: http://{elsewhere}/\nContent-Length: 0\n\n")) as endpoint,
        pytest.raises(StorageUnavailable),
    ):
        s3_at(endpoint).get("a.jpg")
    assert not reached.is_set()


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 5\n\nhello",
        "HTTP/1.1 404 X\nContent-Type: application/xml\nContent-Length: 5\n\nhello",
        "HTTP/1.1 403 X\nContent-Type: text/html\nContent-Length: 5\n\nhello",
        "SSH-2.0-OpenSSH_9.2\n",
    ],
    ids=["a web page", "broken XML", "a web page with 403", "another protocol"],
)
def test_an_answer_that_is_not_s3_is_unavailable(answer: str) -> None:
    with server_that(says(answer)) as endpoint, at_most(8), pytest.raises(StorageUnavailable):
        list(s3_at(endpoint).list())


def test_an_answer_that_is_cut_off_is_unavailable() -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nshort")
        connection.shutdown(socket.SHUT_RDWR)

    with server_that(hang_up) as endpoint, at_most(1), pytest.raises(StorageUnavailable):
        s3_at(endpoint).get("a.jpg")


def test_bytes_that_trickle_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.storage.s3.TRANSFER_SECONDS", 1.0)
    with server_that(trickle) as endpoint, at_most(3), pytest.raises(StorageUnavailable, match="too slowly"):
        s3_at(endpoint).get("a.jpg")


def test_no_error_shows_a_secret() -> None:
    storage = S3Storage(f"127.0.0.1:{free_port()}", "the-access-key", "the-secret-key", "camkeeper")
    with pytest.raises(StorageUnavailable) as caught:
        storage.put("a.jpg", JPEG)
    assert "the-" not in f"{caught.value!r} {caught.value.__cause__!r} {storage!r}"


def test_what_cannot_be_deleted_is_named() -> None:
    listing = """<ListBucketResult><Name>camkeeper</Name><IsTruncated>false</IsTruncated>
    <Contents><Key>day/a.jpg</Key><Size>1</Size><LastModified>2026-11-01T00:00:00.000Z</LastModified></Contents>
    </ListBucketResult>"""
    refusal = """<DeleteResult><Error><Key>day/a.jpg</Key><Code>AccessDenied</Code><Message>locked</Message></Error>
    </DeleteResult>"""

    def answer(connection: socket.socket) -> None:
        while request := connection.recv(65536):
            body = refusal if request.startswith(b"POST") else listing
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall((head + body).encode())

    with server_that(answer) as endpoint:
        assert s3_at(endpoint).delete_prefix("day/") == (DeleteFailure("day/a.jpg", "AccessDenied: locked"),)
