"""Starting, cancelling and undoing bulk actions. What they do is done by running.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from ...extensions import db, transaction
from ...models import BulkAction, BulkCamera, BulkResult, User, WorkState, new_id
from ...schemas import BulkInput, parse
from .. import audit
from ..rights import Scope
from .actions import ACTIONS, packed
from .choice import Choice, look
from .preview import Preview, count, require_possible

OPEN = (WorkState.QUEUED, WorkState.RUNNING)
UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the person was told: how many cameras it is, and the digest of which."""

    number: int
    digest: str = ""


class ChoiceChanged(Exception):
    """The list shows other cameras by now than those that were agreed to; `preview` is what it would be now."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        super().__init__("The list has changed since you looked.")


class CannotBeUndone(Exception):
    """Nothing of this action is left to undo."""


def start(
    choice: Choice, given: BulkInput, agreed: Agreed, user: User, sight: Scope, may_write: Scope, now: datetime
) -> BulkAction:
    """Note the action with the cameras as they are chosen at this moment; running.run() does it.

    ChoiceChanged when it would change more cameras than were agreed to, or delete others.
    """
    require_possible(given, may_write, now)
    seen = look(choice, sight, now)
    expected = count(seen, given, may_write, now)
    if expected.will > agreed.number or (given.action == "delete" and expected.digest != agreed.digest):
        raise ChoiceChanged(expected)
    params = packed({name: getattr(given, name) for name in given.given})
    found = BulkAction(id=new_id(), user_id=user.id, action=given.action, params=params, created_at=now)
    rows = [{"camera_id": camera.id, "name": camera.name} for camera in seen]
    _store(found, rows, now)
    return found


def undo(done: BulkAction, user: User, now: datetime) -> BulkAction:
    """Note the undoing as an action of its own, over the cameras that were changed."""
    if not is_undoable(done):
        raise CannotBeUndone
    c = BulkCamera
    changed = select(c.camera_id, c.name, c.before, c.version).where(
        c.bulk_id == done.id, c.result == BulkResult.CHANGED
    )
    rows = [dict(row._mapping) for row in db.session.execute(changed)]
    if not rows:
        raise CannotBeUndone
    found = BulkAction(id=new_id(), user_id=user.id, action=UNDO, undoes_id=done.id, created_at=now)
    _store(found, rows, now)
    return found


def is_undoable(bulk: BulkAction) -> bool:
    if bulk.action == UNDO or bulk.state in OPEN or not ACTIONS[bulk.action].can_be_undone:
        return False
    others = select(BulkAction.id).where(BulkAction.undoes_id == bulk.id, BulkAction.state != WorkState.CANCELLED)
    return db.session.scalar(others.limit(1)) is None


def cancel(bulk: BulkAction, now: datetime) -> None:
    """Stop after the piece that is being done; what is done stays done."""
    with transaction():
        stored = db.session.get(BulkAction, bulk.id, populate_existing=True, with_for_update=True)
        if stored is not None and stored.state in OPEN:
            stored.state, stored.finished_at = WorkState.CANCELLED, now


def load(bulk_id: str, user: User) -> BulkAction | None:
    """Somebody else's only for those who may everything."""
    found = db.session.get(BulkAction, bulk_id, populate_existing=True)
    return found if found and (found.user_id == user.id or user.may("*")) else None


def starter(bulk_id: str) -> User | None:
    """The person who started it."""
    found = db.session.get(BulkAction, bulk_id)
    return db.session.get(User, found.user_id) if found and found.user_id else None


def given_of(bulk: BulkAction) -> BulkInput:
    """What was asked for; of an undoing, what it undoes."""
    asked = db.session.get_one(BulkAction, bulk.undoes_id) if bulk.undoes_id else bulk
    return parse(BulkInput, {"action": asked.action, **asked.params})


def _store(found: BulkAction, rows: Iterable[dict[str, Any]], now: datetime) -> None:
    found.state, found.progress_at = WorkState.QUEUED, now
    cameras = [row | {"bulk_id": found.id} for row in rows]
    subject = f"{len(cameras):,} camera{'' if len(cameras) == 1 else 's'}"
    with transaction():
        db.session.add(found)
        db.session.flush()
        if cameras:
            db.session.connection().execute(insert(BulkCamera), cameras)
        audit.record(f"bulk.{found.action}", subject, after=found.params, at=now)
