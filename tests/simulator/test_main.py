"""The farm as a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from simulator import control

FARM = [sys.executable, "-m", "simulator"]


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    with subprocess.Popen([*FARM, "--port", "0", *arguments], stdout=subprocess.PIPE, text=True) as farm:
        try:
            assert farm.stdout is not None
            yield farm, int(farm.stdout.readline().rsplit(":", 1)[1])
        finally:
            farm.kill()


def test_it_serves_the_demo_fleet() -> None:
    with started() as (_, port):
        status, text = control.ask(port, None)
    assert (status, len(text.splitlines())) == (200, 46)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    with started("--fleet", "none") as (farm, port), socket.create_connection(("127.0.0.1", port), timeout=5):
        farm.send_signal(number)
        assert farm.wait(timeout=5) == 0


def test_it_says_when_the_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [*FARM, "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "cannot listen" in done.stderr
