"""Storing what a file says: every row is planned anew, against the fleet as it is at that moment, and then written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from ...extensions import db
from ...models import Import, ImportRow, User, WorkState
from .. import audit, live
from . import course
from .candidates import Candidate
from .course import APPLYING, Cancelled, Failed, OutOfTurn
from .known import Marks, known_for, stamp
from .planning import Plan
from .preparing import Prepared, prepare
from .work import Work, begin, fair_transaction, own_faults
from .writing import Basis, Stale, write

CHUNK = 300
"""Rows."""
TRIES = 20
"""Somebody else changes cameras or groups while we plan: then it is planned anew."""
TOO_BUSY = "Others change cameras and groups all the time. Go on when they are done."

DEADLOCK = "40P01"
"""PostgreSQL's word for it."""

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def start(import_: Import, is_all_or_nothing: bool, now: datetime, by: User | None = None) -> None:
    """Have a worker store it. Raises OutOfTurn, and Failed for all or nothing when there are rows that cannot be."""
    errors = import_.counts.get("error", 0)
    if is_all_or_nothing and errors:
        raise Failed(
            f"{errors:,} rows cannot be imported, so that all or nothing would be nothing. Correct them first."
        )
    options = import_.options | {"is_all_or_nothing": is_all_or_nothing}
    total = import_.file["rows"] - errors
    if not total:
        raise Failed("No row can be imported. Correct the file and choose it again.")
    course.begin(import_, [WorkState.CHECKED], WorkState.QUEUED, now, by, options=options, done=0, total=total)


def follow(import_id: str, now: datetime) -> None:
    """Have it stored right after its dry run, unless that came to nothing or none of its rows can be."""
    import_ = db.session.get(Import, import_id, populate_existing=True)
    if import_ is None or import_.state != WorkState.CHECKED:
        return
    with suppress(Failed, OutOfTurn), audit.acting_as(course.uploader(import_).user):
        start(import_, False, now)


def go_on(import_: Import, now: datetime, by: User | None = None) -> None:
    """Have the rest stored after it was stopped or came to a halt. Raises OutOfTurn."""
    stopped = [WorkState.CANCELLED, WorkState.FAILED]
    course.begin(import_, stopped, WorkState.QUEUED, now, by, finished_at=None)


def run(import_id: str, clock: Clock) -> None:
    """Store what is not stored yet; begun anew after a worker died, it goes on where that one was."""
    import_ = course.claim(import_id, APPLYING, clock())
    if import_ is None:
        return
    course.go(import_id, APPLYING, WorkState.RUNNING, clock(), **course.STILL_WANTED)
    with audit.acting_as(course.starter(import_).user), suppress(OutOfTurn):
        try:
            with own_faults():
                _apply(begin(import_), clock)
        except Cancelled:
            _finish(import_id, WorkState.CANCELLED, clock)
        except Failed as error:
            _finish(import_id, WorkState.FAILED, clock, str(error))
        else:
            _finish(import_id, WorkState.DONE, clock)


def _apply(work: Work, clock: Clock) -> None:
    rows = Rows.of(work.import_.id)

    def chunks() -> Iterator[list[Candidate]]:
        return filter(None, (_left_of(chunk, work, rows) for chunk in work.chunks(CHUNK)))

    if work.options.is_all_or_nothing:
        _write(work, chunks, rows, clock)
        return
    for chunk in chunks():
        _write(work, lambda chunk=chunk: iter([chunk]), rows, clock)  # type: ignore[misc]


@dataclass(slots=True)
class Rows:
    """The rows of an import that need no doing, and how far it is."""

    refused: frozenset[int]
    """Lines that the dry run found wrong: they were left out when somebody said yes to the others."""
    applied: dict[int, str | None]
    """Line → camera, of those that are stored already."""
    total: int
    done: int

    @classmethod
    def of(cls, import_id: str) -> Rows:
        query = select(ImportRow.line, ImportRow.action, ImportRow.is_applied, ImportRow.camera_id)
        rows = db.session.execute(query.where(ImportRow.import_id == import_id)).all()
        applied = {row.line: row.camera_id for row in rows if row.is_applied}
        refused = frozenset(row.line for row in rows if row.action == "error")
        return cls(refused, applied, max(1, len(rows) - len(refused)), len(applied))


