"""The transaction of an import: what was prepared is written, if it still holds; nothing in it takes long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from ...extensions import db, settings
from ...models import Camera, Import, ImportRow, StatusChange, WorkState
from ...schemas import InvalidInput
from ..camera_record import columns_of, history_of
from ..group_paths import Path
from ..groups import ensure_paths, known_paths
from .course import OutOfTurn
from .known import Marks, Stamp, stamp, versions_for
from .preparing import Prepared
from .work import Work, pieces

LOCKED_AT_ONCE = 1000
"""Cameras."""
ALONE = 0x1B0077
"""The lock of PostgreSQL under which imports write one after the other: two of one file at once would each find no
camera, and store it."""
cameras, lines = Camera.__table__, ImportRow.__table__


class Stale(Exception):
    """What the plans were made from has changed since."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What plans were made from."""

    stamp: Stamp
    """From before."""
    marks: list[Marks] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    """Of the stored cameras that have something in common with the rows."""


def write(work: Work, prepared: Prepared, basis: Basis) -> None:
    """Write the plans, within a transaction; Stale when they do not hold any more.

    OutOfTurn when another worker is at this import, too. The tree comes before cameras, and cameras before the groups
    they are in, as when a group is deleted: else that and we might wait for each other.
    """
    if not settings.is_embedded:  # on SQLite whoever writes is alone anyway
        db.session.execute(select(func.pg_advisory_xact_lock(ALONE)))
    _require_turn(work.import_.id, prepared.numbers)
    _require_basis(work, basis)
    groups = _make_groups(work, prepared, basis.stamp.groups)
    fresh = _locked({plan.stored.id: plan.stored.version for plan in prepared.updates if plan.stored})
    prepared.created.write()
    _update(prepared, groups, fresh)
    prepared.entries.write()
    prepared.lines.write()


def _require_basis(work: Work, basis: Basis) -> None:
    """Whatever others did to cameras that have nothing to do with these rows is no reason to plan anew."""
    now = stamp(work.scope)
    if now == basis.stamp:
        return
    versions: dict[str, int] = {}
    for marks in basis.marks:
        versions |= versions_for(marks)
    if now.groups != basis.stamp.groups or versions != basis.versions:
        raise Stale


def _require_turn(import_id: str, numbers: Sequence[int]) -> None:
    state = db.session.scalar(select(Import.state).where(Import.id == import_id).with_for_update())
    applied = select(lines.c.line).where(lines.c.import_id == import_id, lines.c.is_applied)
    among = lines.c.line.between(min(numbers), max(numbers))
    if state != WorkState.RUNNING or set(db.session.scalars(applied.where(among))) & set(numbers):
        raise OutOfTurn


def _make_groups(work: Work, prepared: Prepared, known: Mapping[Path, str]) -> Mapping[Path, str]:
    """Every group by its path. Those that were missing are made, and the import remembers them for an undo."""
    missing = prepared.paths - known.keys()
    if not missing:
        return known
    try:
        ensure_paths(missing, prepared.now, work.scope, prepared.group_ids)
    except InvalidInput:
        raise Stale from None
    ids = known_paths(work.scope).ids
    made = [ids[path] for path in sorted(ids.keys() - known.keys(), key=len)]
    import_ = db.session.get_one(Import, work.import_.id, populate_existing=True)
    import_.group_ids = [*import_.group_ids, *made]
    return ids


def _update(prepared: Prepared, groups: Mapping[Path, str], fresh: Mapping[str, Row[Any]]) -> None:
    """On top of the rows as they are now: a check may have changed what is none of the file's business."""
    changed, history = [], []
    for plan in prepared.updates:
        if plan.stored is None or plan.given is None:
            continue
        row, now = fresh[plan.stored.id], prepared.now
        given = plan.given.model_copy(update={"group_id": groups[plan.path]} if plan.path else {})
        columns = columns_of(given, row, row.id, now, prepared.paces.interval(given))
        changed.append({"b_id": row.id} | columns)
        history += history_of(row, given.is_active, row.maintenance_until, now)
    connection = db.session.connection()
    if changed:
        connection.execute(update(cameras).where(cameras.c.id == bindparam("b_id")), changed)
    if history:
        connection.execute(insert(StatusChange.__table__), history)


def _locked(versions: Mapping[str, int]) -> Mapping[str, Row[Any]]:
    """The cameras to change, by id; nobody else changes them until we are done."""
    fresh: dict[str, Row[Any]] = {}
    for ids in pieces(sorted(versions), LOCKED_AT_ONCE):
        query = select(cameras).where(cameras.c.id.in_(ids)).order_by(cameras.c.id).with_for_update()
        fresh |= {row.id: row for row in db.session.execute(query)}
    if {camera_id: row.version for camera_id, row in fresh.items()} != versions:
        raise Stale
    return fresh
