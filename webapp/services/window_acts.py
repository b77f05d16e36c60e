"""Planning maintenance: windows listed, made, changed, ended early and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from ..extensions import db, transaction
from ..models import Camera, CameraGroup, MaintenanceWindow, User, new_id
from ..schemas import InvalidInput, WindowInput
from . import audit, live, windows
from .rights import Scope
from .window_times import Span, coming, current, spans

PAST_SHOWN = 20
SAID = ("reason", "starts_at", "minutes", "weekdays", "time_zone")
Target = Camera | CameraGroup


class GoneMeanwhile(LookupError):
    """Somebody deleted it after the page was opened."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A window with what it is about, and its open or next time."""

    window: MaintenanceWindow
    target: Target
    span: Span | None

    @property
    def is_camera(self) -> bool:
        return self.window.camera_id is not None


@dataclass(frozen=True, slots=True)
class Plan:
    current: list[Planned]
    coming: list[Planned]
    past: list[Planned]
    """The latest first, at most PAST_SHOWN."""


def plan(now: datetime, scope: Scope) -> Plan:
    """Every window of what the scope covers, sorted by its time."""
    found = [_planned(window, target, now) for window, target in _read(scope)]
    open_now = [one for one in found if current(one.window, now)]
    ahead = [one for one in found if one not in open_now and coming(one.window, now)]
    past = [one for one in found if one not in open_now and one not in ahead]
    by_time = sorted(ahead, key=lambda one: one.span.start if one.span else now)
    return Plan(sorted(open_now, key=_ends), by_time, sorted(past, key=_ends, reverse=True)[:PAST_SHOWN])


def of_camera(camera: Camera, now: datetime) -> list[MaintenanceWindow]:
    """Those that are open or coming, its own and those of the groups above it."""
    found = windows.active()
    covered = windows.covering(found).of(camera) if found else ()
    return [window for window in covered if current(window, now) or coming(window, now)]


def load(window_id: str, scope: Scope) -> tuple[MaintenanceWindow, Target] | None:
    return next(iter(_read(scope, MaintenanceWindow.id == window_id)), None)


def create(given: WindowInput, target: Target, by: User, now: datetime) -> MaintenanceWindow:
    """InvalidInput when it would already be over; GoneMeanwhile."""
    window = MaintenanceWindow(id=new_id(), user_id=by.id, is_active=True, created_at=now)
    _fill(window, given, target, now)
    with transaction():
        _require_there(target)
        db.session.add(window)
        audit.record("window.create", target, after=_told(window), at=now)
        db.session.flush()
        changed = windows.rest(windows.active(), now)
    live.publish(changed, status_changed=True)
    return window


def update(window: MaintenanceWindow, target: Target, given: WindowInput, now: datetime) -> MaintenanceWindow:
    with transaction():
        stored = _locked(window.id)
        before, was = _copies(windows.active()), _told(stored)
        _fill(stored, given, target, now)
        stored.is_active = True
        audit.record("window.update", target, was, _told(stored), now)
        db.session.flush()
        changed = windows.settle(before, windows.active(), now)
    live.publish(changed, status_changed=True)
    return stored


def end_now(window: MaintenanceWindow, target: Target, now: datetime) -> None:
    """End it where it is open; a weekly one comes again next time."""
    with transaction():
        stored = _locked(window.id)
        before = _copies(windows.active())
        following = coming(stored, now) if stored.weekdays else None
        if following:
            stored.starts_at = following.start
        else:
            stored.is_active = False
        audit.record("window.end", target, at=now)
        db.session.flush()
        changed = windows.settle(before, windows.active(), now)
    live.publish(changed, status_changed=True)


def delete(window: MaintenanceWindow, target: Target, now: datetime) -> None:
    with transaction():
        stored = _locked(window.id)
        before = _copies(windows.active())
        audit.record("window.delete", target, _told(stored), at=now)
        db.session.delete(stored)
        db.session.flush()
        changed = windows.settle(before, windows.active(), now)
    live.publish(changed, status_changed=True)


def _read(scope: Scope, *where: Any) -> list[tuple[MaintenanceWindow, Target]]:
    window = MaintenanceWindow
    query = select(window, Camera, CameraGroup).select_from(window).where(*where)
    query = query.outerjoin(Camera, Camera.id == window.camera_id)
    rows = db.session.execute(query.outerjoin(CameraGroup, CameraGroup.id == window.group_id)).all()
    return [(one, camera or group) for one, camera, group in rows if scope.covers(_place(camera, group))]


def _place(camera: Camera | None, group: CameraGroup | None) -> str | None:
    return camera.group_id if camera else group.id if group else None


def _planned(window: MaintenanceWindow, target: Target, now: datetime) -> Planned:
    last = None if window.weekdays else next(spans(window, window.starts_at, now), None)
    return Planned(window, target, current(window, now) or coming(window, now) or last)


def _ends(one: Planned) -> datetime:
    return one.span.end if one.span else one.window.starts_at


def _fill(window: MaintenanceWindow, given: WindowInput, target: Target, now: datetime) -> None:
    starts_at = given.begin()
    if not given.weekdays and starts_at + timedelta(minutes=given.minutes) <= now:
        raise InvalidInput({"starts": ["It would be over already: choose a later beginning, or more time."]})
    names = {"camera_id": target.id} if isinstance(target, Camera) else {"group_id": target.id}
    days = sum(1 << day for day in set(given.weekdays))
    values = {"reason": given.reason, "starts_at": starts_at, "minutes": given.minutes, "weekdays": days}
    for name, value in (names | values | {"time_zone": str(given.time_zone)}).items():
        setattr(window, name, value)


def _told(window: MaintenanceWindow) -> dict[str, Any]:
    return {name: getattr(window, name) for name in SAID}


def _locked(window_id: str) -> MaintenanceWindow:
    found = db.session.get(MaintenanceWindow, window_id, populate_existing=True, with_for_update=True)
    if found is None:
        raise GoneMeanwhile(window_id)
    return found


def _require_there(target: Target) -> None:
    if db.session.get(type(target), target.id, populate_existing=True, with_for_update=True) is None:
        raise GoneMeanwhile(target.id)


def _copies(found: Sequence[MaintenanceWindow]) -> list[MaintenanceWindow]:
    """As they are now, whatever is made of them next."""
    columns = MaintenanceWindow.__table__.columns.keys()
    return [MaintenanceWindow(**{name: getattr(one, name) for name in columns}) for one in found]
