"""Maintenance windows in force: which cameras they cover, and that those rest for as long as one is open.

The tick applies them through Camera.maintenance_until, so that status, history and counts are those of the switch by
hand. See docs/outages.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, or_, select, update

from ..extensions import db, transaction
from ..models import Camera, CameraGroup, MaintenanceWindow, Status, StatusChange
from . import live
from .camera_record import history_of
from .window_times import current, open_until

cameras = Camera.__table__
status_changes = StatusChange.__table__


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which windows are about which cameras, the tree of groups read once."""

    windows: tuple[MaintenanceWindow, ...]
    parents: Mapping[str, str | None]

    def of(self, camera: Any) -> tuple[MaintenanceWindow, ...]:
        """Of a camera or its row: its own windows, and those of every group above it."""
        above = set(self._way(camera.group_id))
        return tuple(w for w in self.windows if w.camera_id == camera.id or (w.group_id and w.group_id in above))

    def beneath(self, group_id: str) -> set[str]:
        return {inner for inner in self.parents if group_id in self._way(inner)}

    def _way(self, group_id: str | None) -> list[str]:
        way: list[str] = []
        while group_id is not None and group_id in self.parents and len(way) < len(self.parents):
            way.append(group_id)
            group_id = self.parents[group_id]
        return way


def covering(windows: Iterable[MaintenanceWindow]) -> Coverage:
    parents = {row.id: row.parent_id for row in db.session.execute(select(CameraGroup.id, CameraGroup.parent_id))}
    return Coverage(tuple(windows), parents)


def apply(now: datetime) -> int:
    """Have every camera rest that an open window covers; gives the number of those that had to be told.

    Cheap when no window is open: one query of a small table. Doing it twice changes nothing. A longer maintenance that
    somebody began by hand stays as it is, and a camera that somebody took out of it stays out until the window ends.
    """
    known = active()
    db.session.commit()
    if not any(current(window, now) for window in known):
        return 0
    with transaction():
        changed = rest(known, now)
    live.publish(changed, status_changed=bool(changed))
    return len(changed)


def active() -> list[MaintenanceWindow]:
    return list(db.session.scalars(select(MaintenanceWindow).where(MaintenanceWindow.is_active)))


def rest(windows: Sequence[MaintenanceWindow], now: datetime) -> list[str]:
    """Begin or extend maintenance as the windows say, in a running transaction; the ids of the cameras it changed."""
    coverage = covering(windows)
    open_now = [window for window in windows if current(window, now)]
    found = _lock(open_now, coverage)
    ends = {row.id: open_until(coverage.of(row), now) for row in found}
    wanted = [row for row in found if (end := ends[row.id]) and (row.maintenance_until or now) < end]
    out = _taken_out([row.id for row in wanted], open_now, now)
    return _write([(row, ends[row.id]) for row in wanted if not _is_out(row.id, out, coverage.of(row), now)], now)


def settle(before: Sequence[MaintenanceWindow], after: Sequence[MaintenanceWindow], now: datetime) -> list[str]:
    """End or shorten the maintenance that came from windows which are now different; then begin what they say anew."""
    old, new = covering(before), covering(after)
    found = _lock(before, old)
    changes = []
    for row in found:
        was, is_now = open_until(old.of(row), now), open_until(new.of(row), now)
        if was is not None and row.maintenance_until == was and was != is_now:
            changes.append((row, is_now))
    return [*_write(changes, now), *rest(after, now)]


def _lock(windows: Iterable[MaintenanceWindow], coverage: Coverage) -> list[Row[Any]]:
    """The rows of the cameras beneath these windows."""
    chosen = list(windows)
    groups = {inner for window in chosen if window.group_id for inner in coverage.beneath(window.group_id)}
    single = [window.camera_id for window in chosen if window.camera_id]
    if not (groups or single):
        return []
    c = cameras.c
    fields = (c.id, c.group_id, c.is_active, c.status, c.maintenance_until, c.next_due_at)
    query = select(*fields).where(or_(c.id.in_(single), c.group_id.in_(groups)))
    return list(db.session.execute(query.order_by(c.id).with_for_update()))


def _taken_out(ids: Sequence[str], windows: Sequence[MaintenanceWindow], now: datetime) -> dict[str, datetime]:
    """Camera id → when it was last taken out of maintenance, since the first of the open windows began.

    What was before does not matter, and a year of a fleet's history is too much for a tick to read.
    """
    began = min((span.start for window in windows if (span := current(window, now))), default=now)
    if not ids:
        return {}
    query = select(StatusChange.camera_id, StatusChange.at).where(StatusChange.camera_id.in_(ids))
    query = query.where(StatusChange.at >= began)
    rows = db.session.execute(query.where(StatusChange.old == Status.MAINTENANCE).order_by(StatusChange.at))
    return {row.camera_id: row.at for row in rows}


def _is_out(camera_id: str, out: Mapping[str, datetime], windows: Sequence[MaintenanceWindow], now: datetime) -> bool:
    """Whether somebody ended its maintenance since the open windows began."""
    open_now = [max(span.start, window.created_at) for window in windows if (span := current(window, now))]
    return camera_id in out and out[camera_id] > min(open_now, default=now)


def _write(found: Sequence[tuple[Row[Any], datetime | None]], now: datetime) -> list[str]:
    """New ends of maintenance, and what the history learns of them."""
    if not found:
        return []
    changes = [change for row, until in found for change in history_of(row, row.is_active, until, now)]
    values = [{"camera_id": row.id, "until": until} for row, until in found]
    ends = update(cameras).where(cameras.c.id == bindparam("camera_id")).values(maintenance_until=bindparam("until"))
    db.session.connection().execute(ends, values)
    if changes:
        db.session.connection().execute(insert(status_changes), changes)
    return [row.id for row, _ in found]
