"""What was: the health of a camera in points, its statuses, its outages, how available it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from .. import access
from ..models import utc_now
from ..schemas import SpanQuery
from ..services import availability, history, outages, stays
from ..services.outages import Outage
from .answers import Answer, moment
from .operations import operation


class HealthPoint(TypedDict):
    """The checks of a span. `ours` were spoiled by our own faults and count neither as good nor as failed."""

    start: datetime
    end: datetime
    good: int
    failed: int
    ours: int
    worst_outcome: str | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    fps_low: float | None
    fps_mean: float | None


class Health(TypedDict):
    """Where nothing was checked there is no point: a gap stays a gap."""

    start: datetime
    end: datetime
    point_seconds: float
    points: list[HealthPoint]


class StayShape(TypedDict):
    start: datetime
    end: datetime
    status: str
    reason: str | None
    finding: str | None


class Share(TypedDict):
    """Seconds: up is live and degraded, down is offline, excluded is maintenance and disabled."""

    up: float
    down: float
    unknown: float
    excluded: float


class TimelineShape(TypedDict):
    start: datetime
    end: datetime
    stays: list[StayShape]
    seconds: Share


class AcknowledgedShape(TypedDict):
    who: str
    at: datetime
    reason: str | None


class OutageShape(TypedDict):
    """`id` is what is acknowledged; `end` is null while it lasts. `unmeasured_seconds` count neither as up nor down."""

    id: str
    camera_id: str
    severity: str
    start: datetime
    end: datetime | None
    reason: str | None
    finding: str | None
    unmeasured_seconds: float
    is_end_seen: bool
    acknowledged: AcknowledgedShape | None


class AvailabilityShape(TypedDict):
    """uptime = up / (up + down), from 0 to 1, null when nothing was measured; `measured` is the part that we know."""

    start: datetime
    end: datetime
    uptime: float | None
    measured: float | None
    up_seconds: float
    down_seconds: float
    unknown_seconds: float
    excluded_seconds: float
    outages: int
    mean_seconds_to_repair: float | None


@operation("GET", "/cameras/<uuid:camera_id>/health", "cameras:read", query=SpanQuery, answer=Health, codes=(404,))
def health(camera_id: str, query: SpanQuery) -> Answer:
    """The checks of a camera over time, in at most 1,500 points."""
    camera, now = access.camera_for_read(camera_id), utc_now()
    found = history.series(camera.id, *query.bounds(now), now)
    points = [
        {
            "start": point.start,
            "end": point.end,
            "good": point.good,
            "failed": point.failed,
            "ours": point.ours,
            "worst_outcome": point.worst and point.worst.value,
            "latency_p50_ms": point.latency_p50_ms,
            "latency_p95_ms": point.latency_p95_ms,
            "fps_low": point.fps_low,
            "fps_mean": point.fps_mean,
        }
        for point in found.points
    ]
    span = {"start": found.start, "end": found.end, "point_seconds": found.width.total_seconds()}
    return Answer(span | {"points": points})


@operation(
    "GET", "/cameras/<uuid:camera_id>/timeline", "cameras:read", query=SpanQuery, answer=TimelineShape, codes=(404,)
)
def timeline(camera_id: str, query: SpanQuery) -> Answer:
    """The statuses of a camera one after the other, without gaps, and how long it was up, down and unknown."""
    camera, now = access.camera_for_read(camera_id), utc_now()
    start, end = query.bounds(now)
    found = stays.of_camera(camera, start, min(end, now), now) if start < now else []
    told = [
        {
            "start": stay.start,
            "end": stay.end,
            "status": str(stay.status),
            "reason": stay.change and stay.change.reason,
            "finding": stay.change and stay.change.finding,
        }
        for stay in found
    ]
    known = availability.of_cameras([camera], start, end, now)[camera.id]
    seconds = {"up": known.up_s, "down": known.down_s, "unknown": known.unknown_s, "excluded": known.excluded_s}
    return Answer({"start": start, "end": end, "stays": told, "seconds": seconds})


@operation(
    "GET",
    "/cameras/<uuid:camera_id>/outages",
    "cameras:read",
    query=SpanQuery,
    answer=list[OutageShape],
    codes=(404,),
)
def outages_(camera_id: str, query: SpanQuery) -> Answer:
    """The outages of a camera that touch a span of time, oldest first, each with its true beginning and end."""
    camera = access.camera_for_read(camera_id)
    return Answer([outage_shape(found) for found in outages.of_camera(camera.id, *query.bounds(utc_now()))])


@operation(
    "GET",
    "/cameras/<uuid:camera_id>/availability",
    "cameras:read",
    query=SpanQuery,
    answer=AvailabilityShape,
    codes=(404,),
)
def availability_(camera_id: str, query: SpanQuery) -> Answer:
    """How available a camera was, and how much of the time that is known of."""
    camera, now = access.camera_for_read(camera_id), utc_now()
    start, end = query.bounds(now)
    found = availability.of_cameras([camera], start, end, now)[camera.id]
    repair = found.mean_time_to_repair
    return Answer(
        {
            "start": start,
            "end": end,
            "uptime": found.uptime,
            "measured": found.measured,
            "up_seconds": found.up_s,
            "down_seconds": found.down_s,
            "unknown_seconds": found.unknown_s,
            "excluded_seconds": found.excluded_s,
            "outages": found.outages,
            "mean_seconds_to_repair": repair.total_seconds() if repair else None,
        }
    )


def outage_shape(found: Outage) -> dict[str, Any]:
    known = found.acknowledged
    return {
        "id": found.change_id,
        "camera_id": found.camera_id,
        "severity": found.severity.value,
        "start": moment(found.start),
        "end": found.end and moment(found.end),
        "reason": found.reason and found.reason.value,
        "finding": found.finding,
        "unmeasured_seconds": found.unmeasured.total_seconds(),
        "is_end_seen": found.is_end_seen,
        "acknowledged": known and {"who": known.who, "at": moment(known.at), "reason": known.reason},
    }
