"""Bulk actions: all of one in a job, or at once where it is little."""

from __future__ import annotations

from contextlib import suppress

from webapp.extensions import settings
from webapp.models import new_id, utc_now
from webapp.services import audit, sweep_plan
from webapp.services.bulk import progress, running, starting

from . import Argument, QueueAway, QueueName, enqueue, enqueue_all, is_waiting

LONGEST_S = 3600
WRITING_S = 60
"""For what a batch of checks does besides checking."""


def start(bulk_id: str) -> None:
    """Have a worker do the action. Raises QueueAway."""
    # Never the same name twice: a job that ends takes its name with it, also from a namesake that still waits.
    name = f"bulk-{bulk_id}-{new_id()[:8]}"
    enqueue(QueueName.SLOW, "jobs.bulk.run", bulk_id, job_id=name, timeout=LONGEST_S)


def run(bulk_id: str) -> None:
    with audit.acting_as(starting.starter(bulk_id)):
        run_here(bulk_id)


def run_here(bulk_id: str) -> None:
    """Do the action now, as whoever acts."""
    for due in running.run(bulk_id, utc_now):
        with suppress(QueueAway):  # the next tick finds them due, too
            _check(due)


def go_on() -> None:
    """Take up again what a worker died over, or what Redis forgot."""
    for bulk_id in progress.left_behind(utc_now()):
        if not is_waiting(QueueName.SLOW, f"bulk-{bulk_id}"):
            start(bulk_id)


def forget_old() -> None:
    progress.forget_old(utc_now())


def _check(camera_ids: list[str]) -> None:
    """Among the batches of the sweep, not among the few that somebody waits for one by one."""
    if not camera_ids:
        return
    size = settings.CHECK_BATCH
    batches = [camera_ids[start : start + size] for start in range(0, len(camera_ids), size)]
    calls: dict[str, tuple[Argument, ...]] = {f"check-due-{new_id()}": (batch,) for batch in batches}
    timeout = sweep_plan.batch_budget(size).total_seconds() + WRITING_S
    enqueue_all(QueueName.CHECKS, "jobs.health.check_due", calls, 2 * settings.CHECK_INTERVAL_SECONDS, timeout)
