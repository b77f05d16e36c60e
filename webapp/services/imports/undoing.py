"""Undoing an import: what it made goes, what it changed is as it was; what somebody has touched since stays."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from ...extensions import db
from ...models import AuditEntry, Camera, CameraGroup, Import, ImportRow, StatusChange, User, WorkState
from .. import audit, live, pace, pictures
from ..camera_record import ASKED_WITH, described, history_of
from ..rights import Scope
from . import course, made_groups
from .course import Failed, OutOfTurn
from .work import NO_RIGHTS, fair_transaction, own_faults, pieces

POSSIBLE_FOR = timedelta(hours=24)
UNDOABLE = (WorkState.DONE, WorkState.CANCELLED, WorkState.FAILED)
FIRST_PIECE, LARGEST_PIECE = 20, 200
AIM_S = 0.2
"""How long a piece may hold its locks: with years of history behind each camera a few deletions take as long."""
CHANGED_SINCE = "Somebody changed this camera after the import, so it was left as it is."
DELETED_SINCE = "Somebody deleted this camera after the import."
CODE_TAKEN = "Its earlier code belongs to another camera by now, so it was left as it is."
GROUP_GONE = "Its earlier group does not exist any more, so it was left as it is."
OUTSIDE_BEFORE = "Its earlier group is none that whoever undoes this may change, so it was left as it is."
OUTSIDE = "It is in a group now that whoever undoes this may not change."

cameras, lines = Camera.__table__, ImportRow.__table__
Clock = Callable[[], datetime]


def is_possible(import_: Import, now: datetime) -> bool:
    is_recent = import_.finished_at is not None and now - import_.finished_at < POSSIBLE_FOR
    return is_recent and course.has_stored(import_) and import_.state in UNDOABLE


def start(import_: Import, now: datetime, by: User | None = None) -> None:
    """Have a worker undo it. Raises OutOfTurn."""
    if not is_possible(import_, now):
        raise OutOfTurn
    total = import_.counts["created"] + import_.counts["updated"]
    course.begin(import_, UNDOABLE, WorkState.UNDOING, now, by, done=0, total=total)


def expected(import_: Import) -> dict[str, int]:
    """What an undo would come to: `create` are cameras that go, `update` those that are put back."""
    is_untouched = cameras.c.version == lines.c.version, lines.c.import_id == import_.id, lines.c.is_applied
    query = select(lines.c.action, func.count()).join(cameras, cameras.c.id == lines.c.camera_id)
    found = db.session.execute(query.where(*is_untouched).group_by(lines.c.action)).all()
    return {action: number for action, number in found}  # noqa: C416 - rows are no pairs to the type checker


def run(import_id: str, clock: Clock) -> None:
    """Undo what is not undone yet; begun anew after a worker died, it goes on where that one was."""
    import_ = course.claim(import_id, [WorkState.UNDOING], clock())
    if import_ is None:
        return
    who = course.starter(import_)
    if not who.may:
        course.go(import_id, [WorkState.UNDOING], WorkState.FAILED, clock(), problem=NO_RIGHTS)
        return
    with audit.acting_as(who.user), suppress(OutOfTurn):
        try:
            with own_faults():
                _undo_all(import_id, who.scope, clock)
                _remove_groups(import_, who.scope, clock)
        except Failed as error:
            course.go(import_id, [WorkState.UNDOING], WorkState.FAILED, clock(), problem=str(error))
        else:
            _finish(import_id, clock)


def _undo_all(import_id: str, scope: Scope, clock: Clock) -> None:
    size = FIRST_PIECE
    while True:
        began = time.monotonic()
        with fair_transaction():
            piece = _undo_piece(import_id, size, scope, clock())
        if piece is None:
            return
        pictures.forget(piece.with_picture)
        live.publish([*piece.deleted, *piece.ids], status_changed=True)
        size = max(1, min(LARGEST_PIECE, int(size * min(4.0, AIM_S / (time.monotonic() - began)))))


@dataclass(slots=True)
class Piece:
    """What undoing some rows comes to, to be written all at once."""

    now: datetime
    paces: pace.Paces = field(default_factory=pace.read)
    deleted: list[str] = field(default_factory=list)
    with_picture: list[str] = field(default_factory=list)
    restored: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [row["b_id"] for row in self.restored]

    def leave(self, row: Any, problem: str) -> None:
        """It keeps its mark of being stored, and loses the version by which it could be undone."""
        told = [{"column": "", "value": "", "sentence": problem}]
        self.lines.append({"b_line": row.line, "is_applied": True, "version": None, "problems": told})

    def note_undone(self, row: Any) -> None:
        self.lines.append({"b_line": row.line, "is_applied": False, "version": None, "problems": None})


def _undo_piece(import_id: str, size: int, scope: Scope, now: datetime) -> Piece | None:
    """None when nothing is left."""
    import_ = db.session.get_one(Import, import_id, populate_existing=True, with_for_update=True)
    if import_.state != WorkState.UNDOING:
        raise OutOfTurn
    left = select(lines).where(lines.c.import_id == import_id, lines.c.is_applied, lines.c.version.is_not(None))
    rows = db.session.execute(left.order_by(lines.c.line.desc()).limit(size)).all()
    if not rows:
        return None
    piece = Piece(now)
    stored = _locked([row.camera_id for row in rows])
    for row in rows:
        _undo_row(piece, row, stored.get(row.camera_id), scope)
    _write(piece, import_id)
    import_.done += len(rows)
    import_.progress_at = now
    return piece


def _locked(ids: Sequence[str]) -> dict[str, Any]:
    query = select(cameras).where(cameras.c.id.in_(ids)).order_by(cameras.c.id).with_for_update()
    return {row.id: row for row in db.session.execute(query)}


def _undo_row(piece: Piece, row: Any, camera: Any | None, scope: Scope) -> None:
    if camera is None or camera.version != row.version or not scope.covers(camera.group_id):
        piece.leave(row, DELETED_SINCE if camera is None else _why_left(camera, row))
        return
    if row.action == "create":
        piece.deleted.append(camera.id)
        piece.with_picture += [camera.id] if camera.picture_hash else []
        piece.entries.append(_entry("camera.delete", camera, described(camera), {}, piece.now))
        piece.note_undone(row)
        return
    before = row.before | {"tags": tuple(row.before["tags"])}
    if problem := _conflict(camera, before, scope):
        piece.leave(row, problem)
        return
    piece.restored.append(_restored(camera, before, piece))
    piece.history += history_of(camera, before["is_active"], camera.maintenance_until, piece.now)
    piece.entries.append(_entry("camera.update", camera, described(camera), before, piece.now))
    piece.note_undone(row)


def _why_left(camera: Any, row: Any) -> str:
    return CHANGED_SINCE if camera.version != row.version else OUTSIDE


def _conflict(camera: Any, before: Mapping[str, Any], scope: Scope) -> str | None:
    """Why the camera cannot be as it was; asked only of what would change."""
    group_id, code = before["group_id"], before["code"]
    if group_id and group_id != camera.group_id and db.session.get(CameraGroup, group_id) is None:
        return GROUP_GONE
    if not scope.covers(group_id):
        return OUTSIDE_BEFORE
    if code and code != camera.code:
        holder = select(cameras.c.id).where(func.lower(cameras.c.code) == func.lower(code), cameras.c.id != camera.id)
        return CODE_TAKEN if db.session.scalar(holder.limit(1)) else None
    return None


def _restored(camera: Any, before: Mapping[str, Any], piece: Piece) -> dict[str, Any]:
    """With a new version, as after any edit, a new beginning where the stream is asked differently, and no check later
    than its earlier interval says.
    """
    now, interval = piece.now, piece.paces.interval(SimpleNamespace(**before))
    asked = (*ASKED_WITH, "password_encrypted", "is_active")
    is_fresh = any(before[name] != getattr(camera, name) for name in asked)
    return {
        **before,
        "b_id": camera.id,
        "version": camera.version + 1,
        "updated_at": now,
        "failures": 0 if is_fresh else camera.failures,
        "auth_failures": 0 if is_fresh else camera.auth_failures,
        "next_due_at": now if is_fresh else pace.sooner(camera, interval, now),
    }


def _entry(
    action: str, camera: Any, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    return audit.entry(action, camera.name, before, after, now, camera.id)


def _write(piece: Piece, import_id: str) -> None:
    of_line = lines.c.import_id == import_id, lines.c.line == bindparam("b_line")
    connection = db.session.connection()
    if piece.deleted:
        connection.execute(delete(cameras).where(cameras.c.id.in_(piece.deleted)))
    for statement, rows in (
        (update(cameras).where(cameras.c.id == bindparam("b_id")), piece.restored),
        (insert(StatusChange.__table__), piece.history),
        (insert(AuditEntry.__table__), piece.entries),
        (update(lines).where(*of_line), piece.lines),
    ):
        if rows:
            connection.execute(statement, rows)


def _remove_groups(import_: Import, scope: Scope, clock: Clock) -> None:
    """Those it made, from below, unless something is in them by now, or somebody changed them or was given rights."""
    for piece in pieces(reversed(import_.group_ids), LARGEST_PIECE):
        with fair_transaction():
            made_groups.remove(piece, clock(), scope)
        course.note(import_.id, import_.total, clock())
    live.publish([], status_changed=True)


def _finish(import_id: str, clock: Clock) -> None:
    now = clock()
    is_left = (lines.c.import_id == import_id, lines.c.is_applied)
    with fair_transaction():
        import_ = db.session.get_one(Import, import_id, populate_existing=True, with_for_update=True)
        left = db.session.scalar(select(func.count()).select_from(lines).where(*is_left)) or 0
        counts = import_.counts | {"undone": import_.total - left, "left": left}
        course.move(import_id, [WorkState.UNDOING], WorkState.UNDONE, now, counts=counts)
        audit.record("import.undo", import_.filename, after={"undone": import_.total - left, "left": left}, at=now)
