"""What there is to tell of one camera in any span of time: its statuses, charts, outages, faulty pictures, and acts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from ..extensions import db
from ..models import Camera, CameraSnapshot, ImageFinding, Status, StatusChange
from . import audit_trail, availability, history, outages, stays
from .audit_trail import AuditFilter, Line, Reader
from .availability import Availability
from .history import Series
from .outages import Outage
from .stays import Stay
from .time_axis import Axis

OUTAGES = 20
"""On a page of the table."""
MOST_ACTS = 50
MOST_NAMED = 4
"""So many times without a watch are named; of the others it is said how many."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Of an outage: the last before it, the first after it."""

    before: str | None = None
    """The id of a snapshot."""
    after: str | None = None


@dataclass(frozen=True, slots=True)
class OutagePage:
    outages: list[Outage]
    """The newest first."""
    pictures: dict[str, Pictures]
    """By the change that began the outage."""
    number: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.total / OUTAGES))


@dataclass(frozen=True, slots=True)
class CameraTimeline:
    camera: Camera
    axis: Axis
    stays: list[Stay]
    series: Series
    page: OutagePage
    findings: list[ImageFinding]
    acts: list[Line]
    """What people did with the camera, the newest first."""
    now: datetime

    @property
    def share(self) -> Availability:
        lasted: dict[str, float] = defaultdict(float)
        for stay in self.stays:
            lasted[stay.status] += stay.lasted.total_seconds()
        return availability.of_seconds(lasted)

    @property
    def watched(self) -> float | None:
        """The part of the range in which somebody could have seen something; None when it was not there yet."""
        if not self.stays:
            return None
        share = self.share
        return share.up_s / sum((share.up_s, share.down_s, share.unknown_s, share.excluded_s))

    @property
    def lapses(self) -> tuple[list[Stay], int]:
        """The longest times in which it was not watched, and how many others there were."""
        return _longest([stay for stay in self.stays if stay.status not in availability.UP])

    @property
    def statuses(self) -> list[Status]:
        """Those that occur, in the order of the enum."""
        present = {stay.status for stay in self.stays}
        return [status for status in Status if status in present]

    @property
    def blemishes(self) -> tuple[list[Stay], int]:
        """The same of the times in which it was watched, but not well."""
        return _longest([stay for stay in self.stays if stay.status == Status.DEGRADED])


def _longest(found: list[Stay]) -> tuple[list[Stay], int]:
    """In the order of time."""
    named = sorted(found, key=lambda stay: stay.lasted, reverse=True)[:MOST_NAMED]
    return sorted(named, key=lambda stay: stay.start), len(found) - len(named)


def open_timeline(camera: Camera, axis: Axis, number: int, reader: Reader, now: datetime) -> CameraTimeline:
    """A fixed number of queries, whatever the range."""
    start, end = axis.start, axis.end
    return CameraTimeline(
        camera=camera,
        axis=axis,
        stays=stays.of_camera(camera, start, end, now),
        series=history.series(camera.id, start, end, now),
        page=_page(camera.id, outages.of_camera(camera.id, start, end), number),
        findings=_findings(camera.id, start, end),
        acts=audit_trail.find(AuditFilter(camera_id=camera.id, since=start, until=end), reader, size=MOST_ACTS).lines,
        now=now,
    )


def _page(camera_id: str, found: Sequence[Outage], number: int) -> OutagePage:
    pages = max(1, math.ceil(len(found) / OUTAGES))
    number = min(max(number, 1), pages)
    shown = list(reversed(found))[(number - 1) * OUTAGES : number * OUTAGES]
    return OutagePage(shown, _pictures(camera_id, shown), number, len(found))


def _pictures(camera_id: str, shown: Sequence[Outage]) -> dict[str, Pictures]:
    """They are kept by the change that began the outage, and by the one that ended it."""
    moments = [at for outage in shown for at in (outage.start, outage.end) if at]
    query = select(CameraSnapshot.id, CameraSnapshot.side, StatusChange.at)
    query = query.join(StatusChange, StatusChange.id == CameraSnapshot.change_id)
    query = query.where(CameraSnapshot.camera_id == camera_id, StatusChange.camera_id == camera_id)
    found = {(row.at, row.side): row.id for row in db.session.execute(query.where(StatusChange.at.in_(moments)))}
    return {o.change_id: Pictures(found.get((o.start, "before")), found.get((o.end, "after"))) for o in shown}


def _findings(camera_id: str, start: datetime, end: datetime) -> list[ImageFinding]:
    cleared = ImageFinding.cleared_at
    query = select(ImageFinding).where(ImageFinding.camera_id == camera_id, ImageFinding.raised_at < end)
    query = query.where(or_(cleared.is_(None), cleared > start))
    return list(db.session.scalars(query.order_by(ImageFinding.raised_at, ImageFinding.id).limit(500)))
