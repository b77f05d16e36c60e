"""What the pages say of imports: the history, how far one is, and its rows by what becomes of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from ...extensions import db
from ...models import Import, ImportRow, User
from . import course, undoing

PAGE = 50
ENOUGH_TO_GUESS = timedelta(seconds=1)
TABS = ("error", "update", "create", "unchanged", "skip", "left")
"""Kinds of rows, the ones to look at first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One import in the history."""

    import_: Import
    person: str


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of the rows of one kind."""

    kind: str
    rows: Sequence[ImportRow]
    number: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.total / PAGE))


@dataclass(frozen=True, slots=True)
class Progress:
    import_: Import
    is_busy: bool
    is_waiting: bool
    """For a worker."""
    is_stalled: bool
    """Nothing has happened for long; what waits may wait behind other work."""
    seconds_left: float | None

    @property
    def percent(self) -> int:
        return 100 * self.import_.done // max(1, self.import_.total)


def load(import_id: str, user: User, sees_all: bool) -> Import | None:
    """Somebody's own import, or any for who may see all."""
    found = db.session.get(Import, import_id, populate_existing=True)
    return found if found is not None and (sees_all or found.user_id == user.id) else None


def history(user: User, sees_all: bool, number: int) -> tuple[list[Line], int]:
    """A page of imports, newest first, and how many pages there are."""
    mine = _seen(user, sees_all)
    pages = max(1, math.ceil(count(user, sees_all) / PAGE))
    query = select(Import, User.email).outerjoin(User, User.id == Import.user_id).where(*mine)
    query = query.order_by(Import.created_at.desc(), Import.id).limit(PAGE).offset((min(number, pages) - 1) * PAGE)
    return [Line(import_, email or "Somebody who is gone") for import_, email in db.session.execute(query)], pages


def count(user: User, sees_all: bool) -> int:
    """Of the imports in the history."""
    return db.session.scalar(select(func.count(Import.id)).where(*_seen(user, sees_all))) or 0


def _seen(user: User, sees_all: bool) -> list[ColumnElement[bool]]:
    return [] if sees_all else [Import.user_id == user.id]


def progress(import_: Import, now: datetime) -> Progress:
    state, started = import_.state, import_.started_at
    elapsed = now - started if started else timedelta(0)
    is_guessable = 0 < import_.done < import_.total and elapsed > ENOUGH_TO_GUESS
    left = elapsed.total_seconds() * (import_.total - import_.done) / import_.done if is_guessable else None
    is_busy = state in course.BUSY
    is_stalled = is_busy and now - import_.progress_at > course.LIFELESS
    return Progress(import_, is_busy, is_busy and started is None, is_stalled, left)


def kinds(import_: Import) -> dict[str, int]:
    """How many rows there are of each kind, without those of which there is none."""
    numbers = {kind: import_.counts.get(kind, 0) for kind in TABS}
    return {kind: number for kind, number in numbers.items() if number}


def rows(import_: Import, kind: str, number: int) -> Rows:
    mine = [ImportRow.import_id == import_.id, *_of_kind(kind)]
    total = db.session.scalar(select(func.count()).select_from(ImportRow).where(*mine)) or 0
    number = min(max(1, number), max(1, math.ceil(total / PAGE)))
    query = select(ImportRow).where(*mine).order_by(ImportRow.line).limit(PAGE).offset((number - 1) * PAGE)
    return Rows(kind, db.session.scalars(query).all(), number, total)


def _of_kind(kind: str) -> list[ColumnElement[bool]]:
    if kind == "left":
        return [ImportRow.is_applied.is_(True), ImportRow.problems.is_not(None)]
    return [ImportRow.action == kind]


def outcomes(import_: Import) -> dict[str, int]:
    """What trying out the new cameras came to: outcome → number."""
    of_import = ImportRow.import_id == import_.id, ImportRow.outcome.is_not(None)
    query = select(ImportRow.outcome, func.count()).where(*of_import).group_by(ImportRow.outcome)
    return {str(outcome): number for outcome, number in db.session.execute(query)}


def can_be_undone(import_: Import, now: datetime) -> bool:
    return undoing.is_possible(import_, now)


def undo_until(import_: Import) -> datetime | None:
    return import_.finished_at + undoing.POSSIBLE_FOR if import_.finished_at else None
