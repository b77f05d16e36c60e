"""What every measurement needs: cameras in a process of their own, CPU and memory of a process, a book of figures."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LATEST = Path(__file__).parent / "latest.json"


@dataclass
class Figures:
    """Every figure of the run by name; the ratios are printed first."""

    ratios: list[tuple[str, float, str]] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def ratio(self, name: str, value: float, goal: str) -> None:
        self.ratios.append((name, value, goal))
        self.numbers[name] = value

    def note(self, text: str, **numbers: float) -> None:
        self.lines.append(text)
        self.numbers.update(numbers)

    def show(self) -> None:
        print("\nRatios")
        for name, value, goal in self.ratios:
            print(f"  {value:8.2f}  {name.replace('_', ' ')}  (goal: {goal})")
        print("\nFigures")
        for line in self.lines:
            print(f"  {line}")

    def save(self) -> None:
        LATEST.write_text(json.dumps({name: round(value, 4) for name, value in self.numbers.items()}, indent=1))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def cpu_seconds() -> float:
    """CPU this process and its ended children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def rss_mb(pid: int | None = None) -> float:
    """Resident memory of a process, MB."""
    pages = int(Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def process_cpu_seconds(pid: int) -> float:
    """CPU a running process has used so far, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def camera_farm() -> Iterator[tuple[str, int]]:
    """A simulator in a process of its own, so that its CPU is not ours: (its address 'host:port', its pid)."""
    port = free_port()
    command = [sys.executable, "-m", "simulator", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"127.0.0.1:{port}", process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"the simulator did not start on port {port}")


def worker(module: str, request: dict[str, Any]) -> dict[str, float]:
    """Run `python -m <module>` with the request as JSON on its standard input; its last line is its answer."""
    environ = os.environ | {"MALLOC_ARENA_MAX": "2"}  # as our workers bound it; all ways are measured alike
    command = [sys.executable, "-m", module]
    done = subprocess.run(command, input=json.dumps(request), env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{module} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer
