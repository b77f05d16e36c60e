"""Open problems in SQL: which cameras have one, the change that began it, whether somebody knows of it.

The same rules as services.outages.pair(), for queries over cameras; a test compares them on arbitrary histories.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from ..extensions import db
from ..models import Acknowledgement, Camera, CameraGroup, Mute, Status, StatusChange
from .outages import PROBLEMS


def has_problem() -> ColumnElement[bool]:
    """A camera that flaps has one problem for as long as it flaps, also while it happens to be up.

    Maintenance that is over, and of which no check has told the history yet, still counts as maintenance.
    """
    fails = or_(Camera.status.in_(PROBLEMS), Camera.flapping_since.is_not(None))
    return and_(Camera.is_active.is_(True), Camera.maintenance_until.is_(None), fails)


def severity() -> ColumnElement[str]:
    """offline or degraded; a camera that flaps was offline again and again."""
    return case((Camera.flapping_since.is_not(None), literal(Status.OFFLINE.value)), else_=Camera.status)


def begun_by() -> ScalarSelect[str]:
    """Id of the change of status that began the open problem of a camera: what an acknowledgement is about."""
    change = aliased(StatusChange)
    begins = [change.camera_id == Camera.id, change.new == severity(), _known_before(change) != severity()]
    until = or_(Camera.flapping_since.is_(None), change.at <= Camera.flapping_since)
    query = select(change.id).where(*begins, until).order_by(change.at.desc()).limit(1)
    return query.correlate(Camera).scalar_subquery()


def _known_before(change: type[StatusChange]) -> ColumnElement[str]:
    """The last status before a change that was not unknown: a gap in the checks begins nothing."""
    dark = aliased(StatusChange)
    query = select(dark.old).where(dark.camera_id == change.camera_id, dark.new == Status.UNKNOWN, dark.at <= change.at)
    before = query.order_by(dark.at.desc()).limit(1).correlate(change).scalar_subquery()
    return case((change.old == Status.UNKNOWN, func.coalesce(before, "")), else_=change.old)


def is_acknowledged() -> ColumnElement[bool]:
    return func.coalesce(begun_by().in_(select(Acknowledgement.change_id)), False)


def is_muted(now: datetime) -> ColumnElement[bool]:
    active = Mute.ends_at > now
    cameras = select(Mute.camera_id).where(active, Mute.camera_id.is_not(None))
    return or_(Camera.id.in_(cameras), func.coalesce(Camera.group_id.in_(_muted_groups(now)), False))


def _muted_groups(now: datetime) -> Select[tuple[str]]:
    top = select(Mute.group_id.label("id")).where(Mute.ends_at > now, Mute.group_id.is_not(None))
    below = top.cte("muted_groups", recursive=True)
    below = below.union(select(CameraGroup.id).where(CameraGroup.parent_id == below.c.id))
    return select(below.c.id)


def needs_attention(now: datetime) -> ColumnElement[bool]:
    """What the badge counts: an open problem that nobody has acknowledged or muted."""
    return and_(has_problem(), not_(is_muted(now)), not_(is_acknowledged()))


def next_end_of_mute(now: datetime) -> ScalarSelect[datetime]:
    """When the badge may count more though no camera changed."""
    return select(func.min(Mute.ends_at)).where(Mute.ends_at > now).scalar_subquery()


def active_mutes(now: datetime) -> list[Mute]:
    return list(db.session.scalars(select(Mute).where(Mute.ends_at > now).order_by(Mute.ends_at)))
