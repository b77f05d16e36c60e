"""The clean-ups at a glance: what each did last, when it is due, and what there is to clean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from redis.exceptions import RedisError
from sqlalchemy import select

from ...extensions import db
from ...models import HousekeepingRun
from .. import system_facts
from ..system_facts import Measured
from .running import is_under_way
from .tasks import TASKS, Task

MOST_RUNS = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One clean-up."""

    task: Task
    next_due: datetime
    last: HousekeepingRun | None
    """The last run that ended and was none for trial."""
    trial: HousekeepingRun | None
    """The last dry run, as long as none of the others came after it."""
    under_way: HousekeepingRun | None


@dataclass(frozen=True, slots=True)
class Overview:
    lines: Sequence[Line]
    runs: Sequence[HousekeepingRun]
    """The newest first."""
    database_bytes: int
    stored: Measured | None
    """None while it was not counted yet, or nobody can say."""

    @property
    def is_busy(self) -> bool:
        return any(line.under_way for line in self.lines)


def read(now: datetime) -> Overview:
    return Overview([_line(task, now) for task in TASKS], _runs(), system_facts.database_bytes(), _stored())


def _line(task: Task, now: datetime) -> Line:
    newest = select(HousekeepingRun).where(HousekeepingRun.task == task.name)
    newest = newest.order_by(HousekeepingRun.started_at.desc()).limit(1)
    ended = newest.where(HousekeepingRun.finished_at.is_not(None))
    last: HousekeepingRun | None = db.session.scalar(ended.where(HousekeepingRun.is_dry.is_(False)))
    trial: HousekeepingRun | None = db.session.scalar(ended.where(HousekeepingRun.is_dry.is_(True)))
    open_: HousekeepingRun | None = db.session.scalar(newest.where(HousekeepingRun.finished_at.is_(None)))
    if trial and last and last.started_at > trial.started_at:
        trial = None
    return Line(task, task.next_due(now), last, trial, open_ if open_ and is_under_way(open_, now) else None)


def _runs() -> list[HousekeepingRun]:
    query = select(HousekeepingRun).order_by(HousekeepingRun.started_at.desc()).limit(MOST_RUNS)
    return list(db.session.scalars(query))


def _stored() -> Measured | None:
    try:
        return system_facts.measured_storage()
    except RedisError:
        return None
