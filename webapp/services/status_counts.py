"""How many cameras were in which status over time, counted by the database: for rows that stand for many cameras.

A change adds its camera to one status and takes it from another. So the changes of a cell, summed up with the time that
is left of it, say how long how many cameras were what; counted back from what is now, nothing else has to be read.
See docs/decisions/013-timelines-are-counted.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Row,
    Select,
    case,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)

from ..extensions import db
from ..models import Camera, CameraGroup, Status, StatusChange
from .rights import Scope
from .shown import patience, shown_status_sql
from .time_axis import Cells

Members = Select[str, str]
"""Columns `id` of a camera and `key` of the row that it counts in, from the table of cameras."""
NOT_THERE = ""
"""The status of a camera before it was entered, in these books."""


@dataclass(slots=True)
class Counted:
    """What one row was made of."""

    cells: list[dict[str, float]] = field(default_factory=list)
    """For each cell: status → seconds, of all its cameras together."""
    changes: int = 0
    """How many changes that took, and how much there is to draw."""

    def total(self) -> dict[str, float]:
        found: Counter[str] = Counter()
        for cell in self.cells:
            found.update(cell)
        return dict(found)


def of_cameras(*conditions: ColumnElement[bool]) -> Members:
    """A row for each camera."""
    query: Members = select(Camera.id.label("id"), Camera.id.label("key"))
    return query.where(*conditions)


def of_groups(ids: Collection[str], scope: Scope) -> Members:
    """A row for each group with all beneath it."""
    below = select(CameraGroup.id.label("key"), CameraGroup.id.label("id")).where(CameraGroup.id.in_(ids))
    tree = below.cte(recursive=True)
    tree = tree.union_all(select(tree.c.key, CameraGroup.id).where(CameraGroup.parent_id == tree.c.id))
    query: Members = select(Camera.id.label("id"), tree.c.key.label("key")).join(tree, tree.c.id == Camera.group_id)
    return query.where(*scope.conditions())


def count(members: Members, cells: Cells, now: datetime) -> dict[str, Counted]:
    """Key → what its cameras were in each cell; two queries, however many cameras, changes and cells."""
    present: dict[str, Counter[str]] = defaultdict(Counter)
    for row in db.session.execute(_present(members, now)):
        present[row.key][row.status] = row.number
    moves: dict[str, dict[int, list[Row[Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in db.session.execute(_moves(members, cells, now)):
        moves[row.key][row.cell].append(row)
    return {key: _counted(numbers, moves[key], cells) for key, numbers in present.items()}


def _counted(numbers: Counter[str], moves: Mapping[int, list[Row[Any]]], cells: Cells) -> Counted:
    """Backwards, from how many cameras have which status now."""
    found = Counted(changes=sum(row.number for rows in moves.values() for row in rows))
    numbers = Counter(numbers)
    _undo(numbers, moves.get(len(cells), []))
    for cell in range(len(cells) - 1, -1, -1):
        begin, end = ((moment - cells.base).total_seconds() for moment in cells.span(cell))
        rows = moves.get(cell, [])
        _undo(numbers, rows)
        seconds = Counter({status: number * (end - begin) for status, number in numbers.items()})
        for row in rows:
            rest = row.number * end - row.offsets
            seconds[row.new] += rest
            seconds[row.old] -= rest
        found.cells.append({s: n for s, n in seconds.items() if n > 0 and s != NOT_THERE})
    found.cells.reverse()
    return found


def _undo(numbers: Counter[str], moves: list[Row[Any]]) -> None:
    for row in moves:
        numbers[row.new] -= row.number
        numbers[row.old] += row.number


def _present(members: Members, now: datetime) -> Select[Any]:
    """How many cameras of each row show which status now."""
    mine = members.subquery()
    status = shown_status_sql(now).label("status")
    query = select(mine.c.key, status, func.count().label("number")).join(mine, mine.c.id == Camera.id)
    return query.group_by(mine.c.key, status)


def _moves(members: Members, cells: Cells, now: datetime) -> Select[Any]:
    """Row, cell, old and new status → number of moves, and the sum of their seconds since the first cell began.

    What came after the last cell stands in one more.
    """
    mine = members.cte("mine")
    found = union_all(*_sources(mine, cells, now)).subquery()
    offset = found.c.second - cells.base.timestamp()
    number = cast(func.floor(offset / cells.step.total_seconds()), Float)
    cell = case((found.c.second >= cells.end.timestamp(), float(len(cells))), else_=number).label("cell")
    sums = (func.count().label("number"), func.sum(offset).label("offsets"))
    keys = (found.c.key, cell, found.c.old, found.c.new)
    return select(*keys, *sums).where(found.c.second > cells.start.timestamp()).group_by(*keys)


def _sources(mine: Any, cells: Cells, now: datetime) -> list[Select[Any]]:
    """What moved cameras: the changes of status, and what services.timeline draws besides."""
    change, key = StatusChange, mine.c.key.label("key")
    told = select(key, _second(change.at), change.old, change.new).join(mine, mine.c.id == change.camera_id)
    cameras = select(key).select_from(Camera).join(mine, mine.c.id == Camera.id)
    return [
        told.where(change.at > cells.start, change.at <= now),
        *_lapses(cameras, now),
        cameras.add_columns(
            _second(Camera.created_at), literal(NOT_THERE).label("old"), _first_status().label("new")
        ).where(Camera.created_at > cells.start),
    ]


def _lapses(cameras: Select[Any], now: datetime) -> list[Select[Any]]:
    """Maintenance that ended by itself, and readings that became too old to believe: the history is told later."""
    due = _epoch(Camera.next_due_at) + patience().total_seconds()
    is_unknown = shown_status_sql(now) == Status.UNKNOWN
    ended = Camera.maintenance_until
    is_over = Camera.is_active & (ended <= now)
    before = case((is_over & (_epoch(ended) >= due), literal(Status.MAINTENANCE.value)), else_=Camera.status)
    lapse = (_second(ended), literal(Status.MAINTENANCE.value).label("old"), Camera.status.label("new"))
    loss = (due.label("second"), before.label("old"), literal(Status.UNKNOWN.value).label("new"))
    return [
        cameras.add_columns(*lapse).where(is_over, or_(~is_unknown, _epoch(ended) < due)),
        cameras.add_columns(*loss).where(is_unknown),
    ]


def _first_status() -> ColumnElement[str]:
    """What a camera was when it was entered."""
    first = select(StatusChange.old).where(StatusChange.camera_id == Camera.id)
    first_old = first.order_by(StatusChange.at, StatusChange.id).limit(1).correlate(Camera).scalar_subquery()
    kept = case(
        (Camera.is_active.is_(False), literal(Status.DISABLED.value)),
        (Camera.maintenance_until.is_not(None), literal(Status.MAINTENANCE.value)),
        else_=Camera.status,
    )
    return func.coalesce(first_old, kept)


def _second(moment: Any) -> ColumnElement[float]:
    return _epoch(moment).label("second")


def _epoch(moment: Any) -> ColumnElement[float]:
    """Seconds since 1970, on either database."""
    if db.engine.dialect.name == "postgresql":
        return cast(extract("epoch", moment), Float)
    return (func.julianday(type_coerce(moment, Float)) - EPOCH_IN_JULIAN_DAYS) * 86_400.0


EPOCH_IN_JULIAN_DAYS = 2_440_587.5
