"""Runs of the clean-ups: started by the clock or by a person, noted with what they did and what stood in their way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from ...extensions import db, transaction
from ...models import HousekeepingRun, User, new_id
from ...storage import StorageError
from .. import audit
from .tasks import BY_NAME, Task
from .work import TimeIsUp, Work

log = logging.getLogger(__name__)

SILENT_FOR = timedelta(minutes=10)
"""A run that has not said anything for so long has lost its worker."""

Clock = Callable[[], datetime]


class AlreadyRunning(Exception):
    def __init__(self, task: Task) -> None:
        super().__init__(f"“{task.title}” is under way already. Look again when it is through.")


def is_under_way(run: HousekeepingRun, now: datetime) -> bool:
    return run.finished_at is None and now - run.progress_at < SILENT_FOR


def start(name: str, is_dry: bool, now: datetime, by: User | None = None) -> str:
    """Note a run that is about to begin, and give its id. KeyError for no such task; AlreadyRunning."""
    task = BY_NAME[name]
    run = HousekeepingRun(id=new_id(), task=name, is_dry=is_dry, started_at=now, progress_at=now, found={})
    run.actor = by.email if by else None
    with transaction():
        others = select(HousekeepingRun).where(HousekeepingRun.task == name, HousekeepingRun.finished_at.is_(None))
        if any(is_under_way(other, now) for other in db.session.scalars(others)):
            raise AlreadyRunning(task)
        db.session.add(run)
        if by:
            audit.record("housekeeping.dry_run" if is_dry else "housekeeping.run", task.title, at=now)
    return run.id


def give_up(run_id: str, why: str, now: datetime) -> None:
    """For a run that nobody could be asked to do."""
    with transaction():
        ended = update(HousekeepingRun).where(HousekeepingRun.id == run_id)
        db.session.execute(ended.values(finished_at=now, problem=why[:500]))


def run(run_id: str, clock: Clock) -> Work:
    """Do it. What goes wrong is noted with the run, and the next one goes on where this one could not."""
    found = db.session.get_one(HousekeepingRun, run_id)
    task, is_dry = BY_NAME[found.task], found.is_dry
    db.session.commit()
    work = Work(clock(), is_dry, lambda work: _note(run_id, work, {"progress_at": clock()}))
    try:
        for step in task.steps:
            _do(step, work)
    except TimeIsUp as error:
        work.trouble(str(error))
    except Exception as error:
        work.trouble(f"It broke off: {type(error).__name__}. The log says more.")
        raise
    finally:
        _note(run_id, work, {"progress_at": clock(), "finished_at": clock()})
    return work


def _do(step: Callable[[Work], None], work: Work) -> None:
    """One step; when the store or the database is away, or full, that is told and the next step has its turn."""
    try:
        step(work)
    except StorageError as error:
        work.trouble(str(error))
    except DBAPIError as error:
        db.session.rollback()
        log.warning("A step of the clean-up ended early: %s", error.orig)
        work.trouble(f"The database did not take it: {str(error.orig).splitlines()[0]}.")


def _note(run_id: str, work: Work, moments: dict[str, Any]) -> None:
    facts = {"found": dict(work.found), "problem": work.problem} | moments
    try:
        with transaction():
            db.session.execute(update(HousekeepingRun).where(HousekeepingRun.id == run_id).values(facts))
    except DBAPIError as error:
        log.warning("The run of a clean-up could not be noted, it found %s: %s", dict(work.found), error.orig)