def _left_of(chunk: Iterable[Candidate], work: Work, rows: Rows) -> list[Candidate]:
    left = []
    for candidate in chunk:
        if candidate.line in rows.applied:
            work.planner.remember(candidate, rows.applied[candidate.line])
        elif candidate.line not in rows.refused:
            left.append(candidate)
    return left


def _write(work: Work, chunks: Callable[[], Iterator[list[Candidate]]], rows: Rows, clock: Clock) -> None:
    """All of these chunks in one transaction, in which nothing is slow: whatever takes time has been prepared."""
    for turn in range(TRIES):
        prepared, basis = _prepare(work, chunks(), rows, clock)
        if not prepared.numbers:
            return
        done = rows.done + len(prepared.numbers)
        try:
            with fair_transaction():
                write(work, prepared, basis)
                course.advance(work.import_.id, done, clock())
        except (Stale, IntegrityError):
            continue
        except OperationalError as error:
            if turn == TRIES - 1 or not _is_deadlock(error):
                raise
            log.warning("A piece of import %s is tried again: %s", work.import_.id, error.orig)
            continue
        rows.done = done
        live.publish(prepared.ids, status_changed=True)
        return
    raise Failed(TOO_BUSY)


def _prepare(work: Work, chunks: Iterator[list[Candidate]], rows: Rows, clock: Clock) -> tuple[Prepared, Basis]:
    """Of all rows at once only what the transaction needs is kept, and that packed."""
    prepared, basis = Prepared(work.import_.id, clock(), work.group_ids), Basis(stamp(work.scope))
    wrong: list[Plan] = []
    for chunk in chunks:
        plans = _plan(chunk, work, basis)
        wrong += [plan for plan in plans if plan.problems]
        before = rows.done + len(prepared.numbers)
        prepare(prepared, plans, (before / rows.total, len(chunk) / rows.total))
        if work.options.is_all_or_nothing:
            prepared.set_aside()
            course.note(work.import_.id, before + len(chunk), clock())
    if wrong and work.options.is_all_or_nothing:
        first = f"{work.found.word} {wrong[0].line}: {wrong[0].problems[0]['sentence']}"
        raise Failed(f"{len(wrong):,} rows cannot be imported any more, so nothing was. {first}")
    return prepared, basis


def _plan(chunk: list[Candidate], work: Work, basis: Basis) -> list[Plan]:
    work.hosts.learn(chunk)
    marks = Marks.of(chunk, work.by_name)
    known = known_for(marks, work.scope)
    basis.marks.append(marks)
    basis.versions.update({row.id: row.version for row in known.cameras})
    return work.planner.plan(chunk, known)


def _is_deadlock(error: OperationalError) -> bool:
    """Somebody held what we wanted and wanted what we held; who was first is through by now."""
    return getattr(error.orig, "sqlstate", None) == DEADLOCK


def _finish(import_id: str, state: WorkState, clock: Clock, problem: str | None = None) -> None:
    """With an entry of the audit that says what it came to; what stored nothing can be applied again."""
    now = clock()
    with fair_transaction():
        import_ = db.session.get_one(Import, import_id, populate_existing=True, with_for_update=True)
        stored = course.stored(import_id)
        import_.counts = import_.counts | stored
        if state != WorkState.DONE and not course.has_stored(import_):
            state = WorkState.CHECKED
        else:
            audit.record("import.apply", import_.filename, after=stored | {"end": str(state)}, at=now)
        course.move(import_id, APPLYING, state, now, finished_at=now, problem=problem)
