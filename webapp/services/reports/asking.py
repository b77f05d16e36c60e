"""Asking for a report, asking for the next one, and throwing one away."""

from __future__ import annotations

from datetime import datetime

from ...extensions import db, transaction
from ...models import CameraGroup, Report, User, WorkState
from ...schemas import InvalidInput, ReportInput
from .. import audit
from ..rights import Scope
from . import periods
from .periods import Kind, Period

EVERYTHING = "All cameras"
LONGEST_NAME = 200


def create(user: User, given: ReportInput, scope: Scope, now: datetime) -> Report:
    """A report that waits for a worker. InvalidInput when the period or the group cannot be."""
    group = _group(given.group_id, scope)
    return _store(user, given.name or (group.name if group else EVERYTHING), group, _period(given, now), scope, now)


def again(report: Report, user: User, scope: Scope, now: datetime) -> Report:
    """The same about the next period. InvalidInput as long as that has not begun."""
    group = _group(report.group_id, scope)
    return _store(user, report.name, group, period_of(report).after, scope, now)


def delete(report: Report, now: datetime) -> None:
    with transaction():
        audit.record("report.delete", _subject(report.name, period_of(report)), at=now)
        db.session.delete(report)


def period_of(report: Report) -> Period:
    return periods.between(report.starts_at, report.ends_at, Kind(report.period), report.time_zone)


def has_next(report: Report, now: datetime) -> bool:
    """Whether the next period has begun."""
    return report.ends_at <= now


def _group(group_id: str | None, scope: Scope) -> CameraGroup | None:
    if scope.is_nothing:
        raise InvalidInput({"": ["You may not see any camera yet, so there is nothing to report on."]})
    if group_id is None:
        return None
    group = db.session.get(CameraGroup, group_id) if scope.covers(group_id) else None
    if group is None:
        raise InvalidInput({"group_id": ["There is no such group (any more); choose another."]})
    return group


def _period(given: ReportInput, now: datetime) -> Period:
    kind, zone = Kind(given.period), given.time_zone or "UTC"
    if given.day is None:
        return periods.last_over(kind, now, zone)
    if kind == Kind.CUSTOM and given.until:
        return Period(kind, given.day, given.until, zone)
    return periods.holding(kind, given.day, zone)


def _store(user: User, name: str, group: CameraGroup | None, period: Period, scope: Scope, now: datetime) -> Report:
    if period.start >= now:
        raise InvalidInput({"day": [f"{period.title} has not begun yet, so there is nothing to report on."]})
    report = Report(
        user_id=user.id,
        name=name[:LONGEST_NAME],
        group_id=group.id if group else None,
        scope=None if scope.group_ids is None else sorted(scope.group_ids),
        period=period.kind.value,
        starts_at=period.start,
        ends_at=period.end,
        time_zone=period.zone,
        state=WorkState.QUEUED,
        created_at=now,
        progress_at=now,
    )
    with transaction():
        db.session.add(report)
        audit.record("report.create", _subject(report.name, period), after={"group_id": report.group_id}, at=now)
    return report


def _subject(name: str, period: Period) -> str:
    return f"{name}, {period.title}"
