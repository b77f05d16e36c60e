"""Whether Camkeeper itself keeps up: sweeps, queues, room for more cameras."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import TypedDict

import jobs
from jobs import survey

from .. import access
from ..models import utc_now
from ..services import groups, system_status
from ..services.queue_state import QueueState
from ..services.system_status import SystemStatus
from .answers import Answer
from .operations import operation


class CheckShape(TypedDict):
    name: str
    level: str
    sentence: str
    remedy: str


class QueueShape(TypedDict):
    name: str
    waiting: int
    workers: int
    busy: int


class StatusShape(TypedDict):
    """`cameras` are those that you may see, by status. `room_for` is the number that a sweep would manage; null as long
    as that cannot be told."""

    at: datetime
    level: str
    checks: list[CheckShape]
    queues: list[QueueShape]
    cameras: dict[str, int] | None
    last_results_at: datetime | None
    stale_since: datetime | None
    room_for: int | None


@operation("GET", "/status", "cameras:read", answer=StatusShape)
def show() -> Answer:
    """Whether the sweep keeps up, and what to do when it does not."""
    now = utc_now()
    found = system_status.read(_queues(now), now)
    queues = [
        {"name": queue.name, "waiting": queue.waiting, "workers": len(queue.workers), "busy": queue.busy}
        for queue in found.queues
    ]
    checks = [
        {"name": check.name, "level": str(check.level), "sentence": check.sentence, "remedy": check.remedy}
        for check in found.checks
    ]
    return Answer(
        {
            "at": found.at,
            "level": str(found.level),
            "checks": checks,
            "queues": queues,
            "cameras": _cameras(found, now),
            "last_results_at": found.state.done_at,
            "stale_since": found.state.stale_since,
            "room_for": found.capacity.fits if found.capacity else None,
        }
    )


def _queues(now: datetime) -> list[QueueState] | None:
    try:
        return survey.queues(now)
    except jobs.QueueAway:
        return None


def _cameras(found: SystemStatus, now: datetime) -> dict[str, int] | None:
    scope = access.scope("cameras:read")
    if found.cameras is None or scope.is_everything:
        return found.cameras
    return {str(status): number for status, number in groups.tree(now, scope).counts.items()}
