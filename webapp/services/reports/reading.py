"""Whose eyes a report is for, the list of them, and how far one is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import defer

from ...extensions import db
from ...models import CameraGroup, Report, User, WorkState
from ..rights import Scope
from .asking import period_of
from .making import LIFELESS

PAGE = 50
BUSY = (WorkState.QUEUED, WorkState.RUNNING)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, with the rights of this moment."""

    user: User
    scope: Scope

    @property
    def sees_all(self) -> bool:
        """Also what others made for themselves."""
        return self.user.may("users:write")


@dataclass(frozen=True, slots=True)
class Line:
    """A report in the list, without its result."""

    report: Report
    person: str


@dataclass(frozen=True, slots=True)
class Progress:
    report: Report
    is_stalled: bool

    @property
    def is_busy(self) -> bool:
        return self.report.state in BUSY

    @property
    def is_waiting(self) -> bool:
        return self.report.state == WorkState.QUEUED

    @property
    def percent(self) -> int:
        return 100 * self.report.done // max(1, self.report.total)


def load(report_id: str, reader: Reader) -> Report | None:
    """None also for one that is not for this reader's eyes."""
    report = db.session.get(Report, report_id, populate_existing=True)
    return report if report is not None and may_read(report, reader) else None


def may_read(report: Report, reader: Reader) -> bool:
    """A group's report is for whoever may see the group. One about everything is for its maker and administrators, as
    long as they may see what it tells of."""
    if report.group_id is not None:
        return reader.scope.covers(report.group_id)
    if not (reader.sees_all or report.user_id == reader.user.id):
        return False
    return reader.scope.is_everything or _is_within(report.scope, reader.scope)


def _is_within(recorded: Sequence[str] | None, scope: Scope) -> bool:
    """Whether all groups that a report was made over and that are still there may be seen."""
    if recorded is None:
        return False
    there = set(db.session.scalars(select(CameraGroup.id).where(CameraGroup.id.in_(recorded))))
    return all(scope.covers(group_id) for group_id in there)


def listed(reader: Reader, number: int) -> tuple[list[Line], int]:
    """A page of reports, newest first, and how many pages there are."""
    mine = _may_be_read(reader)
    pages = max(1, math.ceil(count(reader) / PAGE))
    query = select(Report, User.email).outerjoin(User, User.id == Report.user_id).where(*mine)
    query = query.options(defer(Report.result)).order_by(Report.created_at.desc(), Report.id)
    found = db.session.execute(query.limit(PAGE).offset((min(max(1, number), pages) - 1) * PAGE))
    lines = [Line(report, email or "Somebody who is gone") for report, email in found]
    return [line for line in lines if may_read(line.report, reader)], pages


def count(reader: Reader) -> int:
    return db.session.scalar(select(func.count(Report.id)).where(*_may_be_read(reader))) or 0


def _may_be_read(reader: Reader) -> list[ColumnElement[bool]]:
    if reader.sees_all and reader.scope.is_everything:
        return []
    own = and_(Report.group_id.is_(None), Report.user_id == reader.user.id)
    if reader.scope.group_ids is None:
        return [or_(Report.group_id.is_not(None), own)]
    return [or_(Report.group_id.in_(reader.scope.group_ids), own)]


def progress(report: Report, now: datetime) -> Progress:
    return Progress(report, report.state in BUSY and now - report.progress_at > LIFELESS)


def plain(report: Report) -> dict[str, Any]:
    """The report with all it tells, as JSON has it."""
    period = period_of(report)
    return {
        "id": report.id,
        "name": report.name,
        "group_id": report.group_id,
        "period": report.period,
        "title": period.title,
        "first_day": period.first.isoformat(),
        "last_day": period.last.isoformat(),
        "starts_at": report.starts_at.isoformat(),
        "ends_at": report.ends_at.isoformat(),
        "time_zone": report.time_zone,
        "state": report.state,
        "done": report.done,
        "total": report.total,
        "problem": report.problem,
        "created_at": report.created_at.isoformat(),
        "finished_at": report.finished_at.isoformat() if report.finished_at else None,
        "result": report.result,
    }
