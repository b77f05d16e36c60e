"""How far a bulk action is, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from ...extensions import db, transaction
from ...models import BulkAction, BulkCamera, BulkResult, User
from ...schemas import BulkInput
from .starting import OPEN, given_of, is_undoable

PATIENCE = timedelta(minutes=1)
"""After so long without any progress nobody is at it any more."""
MOST_TOLD, MOST_LISTED = 200, 50
KEEP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Progress:
    bulk: BulkAction
    results: Counter[str]
    """Cameras by result, those whose turn is still to come under ''."""
    now: datetime
    can_be_undone: bool

    @property
    def total(self) -> int:
        return self.results.total()

    @property
    def done(self) -> int:
        return self.total - self.results[""]

    @property
    def is_open(self) -> bool:
        return self.bulk.state in OPEN

    @property
    def is_stalled(self) -> bool:
        return self.is_open and self.now - self.bulk.progress_at > PATIENCE

    @property
    def seconds_left(self) -> int | None:
        """None as long as nothing can be said."""
        if not self.done or self.bulk.started_at is None or self.is_stalled:
            return None
        pace = (self.bulk.progress_at - self.bulk.started_at).total_seconds() / self.done
        return round(pace * self.results[""])


def progress(bulk: BulkAction, now: datetime) -> Progress:
    query = select(func.coalesce(BulkCamera.result, "").label("result"), func.count().label("number")).where(
        BulkCamera.bulk_id == bulk.id
    )
    found = db.session.execute(query.group_by(BulkCamera.result)).all()
    results = Counter({row.result: row.number for row in found})
    return Progress(bulk, results, now, bool(results[BulkResult.CHANGED]) and is_undoable(bulk))


def left_behind(now: datetime) -> Sequence[str]:
    """Actions that a worker should be at, and none gets any further with."""
    stalled = BulkAction.state.in_(OPEN), BulkAction.progress_at < now - PATIENCE
    return db.session.scalars(select(BulkAction.id).where(*stalled)).all()


def left(bulk: BulkAction) -> Sequence[BulkCamera]:
    """The cameras that were left as they are, by name, each with its problem; MOST_TOLD of them at most."""
    query = select(BulkCamera).where(BulkCamera.bulk_id == bulk.id, BulkCamera.result == BulkResult.LEFT)
    return db.session.scalars(query.order_by(func.lower(BulkCamera.name), BulkCamera.camera_id).limit(MOST_TOLD)).all()


def undone_by(bulk: BulkAction) -> BulkAction | None:
    """The last action that undid this one."""
    query = select(BulkAction).where(BulkAction.undoes_id == bulk.id).order_by(BulkAction.created_at.desc())
    found: BulkAction | None = db.session.scalar(query.limit(1))
    return found


@dataclass(frozen=True, slots=True)
class Recent:
    bulk: BulkAction
    given: BulkInput
    starter: str
    total: int


def recent(user: User) -> list[Recent]:
    """The last actions of the person, newest first; of everybody for those who may everything."""
    total = select(func.count()).where(BulkCamera.bulk_id == BulkAction.id).scalar_subquery()
    starter = func.coalesce(func.nullif(User.name, ""), User.email, "")
    query = select(BulkAction, starter, total).outerjoin(User, User.id == BulkAction.user_id)
    if not user.may("*"):
        query = query.where(BulkAction.user_id == user.id)
    found = db.session.execute(query.order_by(BulkAction.created_at.desc(), BulkAction.id).limit(MOST_LISTED))
    return [Recent(bulk, given_of(bulk), name, number) for bulk, name, number in found]


def forget_old(now: datetime) -> None:
    """Of what is a month old the audit still tells; how to undo it nobody needs to know any more."""
    with transaction():
        db.session.execute(delete(BulkAction).where(BulkAction.created_at < now - KEEP))
