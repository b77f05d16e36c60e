"""What is known of a queue of background work and of those who serve it; jobs/survey.py finds it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WORKER_SILENT = timedelta(seconds=120)
"""A worker says that it lives when a job ends, and every 30 to 45 seconds besides."""
PURPOSES = {
    "tick": "plans each sweep",
    "checks": "checks the cameras of a sweep",
    "now": "does what somebody waits for: check now, connection tests",
    "slow": "does long work: imports, bulk actions, reports, clean-up",
}
WITHOUT = {
    "tick": "No sweep is planned, so no camera is checked.",
    "checks": "No camera is checked.",
    "now": "“Check now” and connection tests wait.",
    "slow": "Imports, bulk actions, reports and clean-up wait.",
}
"""What does not happen while nobody serves a queue."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    host: str
    pid: int
    is_busy: bool
    heard_at: datetime | None

    def is_heard(self, now: datetime) -> bool:
        return self.heard_at is not None and now - self.heard_at < WORKER_SILENT


@dataclass(frozen=True, slots=True)
class QueueState:
    name: str
    waiting: int
    oldest_at: datetime | None
    """Since when the first in the queue waits."""
    workers: tuple[WorkerState, ...]

    @property
    def busy(self) -> int:
        return sum(worker.is_busy for worker in self.workers)

    @property
    def heard_at(self) -> datetime | None:
        return max((worker.heard_at for worker in self.workers if worker.heard_at), default=None)

    @property
    def purpose(self) -> str:
        return PURPOSES.get(self.name, "")

    def waits(self, now: datetime) -> timedelta:
        """How long the first in the queue has waited."""
        return max(now - self.oldest_at, timedelta(0)) if self.oldest_at else timedelta(0)


def serving(queues: Sequence[QueueState], name: str) -> int:
    return sum(len(queue.workers) for queue in queues if queue.name == name)
