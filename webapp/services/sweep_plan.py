"""Who is checked next: the cameras due in a tick, in batches, and the claim that keeps two workers off one camera."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, case, func, not_, or_, select, update

from ..extensions import db, redis_client, settings, transaction
from ..models import Camera, Status
from . import live

cameras = Camera.__table__


@dataclass(frozen=True, slots=True)
class Plan:
    tick: datetime
    batches: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A camera that we alone may check until `claimed_until`, and what the check needs to know of it."""

    id: str
    version: int
    claimed_until: datetime
    rtsp_url: str
    """Of the stream that is checked."""
    username: str | None
    password_encrypted: str | None = field(repr=False)
    fps: float | None
    fps_source: str | None

    @property
    def measure_fps(self) -> bool:
        """Somebody said how many frames it should send, and nobody has counted them: this check takes the time."""
        return self.fps is not None and self.fps_source != "measured"


def interval() -> timedelta:
    return timedelta(seconds=settings.CHECK_INTERVAL_SECONDS)


def tick_of(now: datetime) -> datetime:
    """The start of the interval that `now` lies in; all hosts agree on it, because intervals count from 1970."""
    seconds = settings.CHECK_INTERVAL_SECONDS
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def plan(now: datetime) -> Plan:
    """The batches of this tick, for the first who asks; a tick that is delivered again plans nothing."""
    tick = tick_of(now)
    key = f"tick:{int(tick.timestamp())}"
    if not redis_client.set(key, 1, nx=True, ex=2 * settings.CHECK_INTERVAL_SECONDS):
        return Plan(tick)
    batches = _batches(tick, now)
    live.note_planned(tick, sum(map(len, batches)), now)
    return Plan(tick, batches)


def _batches(tick: datetime, now: datetime) -> tuple[tuple[str, ...], ...]:
    # Cameras that fail, or were never seen, make their whole batch wait for time-outs; they go last and by themselves,
    # so that the healthy ones keep their pace. Ids are random, so their order mixes the sites: no switch is flooded.
    is_doubtful = or_(cameras.c.failures > 0, cameras.c.status.in_((Status.IDLE, Status.OFFLINE)))
    # A camera that the last tick is still at will be free in seconds, so it is planned too, at the end of its lane.
    order = (not_(_is_free(now)), cameras.c.id)
    found = db.session.execute(select(cameras.c.id, is_doubtful).where(*_due(tick)).order_by(*order)).all()
    db.session.commit()
    lanes = [tuple(id for id, doubtful in found if bool(doubtful) is lane) for lane in (False, True)]
    size = settings.CHECK_BATCH
    return tuple(lane[start : start + size] for lane in lanes for start in range(0, len(lane), size))


def claim(ids: Sequence[str], tick: datetime, now: datetime, force: bool = False) -> list[Claim]:
    """Those of `ids` that are due in this tick and that nobody else is checking.

    With `force` also those that are not due, and those of somebody else, whose result then no longer counts. A claim
    ends by itself when a batch of this size must long be over, so a worker that died blocks no camera.
    """
    until = now + batch_budget(len(ids)) + timedelta(seconds=settings.CHECK_DEADLINE_SECONDS)
    conditions = [cameras.c.is_active.is_(True)] if force else [_is_free(now), *_due(tick)]
    c = cameras.c
    fields = (c.id, c.version, _checked_url(), c.username, c.password_encrypted, c.fps, c.fps_source)
    statement = update(cameras).where(cameras.c.id.in_(ids), *conditions).values(claimed_until=until).returning(*fields)
    with transaction():
        found = db.session.execute(statement).all()
    return [Claim(claimed_until=until, **row._mapping) for row in found]


def _checked_url() -> ColumnElement[str]:
    """Camera.checked_url in SQL."""
    c = cameras.c
    return case((c.stream == "sub", func.coalesce(c.sub_rtsp_url, c.rtsp_url)), else_=c.rtsp_url).label("rtsp_url")


def batch_budget(size: int) -> timedelta:
    """The longest time the checks of a batch may take together."""
    rounds = math.ceil(size / settings.CHECK_THREADS)
    return timedelta(seconds=rounds * settings.CHECK_DEADLINE_SECONDS + 1)


def _due(tick: datetime) -> list[ColumnElement[bool]]:
    """What was tried in the future was tried before the clock was put back: it must not wait until that comes again."""
    end = tick + interval()
    is_due = or_(cameras.c.next_due_at < end, cameras.c.tried_at >= end + interval())
    return [cameras.c.is_active.is_(True), is_due]


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(cameras.c.claimed_until.is_(None), cameras.c.claimed_until <= now)
