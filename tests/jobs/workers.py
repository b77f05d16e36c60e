"""Worker processes for tests, with everything they say."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path

from jobs import QueueName

ROOT = Path(__file__).parents[2]


class Worker:
    """`python -m jobs.worker` with everything it says."""

    def __init__(self, queue: QueueName, environ: dict[str, str], code: str = "") -> None:
        command = ["-c", code] if code else ["-m", "jobs.worker", queue]
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, *command],
            env=environ,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with self.process.stdout or nullcontext(()) as lines:
            self.said.extend(lines)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()

    @property
    def pid(self) -> int:
        return self.process.pid

    def horses(self) -> list[int]:
        """Its children: the process of the job it is at."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []
