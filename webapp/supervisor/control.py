"""Orders to a running supervisor, one line each, over a private socket in the data folder."""

from __future__ import annotations

import queue
import socket
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

ANSWER_SECONDS = 5.0
LONGEST_ORDER = 200


@dataclass(frozen=True, slots=True)
class Order:
    text: str
    answer: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)


def socket_path(data_dir: Path) -> Path:
    return data_dir / "control.sock"


def listen(path: Path, orders: queue.SimpleQueue[Order]) -> None:
    """Take orders from now on, in a thread of its own; whoever reads `orders` answers them."""
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    try:
        server.bind(str(path))
    except OSError as error:
        sys.exit(f"The control socket {path} cannot be made: {error}. Choose a shorter or writable DATA_DIR.")
    path.chmod(0o600)
    server.listen()
    threading.Thread(target=_serve, args=(server, orders), name="control", daemon=True).start()


def _serve(server: socket.socket, orders: queue.SimpleQueue[Order]) -> None:
    while True:
        connection, _ = server.accept()
        with connection:
            try:
                connection.settimeout(ANSWER_SECONDS)
                order = Order(connection.recv(LONGEST_ORDER).decode(errors="replace").strip())
                orders.put(order)
                connection.sendall(order.answer.get(timeout=ANSWER_SECONDS).encode())
            except (OSError, queue.Empty):
                continue  # whoever asked has gone, or we are busy stopping; the next one may ask again


def ask(path: Path, text: str) -> str:
    """The answer of the supervisor that runs on this data folder; OSError when none does."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2 * ANSWER_SECONDS)
        connection.connect(str(path))
        connection.sendall(text.encode() + b"\n")
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode()
