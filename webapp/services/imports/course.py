"""The course of an import: from which state it may go to which, who works on it, how far it is, and stopping it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from ...extensions import db, transaction
from ...models import Import, ImportRow, User, WorkState
from .. import audit, rights
from ..rights import NOTHING, Scope

BUSY = (WorkState.CHECKING, WorkState.TESTING, WorkState.QUEUED, WorkState.RUNNING, WorkState.UNDOING)
"""A worker is at it, or will be."""
APPLYING = (WorkState.QUEUED, WorkState.RUNNING)
LIFELESS = timedelta(seconds=45)
"""After so long without getting any further a worker counts as dead: every piece takes well under a second, trying out
a few streams up to half a minute."""


STILL_WANTED: dict[str, Any] = {"wants_cancel": Import.wants_cancel}
"""For `go` between two steps of one work: an end that somebody asks for at that very moment is not forgotten."""


class OutOfTurn(Exception):
    """The import has gone on meanwhile, so this cannot be done with it now."""

    def __init__(self) -> None:
        super().__init__("This import has gone on meanwhile; this page shows where it is now.")


class Cancelled(Exception):
    """Somebody asked for an end."""


class Failed(Exception):
    """It cannot go on; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Starter:
    """On whose behalf a worker acts, with the rights of this moment."""

    user: User | None
    scope: Scope

    @property
    def may(self) -> bool:
        return not self.scope.is_nothing


def go(import_id: str, sources: Collection[WorkState], target: WorkState, now: datetime, **values: Any) -> None:
    """Move it on, in a transaction of its own. OutOfTurn when it is in none of the states it may come from."""
    with transaction():
        move(import_id, sources, target, now, **values)


def begin(
    import_: Import, sources: Collection[WorkState], target: WorkState, now: datetime, by: User | None, **values: Any
) -> None:
    """Have a worker begin on behalf of `by`, or of who uploaded it; recorded here, where it is known from where."""
    values |= {"started_at": None, "problem": None, "acted_by_id": by.id if by else None}
    with transaction():
        move(import_.id, sources, target, now, **values)
        act = "undo" if target == WorkState.UNDOING else "import"
        audit.record("import.start", import_.filename, after={"act": act}, at=now)


def move(import_id: str, sources: Collection[WorkState], target: WorkState, now: datetime, **values: Any) -> None:
    """Within the running transaction."""
    found = update(Import).where(Import.id == import_id, Import.state.in_(sources))
    values = {"state": target, "progress_at": now, "wants_cancel": False} | values
    if db.session.execute(found.values(**values).returning(Import.id)).first() is None:
        raise OutOfTurn


def claim(import_id: str, states: Collection[WorkState], now: datetime) -> Import | None:
    """The import for a worker that begins with it, or goes on where another one died; None when it is not its turn."""
    is_free = or_(Import.started_at.is_(None), Import.progress_at < now - LIFELESS)
    found = update(Import).where(Import.id == import_id, Import.state.in_(states), is_free)
    with transaction():
        claimed = db.session.execute(found.values(started_at=now, progress_at=now).returning(Import.id)).first()
    return db.session.get(Import, import_id, populate_existing=True) if claimed else None


def left_behind(now: datetime) -> list[tuple[str, WorkState]]:
    """Imports that a worker should be at, and none gets any further with."""
    query = select(Import.id, Import.state).where(Import.state.in_(BUSY), Import.progress_at < now - LIFELESS)
    return [(import_id, WorkState(state)) for import_id, state in db.session.execute(query)]


def cancel(import_id: str, now: datetime) -> None:
    """Ask the worker to stop after the piece it is at; what waits for one, or has lost it, stops at once. OutOfTurn."""
    with transaction():
        import_ = db.session.get(Import, import_id, populate_existing=True, with_for_update=True)
        if import_ is None or import_.state not in BUSY or import_.state == WorkState.UNDOING:
            raise OutOfTurn
        import_.wants_cancel = True
        if import_.started_at is None or import_.progress_at < now - LIFELESS:
            _stop(import_, now)


def _stop(import_: Import, now: datetime) -> None:
    """Without a worker. One that comes back from the dead finds that it is not its turn any more."""
    was_running = import_.state == WorkState.RUNNING
    if was_running:
        import_.counts = import_.counts | stored(import_.id)
    import_.state, import_.progress_at = _before(import_), now
    if was_running and has_stored(import_):
        import_.finished_at = now
        end = stored(import_.id) | {"end": str(import_.state)}
        audit.record("import.apply", import_.filename, after=end, at=now)


def _before(import_: Import) -> WorkState:
    """Where an import goes back to that no worker has begun with."""
    if import_.state == WorkState.CHECKING:
        return WorkState.DRAFT
    return WorkState.CANCELLED if has_stored(import_) else WorkState.CHECKED


def stored(import_id: str) -> dict[str, int]:
    """What is in the fleet, and what could not be, by the rows."""
    query = select(ImportRow.action, ImportRow.is_applied, func.count()).where(ImportRow.import_id == import_id)
    rows = db.session.execute(query.group_by(ImportRow.action, ImportRow.is_applied)).all()
    numbers = {(action, is_applied): number for action, is_applied, number in rows}
    return {
        "created": numbers.get(("create", True), 0),
        "updated": numbers.get(("update", True), 0),
        "error": numbers.get(("error", False), 0),
    }


def has_stored(import_: Import) -> bool:
    """Some of its rows are in the fleet."""
    return bool(import_.counts.get("created") or import_.counts.get("updated"))


def note(import_id: str, done: int, now: datetime) -> None:
    """How far it is. Raises Cancelled when somebody asked for an end."""
    with transaction():
        advance(import_id, done, now)


def advance(import_id: str, done: int, now: datetime) -> None:
    """The same within the running transaction."""
    found = update(Import).where(Import.id == import_id).values(done=done, progress_at=now)
    if db.session.scalar(found.returning(Import.wants_cancel)):
        raise Cancelled


def starter(import_: Import) -> Starter:
    """Whoever pressed the button last: an administrator may go on with, and undo, what others uploaded."""
    return _starter(import_.acted_by_id or import_.user_id)


def uploader(import_: Import) -> Starter:
    return _starter(import_.user_id)


def _starter(user_id: str | None) -> Starter:
    user = db.session.get(User, user_id, populate_existing=True) if user_id else None
    return Starter(user, rights.scope_of(user, "cameras:write") if user and user.is_enabled else NOTHING)
