"""How available cameras were in a period: uptime with the share that was measured, outages, and how soon they ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from ..models import Camera, Status
from . import outages, timeline
from .outages import Outage
from .shown import SAID_BY_PEOPLE
from .timeline import Interval

UP = (Status.LIVE, Status.DEGRADED)
NOT_KNOWN = (Status.UNKNOWN, Status.IDLE)
"""Idle is a camera that is still waiting for its first check."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Of one camera, or of many: those add up, so that a camera that was there for a day counts a day."""

    up_s: float = 0
    """Live or degraded."""
    down_s: float = 0
    """Offline."""
    unknown_s: float = 0
    excluded_s: float = 0
    """In maintenance or disabled: nobody asks for it."""
    outages: int = 0
    """Times in which it was offline, also those that began before the period or went on after it."""
    repaired: int = 0
    """How many of them ended in the period, and we saw it."""
    repair_s: float = 0
    """How long those took together, from their true beginning and without the time we know nothing of."""

    @property
    def uptime(self) -> float | None:
        """Up / (up + down), from 0 to 1; None when nothing of the period was measured."""
        measured_s = self.up_s + self.down_s
        return self.up_s / measured_s if measured_s else None

    @property
    def measured(self) -> float | None:
        """The part that we know, from 0 to 1, of the period without what is excluded; None when that is nothing."""
        measured_s = self.up_s + self.down_s
        asked_s = measured_s + self.unknown_s
        return measured_s / asked_s if asked_s else None

    @property
    def mean_time_to_repair(self) -> timedelta | None:
        return timedelta(seconds=self.repair_s / self.repaired) if self.repaired else None


def of_cameras(
    cameras: Sequence[Camera],
    start: datetime,
    end: datetime,
    now: datetime,
    failed: Mapping[str, Sequence[Outage]] | None = None,
) -> dict[str, Availability]:
    """Camera id → its availability in [start, end); what of that is still to come says nothing. A few queries.

    `failed` are the outages of just that period, for who has asked for them already.
    """
    end = min(end, now)
    if start >= end or not cameras:
        return {camera.id: Availability() for camera in cameras}
    spans = timeline.spans(cameras, start, end, now)
    found = outages.of_cameras([camera.id for camera in cameras], start, end) if failed is None else failed
    return {camera.id: _of(spans[camera.id], found[camera.id], end) for camera in cameras}


def of_seconds(lasted: Mapping[str, float]) -> Availability:
    """Of how long which status lasted; without its outages."""
    return Availability(
        up_s=sum(lasted.get(status, 0) for status in UP),
        down_s=lasted.get(Status.OFFLINE, 0),
        unknown_s=sum(lasted.get(status, 0) for status in NOT_KNOWN),
        excluded_s=sum(lasted.get(status, 0) for status in SAID_BY_PEOPLE),
    )


def together(found: Iterable[Availability]) -> Availability:
    """Of all of them: weighted by time, not the mean of their percentages."""
    some = list(found)
    return Availability(**{field.name: sum(getattr(one, field.name) for one in some) for field in fields(Availability)})


def _of(spans: Iterable[Interval], found: Iterable[Outage], end: datetime) -> Availability:
    lasted: dict[str, float] = defaultdict(float)
    for span in spans:
        lasted[span.status] += (span.end - span.start).total_seconds()
    offline = [outage for outage in found if outage.severity is Status.OFFLINE]
    repairs = [o.end - o.start - o.unmeasured for o in offline if o.end and o.end <= end and o.is_end_seen]
    return replace(
        of_seconds(lasted),
        outages=len(offline),
        repaired=len(repairs),
        repair_s=sum(repairs, timedelta(0)).total_seconds(),
    )
