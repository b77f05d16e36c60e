"""Doing a bulk action piece by piece: each piece one short transaction, so that nobody else's write waits for long."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from ...extensions import db, transaction
from ...models import BulkAction, BulkCamera, BulkResult, Camera, User, WorkState
from ...schemas import BulkInput, InvalidInput
from .. import live, pace, pictures, rights
from ..cameras import require_group
from ..rights import NOTHING, Scope
from .actions import ACTIONS, Fields, Left, Notes, change, differing, unpacked
from .preview import planned
from .starting import OPEN, UNDO, given_of

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
FIRST_PIECE, LARGEST_PIECE = 1, 200
"""Cameras."""
AIM_S = 0.2
"""How long a piece may hold its locks. With a month of history behind it a single deletion takes longer on SQLite."""
RETRIES_S = (0.2, 1.0, 3.0)
GONE = "Somebody deleted it meanwhile."
CHANGED_SINCE = "Somebody changed it since."


def run(bulk_id: str, clock: Clock) -> Iterator[list[str]]:
    """Do what is left of the action; after each piece come the cameras that are to be checked at once.

    It may be broken off anywhere and run again, also by two at a time: a piece is done with the note that it is done.
    """
    size = FIRST_PIECE
    while True:
        began = time.monotonic()
        notes = _do_piece_patiently(bulk_id, size, clock)
        if notes is None:
            return
        took = time.monotonic() - began
        live.publish(notes.changed + notes.deleted, status_changed=True)
        pictures.forget(notes.deleted)
        yield notes.due
        size = max(1, min(LARGEST_PIECE, int(size * min(4.0, AIM_S / took))))
        if db.engine.dialect.name == "sqlite":
            time.sleep(min(took, AIM_S))  # its one lock goes to whoever asks first: others get as long as we had


def _do_piece_patiently(bulk_id: str, size: int, clock: Clock) -> Notes | None:
    """A sweep that holds the cameras in another order, or a database that restarts, costs a second and not the rest."""
    for pause in RETRIES_S:
        try:
            return _do_piece(bulk_id, size, clock())
        except (OperationalError, InterfaceError) as error:
            log.warning("A piece of bulk action %s is tried again: %s", bulk_id, error.orig)
            time.sleep(pause)
    return _do_piece(bulk_id, size, clock())


def _do_piece(bulk_id: str, size: int, now: datetime) -> Notes | None:
    """None when nothing is left, or nothing is to be done any more."""
    with transaction():
        bulk = db.session.get(BulkAction, bulk_id, populate_existing=True, with_for_update=True)
        if bulk is None or bulk.state not in OPEN:
            return None
        bulk.started_at = bulk.started_at or now
        bulk.progress_at = now
        rows = _next_rows(bulk_id, size)
        bulk.state = WorkState.RUNNING if rows else WorkState.DONE
        if not rows:
            bulk.finished_at = now
            return None
        notes = Notes(now, pace.read())
        _do_rows(bulk, rows, notes)
        if bulk.undoes_id:
            _note_undone(bulk, notes.changed)
    return notes


def _next_rows(bulk_id: str, size: int) -> Sequence[BulkCamera]:
    query = select(BulkCamera).where(BulkCamera.bulk_id == bulk_id, BulkCamera.result.is_(None))
    return db.session.scalars(query.order_by(BulkCamera.camera_id).limit(size)).all()


def _do_rows(bulk: BulkAction, rows: Sequence[BulkCamera], notes: Notes) -> None:
    cameras = _locked([row.camera_id for row in rows])
    may_write = _scope_of_starter(bulk)
    plan = _restoring(bulk, may_write) if bulk.action == UNDO else _acting(bulk, may_write, notes.now)
    act = change if bulk.action == UNDO else ACTIONS[bulk.action].act
    for row in rows:
        try:
            camera = cameras.get(row.camera_id)
            if camera is None:
                raise Left(GONE)
            fields = plan(camera, row)
        except Left as problem:
            row.result, row.problem = BulkResult.LEFT, str(problem)
            continue
        row.result = BulkResult.ALREADY if fields is None else BulkResult.CHANGED
        if fields is not None:
            act(notes, camera, row, fields)


Planned = Callable[[Camera, BulkCamera], Fields | None]


def _acting(bulk: BulkAction, may_write: Scope, now: datetime) -> Planned:
    """By the same rules as the preview; a group that was deleted since is a reason to leave every camera."""
    given = given_of(bulk)
    problem = _problem_of_group(given.group_id, may_write) if given.action == "move" else None

    def plan(camera: Camera, _row: BulkCamera) -> Fields | None:
        if problem:
            raise Left(problem)
        return planned(camera, given, may_write, now)

    return plan


def _restoring(bulk: BulkAction, may_write: Scope) -> Planned:
    """Puts back what was, unless somebody has changed the camera since."""
    given, problems = given_of(bulk), dict[str | None, str | None]()

    def plan(camera: Camera, row: BulkCamera) -> Fields | None:
        if _was_changed_since(camera, row, given):
            raise Left(CHANGED_SINCE)
        fields = unpacked(row.before or {})
        for group_id in {camera.group_id, fields.get("group_id", camera.group_id)}:
            if group_id not in problems:
                problems[group_id] = _problem_of_group(group_id, may_write)
            if problem := problems[group_id]:
                raise Left(problem)
        return differing(camera, fields) or None

    return plan


def _was_changed_since(camera: Camera, row: BulkCamera, given: BulkInput) -> bool:
    """Maintenance is no edit and leaves the version as it is."""
    if given.action in ("maintenance", "resume"):
        return camera.maintenance_until != given.until
    return camera.version != row.version


def _problem_of_group(group_id: str | None, may_write: Scope) -> str | None:
    try:
        require_group(group_id, may_write)
    except InvalidInput as error:
        return error.problems["group_id"][0]
    return None


def _scope_of_starter(bulk: BulkAction) -> Scope:
    """As it is now: a right that was taken away holds no longer."""
    user = db.session.get(User, bulk.user_id, populate_existing=True) if bulk.user_id else None
    return rights.scope_of(user, "cameras:write") if user and user.is_enabled else NOTHING


def _locked(ids: Sequence[str]) -> dict[str, Camera]:
    query = select(Camera).where(Camera.id.in_(ids)).order_by(Camera.id).with_for_update()
    return {camera.id: camera for camera in db.session.scalars(query.execution_options(populate_existing=True))}


def _note_undone(bulk: BulkAction, restored: Sequence[str]) -> None:
    """On the action that is being undone."""
    original = (BulkCamera.bulk_id == bulk.undoes_id, BulkCamera.camera_id.in_(restored))
    db.session.execute(update(BulkCamera).where(*original).values(result=BulkResult.UNDONE))
