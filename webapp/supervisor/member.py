"""One process of the embedded mode: started, watched, restarted after a pause, stopped within a time limit."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from honcho.printer import Message
from honcho.process import Popen, Process

from ..lifeline import die_with_parent

ROOT = Path(__file__).parents[2]

STOP_SECONDS = 7.0
"""What a process gets to finish what it is at; if it then still runs, it is killed."""
STEADY_SECONDS = 30.0
"""A process that lived so long did not die at birth: its pauses begin anew."""
LONGEST_PAUSE_S = 30.0


@dataclass(slots=True)
class Member:
    """One process and what we want of it. `pid` is None between being started and having told so."""

    name: str
    command: str
    colour: str
    is_wanted: bool = False
    is_running: bool = False
    pid: int | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    """On the monotonic clock: not to be started before."""
    deaths: int = 0
    """In a row, each soon after the start."""
    told_to_stop_at: float | None = None

    @property
    def kind(self) -> str:
        return self.name.partition(".")[0]

    def start(self, environ: Mapping[str, str], events: queue.SimpleQueue[Message]) -> None:
        process = Process(self.command, name=self.name, colour=self.colour, env=dict(environ), cwd=ROOT)
        process._child_ctor = partial(Popen, preexec_fn=partial(die_with_parent, signal.SIGTERM, os.getpid()))
        self.is_running, self.started_at, self.told_to_stop_at = True, time.monotonic(), None
        # The thread lives as long as its process: to the kernel, the parent that may die is this very thread.
        threading.Thread(target=process.run, args=(events,), name=self.name, daemon=True).start()

    def ended(self) -> float:
        """Note its end; gives the seconds until it may be started again."""
        self.is_running, self.pid = False, None
        self.deaths = 0 if time.monotonic() - self.started_at > STEADY_SECONDS else self.deaths + 1
        pause = min(2.0 ** max(0, self.deaths - 1), LONGEST_PAUSE_S)
        self.start_at = time.monotonic() + pause
        return pause

    def see_to_its_end(self) -> None:
        """Ask it to stop, and later make it."""
        if self.pid is None:
            return
        if self.told_to_stop_at is None:
            self.told_to_stop_at = time.monotonic()
            _signal_group(self.pid, signal.SIGTERM)
        elif time.monotonic() - self.told_to_stop_at > STOP_SECONDS:
            _signal_group(self.pid, signal.SIGKILL)


def _signal_group(pid: int, number: signal.Signals) -> None:
    # Gone already: the thread that reads its output is about to say so.
    with suppress(ProcessLookupError):
        os.killpg(pid, number)
