"""Jobs of the sweep: ids in, one service call, nothing else."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from webapp.extensions import settings
from webapp.models import new_id, utc_now
from webapp.services import audit, reference_views, sweep, sweep_plan, users, windows

from . import QueueName, enqueue_all

log = logging.getLogger(__name__)


def tick() -> None:
    """Plan the tick we are in and hand its batches to the checks workers; before that, open maintenance windows."""
    try:
        windows.apply(utc_now())
    except Exception:  # whatever it is, cameras must be checked
        log.exception("Maintenance windows could not be applied.")
    plan = sweep_plan.plan(utc_now())
    start = int(plan.tick.timestamp())
    # Never the same name twice, also when Redis forgot this tick and it is planned again: a job that ends takes its
    # name with it, and would take a namesake that still waits, too.
    calls = {f"check-{start}-{number}-{new_id()[:8]}": (start, ids) for number, ids in enumerate(plan.batches)}
    # A batch that is late by more than an interval counts itself as skipped; one that nobody takes at all vanishes.
    ttl, timeout = 2 * settings.CHECK_INTERVAL_SECONDS, sweep.batch_seconds(settings.CHECK_BATCH)
    enqueue_all(QueueName.CHECKS, "jobs.health.check_batch", calls, ttl, timeout)


def check_batch(tick: int, ids: list[str]) -> None:
    """`tick` is the start of the interval, in seconds since 1970."""
    sweep.run_batch(datetime.fromtimestamp(tick, UTC), ids, utc_now())


def check_due(ids: list[str]) -> None:
    """Those of them that are due when their turn comes, in whichever tick that is."""
    now = utc_now()
    sweep.run_batch(sweep_plan.tick_of(now), ids, now)


def call_view_right(camera_id: str, user_id: str) -> None:
    """The camera's latest picture shows what it should, says this person; a check then judges it anew."""
    user = users.by_id(user_id)
    with audit.acting_as(user):
        reference_views.call_right(camera_id, user, utc_now())
    sweep.check_one(camera_id, utc_now())


def check_camera(camera_id: str) -> None:
    sweep.check_one(camera_id, utc_now())


def take_snapshot(camera_id: str, user_id: str) -> None:
    """The same check, whose picture is kept for the person who asked."""
    with audit.acting_as(users.by_id(user_id)):
        sweep.check_one(camera_id, utc_now(), is_manual=True)
