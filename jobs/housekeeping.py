"""Clean-ups: those of the timetable, and those that a person asked for."""

from __future__ import annotations

from webapp.models import utc_now
from webapp.services.housekeeping import running

from . import LONGEST_S, QueueName, enqueue


def start(run_id: str) -> None:
    """Have a worker do what running.start() noted. Raises QueueAway."""
    name = f"housekeeping-{run_id}"
    enqueue(QueueName.SLOW, "jobs.housekeeping.run", run_id, job_id=name, timeout=LONGEST_S)


def run(run_id: str) -> None:
    running.run(run_id, utc_now)


def snapshots() -> None:
    _run_now("snapshots")


def health() -> None:
    _run_now("health")


def history() -> None:
    _run_now("history")


def database() -> None:
    _run_now("database")


def _run_now(name: str) -> None:
    running.run(running.start(name, is_dry=False, now=utc_now()), utc_now)
