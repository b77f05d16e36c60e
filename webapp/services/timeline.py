"""A period of a camera as intervals of one status each: merged, gapless, and what is not known said so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from ..extensions import db
from ..models import Camera, Status, StatusChange
from .shown import unknown_from, without_readings

Edge = tuple[datetime, str]
"""From this moment on the camera had this status."""
Change = StatusChange | Row[Any]

told = StatusChange.__table__
COLUMNS: tuple[ColumnElement[Any], ...] = (told.c.id, told.c.camera_id, told.c.at, told.c.old, told.c.new)


@dataclass(frozen=True, slots=True)
class Interval:
    """`end` is exclusive; intervals of one strip touch and never overlap."""

    start: datetime
    end: datetime
    status: str


def strips(cameras: Sequence[Camera], start: datetime, now: datetime) -> dict[str, list[Interval]]:
    """Camera id → its intervals from `start` (or its creation, when later) to `now`; one query for all of them."""
    found: dict[str, list[StatusChange]] = defaultdict(list)
    for change in changes([camera.id for camera in cameras], start, now):
        found[change.camera_id].append(change)
    return {camera.id: intervals(camera, found[camera.id], start, now) for camera in cameras}


def spans(cameras: Sequence[Camera], start: datetime, end: datetime, now: datetime) -> dict[str, list[Interval]]:
    """The same for any period, also one long past, and light enough for a month of a thousand cameras.

    What the history tells next says what was at the end of the period; without that it is what is now. Three queries.
    """
    end = min(end, now)
    ids = [camera.id for camera in cameras]
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for change in [*_told_between(ids, start, end), *(_told_next(ids, end, now) if end < now else ())]:
        found[change.camera_id].append(change)
    return {camera.id: _until(end, intervals(camera, found[camera.id], start, now)) for camera in cameras}


def _told_between(camera_ids: Sequence[str], start: datetime, end: datetime) -> list[Row[Any]]:
    query = select(*COLUMNS).where(told.c.camera_id.in_(camera_ids), told.c.at > start, told.c.at <= end)
    return list(db.session.execute(query.order_by(told.c.at, told.c.id)))


def _told_next(camera_ids: Sequence[str], end: datetime, now: datetime) -> list[Row[Any]]:
    """Of each camera the first change after the period: one look into the index, however much came later."""
    later = select(told.c.id).where(told.c.camera_id == Camera.id, told.c.at > end, told.c.at <= now)
    first = later.order_by(told.c.at, told.c.id).limit(1).scalar_subquery()
    found = db.session.scalars(select(first).select_from(Camera).where(Camera.id.in_(camera_ids)))
    return list(db.session.execute(select(*COLUMNS).where(told.c.id.in_([id for id in found if id]))))


def _until(end: datetime, whole: Iterable[Interval]) -> list[Interval]:
    return [Interval(i.start, min(i.end, end), i.status) for i in whole if i.start < end]


def changes(camera_ids: Sequence[str], start: datetime, now: datetime) -> list[StatusChange]:
    """Status changes inside the window, oldest first."""
    query = (
        select(StatusChange)
        .where(StatusChange.camera_id.in_(camera_ids), StatusChange.at > start, StatusChange.at <= now)
        .order_by(StatusChange.at, StatusChange.id)
    )
    return list(db.session.scalars(query))


def intervals(
    camera: Camera, found: Sequence[StatusChange | Row[Any]], start: datetime, now: datetime
) -> list[Interval]:
    """`found` holds the changes inside the window, oldest first."""
    begin = max(start, camera.created_at)
    first = found[0].old if found else _kept(camera)
    edges = [(begin, first), *((max(change.at, begin), change.new) for change in found)]
    return _merged(_with_tail(_with_lapse(edges, camera, now), camera, now), now)


def _kept(camera: Camera) -> str:
    """The status of a camera of which the window holds no change: what people said goes before its readings."""
    if not camera.is_active:
        return Status.DISABLED
    return Status.MAINTENANCE if camera.maintenance_until else camera.status


def _with_lapse(edges: list[Edge], camera: Camera, now: datetime) -> list[Edge]:
    """Maintenance that has ended by itself, of which the history learns with the next check."""
    ended = camera.maintenance_until
    if ended is None or ended > now or edges[-1][1] != Status.MAINTENANCE:
        return edges
    return [*edges, (max(ended, edges[-1][0]), camera.status)]


def _with_tail(edges: list[Edge], camera: Camera, now: datetime) -> list[Edge]:
    """Since the last reading became too old to believe we only know what people said of the camera."""
    ends = unknown_from(camera)
    if ends >= now:
        return edges
    believed = [edge for edge in edges if edge[0] < ends]
    later = [(at, without_readings(status)) for at, status in edges if at >= ends]
    _, at_the_end = believed[-1] if believed else edges[0]
    return [*believed, (max(ends, edges[0][0]), without_readings(at_the_end)), *later]


def _merged(edges: Iterable[Edge], now: datetime) -> list[Interval]:
    merged: list[Interval] = []
    for (begin, status), (end, _) in pairwise([*edges, (now, "")]):
        if begin >= end:
            continue
        if merged and merged[-1].status == status:
            merged[-1] = Interval(merged[-1].start, end, status)
        else:
            merged.append(Interval(begin, end, status))
    return merged
