"""The one command, for real: it comes up, keeps a second one out, obeys, restarts, and goes without a trace."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.servers import free_port
from webapp.supervisor.member import ROOT

COMMAND = [sys.executable, "-m", "webapp.supervisor"]


class Run:
    """`python -m webapp.supervisor` with what it said so far."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            COMMAND, env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with self.process.stdout or nullcontext(()) as lines:
            for line in lines:
                self._lines.put(line)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def wait_for(self, text: str, seconds: float = 30.0) -> str:
        give_up = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.01, give_up - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"{text!r} was not said in time:\n{''.join(self.said)}")
            self.said.append(line)
            if text in line:
                return line


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    own = {"DATA_DIR": str(tmp_path_factory.mktemp("d")), "PORT": str(free_port()), "CHECK_INTERVAL_SECONDS": "5"}
    return os.environ | own | {"ADMIN_EMAIL": "a@example.com", "ADMIN_PASSWORD": "a long password"}


@pytest.fixture(scope="module")
def run(environ: dict[str, str]) -> Iterator[Run]:
    run = Run(environ)
    yield run
    run.end()


def ours(environ: dict[str, str]) -> dict[int, str]:
    """Every process that was started with this DATA_DIR: pid → command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={environ['DATA_DIR']}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, ValueError):
            continue
    return found


def tell(environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )


def test_it_comes_up_and_says_where(run: Run, environ: dict[str, str]) -> None:
    address = f"http://127.0.0.1:{environ['PORT']}"
    assert address in run.wait_for("is ready")
    with urlopen(f"{address}/healthz") as answer:
        assert answer.status == 200


def test_a_second_start_on_the_same_data_is_refused_with_a_reason(run: Run, environ: dict[str, str]) -> None:
    second = tell(environ | {"PORT": str(free_port())})
    assert second.returncode == 1
    assert f"already, as process {run.process.pid}" in second.stderr


def test_a_port_that_is_taken_is_named(environ: dict[str, str], tmp_path: Path) -> None:
    second = tell(environ | {"DATA_DIR": str(tmp_path)})
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1:{environ['PORT']}: Address already in use" in second.stderr


def test_a_port_of_the_demo_that_is_taken_is_named(environ: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        own = {"DATA_DIR": str(tmp_path), "PORT": str(free_port()), "SIMULATOR_PORT": port}
        refused = tell(environ | own, "--demo")
    assert refused.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use. Set another SIMULATOR_PORT" in refused.stderr


def test_an_address_that_is_not_ours_is_named(environ: dict[str, str], tmp_path: Path) -> None:
    refused = tell(environ | {"DATA_DIR": str(tmp_path), "HOST": "no.such.invalid"})
    assert refused.returncode == 1
    assert "cannot listen on no.such.invalid" in refused.stderr
    assert "Unknown error" not in refused.stderr


def test_it_serves_on_ipv6_and_keeps_its_files_to_itself(environ: dict[str, str], tmp_path: Path) -> None:
    run = Run(environ | {"DATA_DIR": str(tmp_path / "d"), "PORT": str(port := free_port()), "HOST": "::1"})
    try:
        run.wait_for(f"is ready: http://[::1]:{port}")
        files = [path for path in (tmp_path / "d").rglob("*") if path.is_file() or path.is_socket()]
        assert {"camkeeper.db", "secret.key", "supervisor.lock"} <= {path.name for path in files}
        assert {path.name: oct(path.stat().st_mode & 0o077) for path in files if path.stat().st_mode & 0o077} == {}
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(15) == 0
    finally:
        run.end()


def test_a_data_folder_too_deep_for_a_socket_is_refused(environ: dict[str, str], tmp_path: Path) -> None:
    deep = tell(environ | {"DATA_DIR": str(tmp_path / ("x" * 120)), "PORT": str(free_port())})
    assert deep.returncode == 1
    assert "Choose a shorter DATA_DIR" in deep.stderr


def test_a_killed_worker_is_started_again(run: Run, environ: dict[str, str]) -> None:
    worker = next(pid for pid, command in ours(environ).items() if "jobs.worker checks" in command)
    os.kill(worker, signal.SIGKILL)
    run.wait_for("has ended (-9) and is started again")
    run.wait_for("serves the queue checks")


def test_checks_stop_and_start_by_hand(run: Run, environ: dict[str, str]) -> None:
    assert tell(environ, "stop", "checks").stdout == "Stopping checks.1, checks.2.\n"
    for name in ("has stopped", "has stopped"):
        run.wait_for(name)
    assert not any("jobs.worker checks" in command for command in ours(environ).values())
    assert tell(environ, "start", "checks").stdout == "Starting checks.1, checks.2.\n"
    run.wait_for("serves the queue checks")


def test_ctrl_c_stops_everything_in_ten_seconds(run: Run, environ: dict[str, str]) -> None:
    started = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(15) == 0
    assert time.monotonic() - started < 10
    assert ours(environ) == {}


def test_telling_one_that_does_not_run_says_so(run: Run, environ: dict[str, str]) -> None:
    answer = tell(environ, "stop", "checks")
    assert answer.returncode == 1
    assert "No Camkeeper runs" in answer.stderr
