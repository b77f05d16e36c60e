"""What people say of problems: that they know of one, or that those of a camera or a group are not to be counted."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from ..extensions import db, transaction
from ..models import Acknowledgement, Camera, CameraGroup, Mute, StatusChange, User
from ..schemas import InvalidInput, MuteInput
from . import audit, live
from .outages import PROBLEMS
from .rights import Scope

LONGEST_MUTE = timedelta(days=366)


class GoneMeanwhile(LookupError):
    """What it is about was deleted after the page was opened."""


def find(change_id: str, scope: Scope) -> tuple[StatusChange, Camera] | None:
    """The change that began a problem, with its camera, as far as the scope covers that."""
    query = select(StatusChange, Camera).join(Camera, Camera.id == StatusChange.camera_id)
    query = query.where(StatusChange.id == change_id, StatusChange.new.in_(PROBLEMS), *scope.conditions())
    found = db.session.execute(query).one_or_none()
    return (found[0], found[1]) if found else None


def acknowledge(change_id: str, camera: Camera, reason: str | None, by: User, now: datetime) -> None:
    """Say that somebody knows of a problem; said again, the newer word counts. GoneMeanwhile."""
    with transaction():
        if db.session.get(StatusChange, change_id, with_for_update=True) is None:
            raise GoneMeanwhile(change_id)
        known = db.session.get(Acknowledgement, change_id, populate_existing=True)
        before = {"reason": known.reason, "acknowledged_by": known.actor} if known else {}
        known = known or Acknowledgement(change_id=change_id)
        known.user_id, known.actor, known.reason, known.at = by.id, by.display_name, reason, now
        db.session.add(known)
        audit.record("problem.acknowledge", camera, before, {"reason": reason, "acknowledged_by": known.actor}, now)
    live.publish([camera.id], status_changed=True)


def take_back(change_id: str, camera: Camera, now: datetime) -> bool:
    """Whether there was an acknowledgement to take back."""
    with transaction():
        known = db.session.get(Acknowledgement, change_id, populate_existing=True)
        if known is not None:
            before = {"reason": known.reason, "acknowledged_by": known.actor}
            audit.record("problem.unacknowledge", camera, before, at=now)
            db.session.delete(known)
    live.publish([camera.id], status_changed=True)
    return known is not None


def mute(target: Camera | CameraGroup, given: MuteInput, by: User, now: datetime) -> Mute:
    """Do not count the problems of a camera, or of a group with all beneath it, until a moment.

    One that is muted already is muted anew. InvalidInput when the moment is no sensible one; GoneMeanwhile.
    """
    until = given.end(now)
    if not now < until <= now + LONGEST_MUTE:
        raise InvalidInput({"until": ["Choose a moment in the future, at most a year from now."]})
    with transaction():
        if db.session.get(type(target), target.id, populate_existing=True, with_for_update=True) is None:
            raise GoneMeanwhile(target.id)
        stored = _active(target, now) or Mute(**_names(target), created_at=now)
        before = {"muted_until": stored.ends_at, "reason": stored.reason}
        stored.user_id, stored.actor, stored.reason, stored.ends_at = by.id, by.display_name, given.reason, until
        db.session.add(stored)
        after = {"muted_until": until, "reason": given.reason}
        audit.record(_act(target, "mute"), target, before, after, now)
    live.publish([], status_changed=True)
    return stored


def unmute(target: Camera | CameraGroup, now: datetime) -> bool:
    """Count its problems again; whether it was muted by itself."""
    with transaction():
        stored = _active(target, now)
        if stored is not None:
            audit.record(
                _act(target, "unmute"), target, {"muted_until": stored.ends_at, "reason": stored.reason}, at=now
            )
            stored.ends_at = now
    live.publish([], status_changed=True)
    return stored is not None


def muted_now(now: datetime, scope: Scope) -> list[tuple[Mute, Camera | CameraGroup]]:
    """What is muted, the next to end first, of what the scope covers."""
    query = select(Mute, Camera, CameraGroup).select_from(Mute).where(Mute.ends_at > now).order_by(Mute.ends_at)
    query = query.outerjoin(Camera, Camera.id == Mute.camera_id)
    rows = db.session.execute(query.outerjoin(CameraGroup, CameraGroup.id == Mute.group_id)).all()
    return [(mute, camera or group) for mute, camera, group in rows if scope.covers(_place(camera, group))]


def _place(camera: Camera | None, group: CameraGroup | None) -> str | None:
    return camera.group_id if camera else group.id if group else None


def _active(target: Camera | CameraGroup, now: datetime) -> Mute | None:
    query = select(Mute).filter_by(**_names(target)).where(Mute.ends_at > now).order_by(Mute.ends_at.desc()).limit(1)
    found: Mute | None = db.session.scalar(query.execution_options(populate_existing=True))
    return found


def _names(target: Camera | CameraGroup) -> dict[str, str]:
    return {"camera_id" if isinstance(target, Camera) else "group_id": target.id}


def _act(target: Camera | CameraGroup, verb: str) -> str:
    return f"{'camera' if isinstance(target, Camera) else 'group'}.{verb}"
