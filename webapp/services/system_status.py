"""One reading of the whole system, for every door that shows it: the status page, /metrics and `flask doctor`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from ..extensions import db, settings
from ..models import Camera, Status
from . import capacity, live, readiness, sweep_record, system_checks, system_facts
from .capacity import Capacity
from .grid import EMBEDDED_CAMERAS
from .live import SweepState
from .queue_state import QueueState, serving
from .shown import shown_status_sql
from .sweep_record import Tick
from .system_checks import Check, Level
from .system_facts import Disk, Measured

SHOWN = 60
"""Ticks on the page: an hour at one a minute."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SystemStatus:
    at: datetime
    checks: tuple[Check, ...]
    """What fails comes first."""
    state: SweepState
    ticks: tuple[Tick, ...]
    """The running one first."""
    queues: tuple[QueueState, ...]
    capacity: Capacity | None
    cameras: dict[str, int] | None
    """By the status that is shown; None: the database does not answer."""
    database_bytes: int | None
    disk: Disk | None
    measured: Measured | None

    @property
    def level(self) -> Level:
        return system_checks.worst(self.checks)

    @property
    def interval(self) -> int:
        return settings.CHECK_INTERVAL_SECONDS

    @property
    def is_embedded(self) -> bool:
        return settings.is_embedded

    @property
    def storage(self) -> str:
        return settings.STORAGE

    def at_level(self, level: Level) -> list[Check]:
        return [check for check in self.checks if check.level == level]


def read(queues: Sequence[QueueState] | None, now: datetime) -> SystemStatus:
    """`queues` as jobs.survey found them; None when Redis does not answer. Never raises for a part that is away."""
    failures = readiness.failures(now)
    database_ok = "database" not in failures
    state = live.sweep_state(now) if database_ok else live.SweepState(None, None, None, None, redis_ok=False)
    ticks: Sequence[Tick] = _of_redis(lambda: sweep_record.ticks(now, SHOWN), [])
    room = estimate(ticks, queues or (), now)
    cameras = _of_database(lambda: count_cameras(now)) if database_ok else None
    disk = system_facts.disk()
    found = [*system_checks.answering(failures), *_of_sweep(state, ticks, queues, room, now)]
    found += _of_ground(cameras, disk)
    return SystemStatus(
        at=now,
        checks=tuple(sorted(found, key=lambda check: -system_checks.SEVERITY[check.level])),
        state=state,
        ticks=tuple(ticks),
        queues=tuple(queues or ()),
        capacity=room,
        cameras=cameras,
        database_bytes=_of_database(system_facts.database_bytes) if database_ok else None,
        disk=disk,
        measured=_of_redis(system_facts.measured_storage, None),
    )


def estimate(ticks: Sequence[Tick], queues: Sequence[QueueState], now: datetime) -> Capacity | None:
    settled = sweep_record.settled(ticks, now)
    workers = serving(queues, "checks")
    return capacity.estimate(settled, workers, settings.CHECK_INTERVAL_SECONDS, settings.CHECK_BATCH)


def count_cameras(now: datetime) -> dict[str, int]:
    """How many cameras show which status."""
    status = shown_status_sql(now).label("status")
    rows = db.session.execute(select(status, func.count().label("number")).select_from(Camera).group_by(status))
    return {row.status: row.number for row in rows}


def _of_sweep(
    state: SweepState, ticks: Sequence[Tick], queues: Sequence[QueueState] | None, room: Capacity | None, now: datetime
) -> list[Check]:
    """What can be said only while Redis answers."""
    if not state.redis_ok or queues is None:
        return []
    interval = settings.CHECK_INTERVAL_SECONDS
    return [
        system_checks.scheduler(state, now),
        *(system_checks.workers(queue) for queue in queues),
        *(system_checks.waiting(queue, now, interval) for queue in queues),
        system_checks.sweep(state, now),
        system_checks.losses(sweep_record.settled(ticks, now)),
        system_checks.room(room),
    ]


def _of_ground(cameras: dict[str, int] | None, disk: Disk | None) -> list[Check]:
    found = [system_checks.free(disk)] if disk else []
    if cameras is not None and settings.is_embedded:
        found.append(system_checks.size(sum(cameras.values()) - cameras.get(Status.DISABLED, 0), EMBEDDED_CAMERAS))
    skew = _of_database(system_facts.clock_skew) if cameras is not None else None
    return [*found, system_checks.clocks(skew)] if skew is not None else found


def _of_redis(ask: Callable[[], T], otherwise: T) -> T:
    try:
        return ask()
    except RedisError:
        return otherwise


def _of_database(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except SQLAlchemyError:
        db.session.rollback()
        return None
