"""The problems page: what is wrong right now, the worst and newest first, and who knows of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from ..extensions import db
from ..models import Acknowledgement, Camera, CameraGroup, Status, StatusChange
from ..outcomes import Explanation, Outcome
from . import problem_queries as sql
from .judge import slowness_of
from .outages import Acknowledged
from .reasons import Reason, finding_named, reason_of
from .rights import Scope

PAGE_SIZE = 50
FLAPPING = Explanation(
    "flapping",
    "The camera goes up and down again and again: at least four times within an hour.",
    "Look at its power supply, its plugs and its link; a camera that restarts by itself often has too little power.",
)


@dataclass(frozen=True, slots=True)
class ProblemFilter:
    """What the list shows, of what its reader may see; None is any."""

    scope: Scope
    group_ids: tuple[str, ...] | None = None
    severity: Status | None = None
    is_acknowledged: bool | None = None
    is_muted: bool | None = None


@dataclass(frozen=True, slots=True)
class Muted:
    """Until when, and why, a camera's problems are not counted."""

    id: str
    until: datetime
    who: str
    reason: str
    group_id: str | None
    """The group that is muted with all beneath it; None: the camera itself."""


@dataclass(frozen=True, slots=True)
class Problem:
    camera: Camera
    severity: Status
    since: datetime
    change_id: str | None
    """What is acknowledged; None when the history does not reach back to its beginning."""
    reason: Reason | Explanation | None
    acknowledged: Acknowledged | None = None
    muted: Muted | None = None

    @property
    def is_flapping(self) -> bool:
        return self.camera.flapping_since is not None

    @property
    def is_quiet(self) -> bool:
        """It is listed, but neither counted nor alerted."""
        return self.acknowledged is not None or self.muted is not None


@dataclass(frozen=True, slots=True)
class ProblemPage:
    problems: list[Problem]
    number: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.total / PAGE_SIZE))


def open_problems(wanted: ProblemFilter, number: int, now: datetime) -> ProblemPage:
    """One numbered page: offline before degraded, and of those the newest first."""
    where = _conditions(wanted, now)
    total = db.session.scalar(select(func.count(Camera.id)).where(*where)) or 0
    number = min(max(number, 1), max(1, math.ceil(total / PAGE_SIZE)))
    rank = case((sql.severity() == Status.OFFLINE, 0), else_=1)
    query = _problems().where(*where).order_by(rank, _since().desc(), Camera.id)
    rows = db.session.execute(query.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all() if total else []
    return ProblemPage(_told(rows, now), number, total)


def of_camera(camera: Camera, now: datetime) -> Problem | None:
    """The open problem of a camera, if it has one."""
    rows = db.session.execute(_problems().where(Camera.id == camera.id, sql.has_problem())).all()
    return next(iter(_told(rows, now)), None)


def muted(camera: Camera, now: datetime) -> Muted | None:
    """Whether problems of the camera would be counted, had it any."""
    return _muted_by([camera], now).get(camera.id)


def _problems() -> Select[Camera, StatusChange, Acknowledgement]:
    ack = Acknowledgement
    query = select(Camera, StatusChange, ack).select_from(Camera)
    query = query.outerjoin(StatusChange, StatusChange.id == sql.begun_by())
    return query.outerjoin(ack, ack.change_id == StatusChange.id)


def _since() -> ColumnElement[datetime]:
    return func.coalesce(Camera.flapping_since, StatusChange.at, Camera.status_since)


def _conditions(wanted: ProblemFilter, now: datetime) -> list[ColumnElement[bool]]:
    found = [*wanted.scope.conditions(), sql.has_problem()]
    if wanted.group_ids is not None:
        found.append(Camera.group_id.in_(wanted.group_ids))
    if wanted.severity is not None:
        found.append(sql.severity() == wanted.severity)
    if wanted.is_acknowledged is not None:
        found.append(sql.is_acknowledged().is_(wanted.is_acknowledged))
    if wanted.is_muted is not None:
        found.append(sql.is_muted(now).is_(wanted.is_muted))
    return found


def _told(rows: Sequence[Any], now: datetime) -> list[Problem]:
    known = _muted_by([camera for camera, _, _ in rows], now)
    return [_problem(camera, change, ack, known.get(camera.id)) for camera, change, ack in rows]


def _problem(
    camera: Camera, change: StatusChange | None, ack: Acknowledgement | None, is_muted: Muted | None
) -> Problem:
    since = camera.flapping_since or (change.at if change else camera.status_since)
    return Problem(
        camera=camera,
        severity=Status.OFFLINE if camera.flapping_since else Status(camera.status),
        since=since,
        change_id=change.id if change else None,
        reason=_reason(camera, change),
        acknowledged=Acknowledged(ack.actor, ack.at, ack.reason) if ack else None,
        muted=is_muted,
    )


def _reason(camera: Camera, change: StatusChange | None) -> Reason | Explanation | None:
    """As of now, which says better what to do than what was found when it began."""
    if camera.flapping_since:
        return FLAPPING
    if camera.status == Status.OFFLINE and camera.outcome and camera.outcome != Outcome.ONLINE:
        return Outcome(camera.outcome)
    found = next((finding for name in camera.findings if (finding := finding_named(name))), None)
    return found or slowness_of(camera) or (reason_of(change) if change else None)


def _muted_by(cameras: Sequence[Camera], now: datetime) -> dict[str, Muted]:
    """Camera id → the mute that lasts longest, its own or one of the groups above it."""
    mutes = sql.active_mutes(now) if cameras else []
    if not mutes:
        return {}
    own = {mute.camera_id: mute for mute in mutes if mute.camera_id}
    of_groups = {mute.group_id: mute for mute in mutes if mute.group_id}
    parents = _parents() if of_groups else {}
    found: dict[str, Muted] = {}
    for camera in cameras:
        above = [of_groups[group_id] for group_id in _way(camera.group_id, parents) if group_id in of_groups]
        candidates = [*above, *([own[camera.id]] if camera.id in own else [])]
        if candidates:
            last = max(candidates, key=lambda mute: mute.ends_at)
            found[camera.id] = Muted(last.id, last.ends_at, last.actor, last.reason, last.group_id)
    return found


def _parents() -> dict[str, str | None]:
    return {row.id: row.parent_id for row in db.session.execute(select(CameraGroup.id, CameraGroup.parent_id))}


def _way(group_id: str | None, parents: Mapping[str, str | None]) -> list[str]:
    """From a group up to the top."""
    way: list[str] = []
    while group_id is not None and group_id in parents and len(way) < len(parents):
        way.append(group_id)
        group_id = parents[group_id]
    return way
