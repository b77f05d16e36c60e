"""What /metrics tells, in few questions: one to the database, a handful to Redis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ..extensions import db
from ..models import Camera, Status
from . import live, sweep_record, system_facts
from .capacity import SWEEPS, Capacity
from .live import Counts, SweepState
from .queue_state import QueueState
from .shown import shown_status_sql
from .sweep_record import Tick
from .system_facts import Disk
from .system_status import count_cameras, estimate


@dataclass(frozen=True, slots=True)
class CameraMetric:
    id: str
    name: str
    status: str
    latency_ms: float | None


@dataclass(frozen=True, slots=True)
class Metrics:
    cameras: dict[str, int] | None
    """By the status that is shown; None: the database does not answer."""
    state: SweepState
    totals: Counts = Counts()
    last: Tick | None = None
    """The last sweep that came to its end."""
    capacity: Capacity | None = None
    disk: Disk | None = None
    each: list[CameraMetric] = field(default_factory=list)


def read(queues: Sequence[QueueState], now: datetime, per_camera: bool) -> Metrics:
    try:
        cameras: dict[str, int] | None = dict.fromkeys(Status, 0) | count_cameras(now)
        each = _each(now) if per_camera else []
        state = live.sweep_state(now)
    except SQLAlchemyError:
        db.session.rollback()
        cameras, each, state = None, [], SweepState(None, None, None, None, redis_ok=False)
    try:
        return _with_sweeps(Metrics(cameras, state, disk=system_facts.disk(), each=each), queues, now)
    except RedisError:
        return Metrics(cameras, state, disk=system_facts.disk(), each=each)


def _with_sweeps(found: Metrics, queues: Sequence[QueueState], now: datetime) -> Metrics:
    ticks = sweep_record.ticks(now, SWEEPS + 2)
    done = [tick for tick in sweep_record.settled(ticks, now) if tick.seconds is not None]
    last, room = (done[0] if done else None), estimate(ticks, queues, now)
    return Metrics(found.cameras, found.state, sweep_record.totals(), last, room, found.disk, found.each)


def _each(now: datetime) -> list[CameraMetric]:
    query = select(Camera.id, Camera.name, shown_status_sql(now).label("status"), Camera.latency_ms)
    return [CameraMetric(*row) for row in db.session.execute(query.order_by(Camera.id))]
