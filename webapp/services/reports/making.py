"""Making a report as a worker does: camera by camera, in pieces, so that it can be followed and taken up again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update

from ...extensions import db, transaction
from ...models import Camera, ImageFinding, Report, WorkState
from .. import availability, outages
from ..groups import structure
from . import figures, result
from .asking import period_of
from .result import Fault, Line, Told

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
CHUNK = 100
"""Cameras that are read at once: a second's work at most."""
LIFELESS = timedelta(seconds=45)
"""After so long without getting any further a worker counts as dead."""
GIVE_UP = timedelta(hours=6)
"""A report that no worker finishes in this time is not tried again."""
GIVEN_UP = "No worker could finish this report. Look at the status page, then run it again."
BROKEN = "This report could not be made, because of a fault of ours. The log of the slow worker says which."


class Gone(Exception):
    """The report was deleted meanwhile, or another worker has taken it over."""


def run(report_id: str, clock: Clock) -> None:
    """Make it from the beginning; nothing happens when somebody else is at it."""
    report = _claim(report_id, clock())
    if report is None:
        return
    try:
        found = _make(report, clock)
        _move(report_id, clock(), state=WorkState.DONE, result=found, finished_at=clock(), problem=None)
    except Gone:
        return
    except (ArithmeticError, LookupError, TypeError, ValueError):
        log.exception("The report %s cannot be made", report_id)
        _move(report_id, clock(), state=WorkState.FAILED, problem=BROKEN, finished_at=clock())


def left_behind(now: datetime) -> list[str]:
    """Reports that a worker should be at, and none gets any further with."""
    query = select(Report.id).where(Report.state.in_(OPEN), Report.progress_at < now - LIFELESS)
    return list(db.session.scalars(query.where(Report.created_at >= now - GIVE_UP)))


def give_up(now: datetime) -> None:
    stuck = update(Report).where(Report.state.in_(OPEN), Report.created_at < now - GIVE_UP)
    with transaction():
        db.session.execute(stuck.values(state=WorkState.FAILED, problem=GIVEN_UP, finished_at=now))


OPEN = (WorkState.QUEUED, WorkState.RUNNING)


def _claim(report_id: str, now: datetime) -> Report | None:
    """For a worker that begins with it, or goes on where another one died."""
    is_left = and_(Report.state == WorkState.RUNNING, Report.progress_at < now - LIFELESS)
    found = update(Report).where(Report.id == report_id, or_(Report.state == WorkState.QUEUED, is_left))
    values = {"state": WorkState.RUNNING, "progress_at": now, "done": 0}
    with transaction():
        claimed = db.session.execute(found.values(values).returning(Report.id)).first()
    return db.session.get(Report, report_id, populate_existing=True) if claimed else None


def _move(report_id: str, now: datetime, **values: object) -> None:
    """Raises Gone when it is no longer ours to move."""
    found = update(Report).where(Report.id == report_id, Report.state == WorkState.RUNNING)
    with transaction():
        moved = db.session.execute(found.values(progress_at=now, **values).returning(Report.id)).first()
    if moved is None:
        raise Gone


def _make(report: Report, clock: Clock) -> dict[str, object]:
    now, period = clock(), period_of(report)
    places = result.places(structure.read(), report.group_id, report.scope)
    ids = _cameras(report, places)
    _move(report.id, clock(), total=len(ids))
    lines: list[Line] = []
    faults: list[Fault] = []
    for chunk in _chunks(ids):
        lines += _lines(chunk, report, now)
        faults += _faults([camera.id for camera in chunk], report, now)
        _move(report.id, clock(), done=len(lines))
    return result.assemble(Told(lines, faults, places, period, now))


def _cameras(report: Report, places: result.Places) -> list[str]:
    """Those that stand there today; where they stood in the period nobody has written down."""
    query = select(Camera.id).where(Camera.created_at < report.ends_at).order_by(Camera.name, Camera.id)
    if report.group_id is not None or report.scope is not None:
        query = query.where(Camera.group_id.in_(places.known))
    return list(db.session.scalars(query))


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[Camera]]:
    for begin in range(0, len(ids), CHUNK):
        query = select(Camera).where(Camera.id.in_(ids[begin : begin + CHUNK])).order_by(Camera.name, Camera.id)
        yield db.session.scalars(query.execution_options(populate_existing=True)).all()


def _lines(cameras: Sequence[Camera], report: Report, now: datetime) -> list[Line]:
    """Each camera with its figures in the period and in the one before."""
    before, start, end = period_of(report).before, report.starts_at, min(report.ends_at, now)
    failed = outages.of_cameras([camera.id for camera in cameras], start, end)
    lasted = availability.of_cameras(cameras, start, end, now, failed)
    earlier = availability.of_cameras(cameras, before.start, before.end, now)
    return [
        Line(
            id=camera.id,
            name=camera.name,
            code=camera.code,
            group_id=camera.group_id,
            figures=figures.of(lasted[camera.id], failed[camera.id], start, end),
            before=figures.of(earlier[camera.id], (), before.start, before.end),
            outages=failed[camera.id],
        )
        for camera in cameras
    ]


def _faults(ids: Sequence[str], report: Report, now: datetime) -> list[Fault]:
    """What was wrong with their pictures, as much of it as lies in the period."""
    f, start, end = ImageFinding, report.starts_at, min(report.ends_at, now)
    query = select(f.camera_id, f.finding, f.raised_at, f.cleared_at).where(f.camera_id.in_(ids), f.raised_at < end)
    rows = db.session.execute(query.where(or_(f.cleared_at.is_(None), f.cleared_at > start)))
    return [
        Fault(row.camera_id, row.finding, (min(row.cleared_at or end, end) - max(row.raised_at, start)).total_seconds())
        for row in rows
    ]
