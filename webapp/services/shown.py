"""The status we show, derived on read: a dead worker never looks like healthy cameras. One rule, here and in SQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, literal

from ..extensions import settings
from ..models import Camera, Status

SEVERITY: dict[Status, int] = {
    Status.OFFLINE: 0,
    Status.DEGRADED: 1,
    Status.UNKNOWN: 2,
    Status.MAINTENANCE: 3,
    Status.IDLE: 4,
    Status.LIVE: 5,
    Status.DISABLED: 6,
}
"""Worst first: the order of every list of cameras."""
SAID_BY_PEOPLE = (Status.DISABLED, Status.MAINTENANCE)


def patience() -> timedelta:
    """How long after its due time a camera may stay unchecked before we admit that we do not know."""
    return timedelta(seconds=2 * settings.CHECK_INTERVAL_SECONDS + settings.CHECK_DEADLINE_SECONDS)


def unknown_from(camera: Camera | Row[Any]) -> datetime:
    """The moment from which the camera's last reading is too old to believe."""
    return camera.next_due_at + patience()


def shown_status(camera: Camera | Row[Any], now: datetime) -> Status:
    if not camera.is_active:
        return Status.DISABLED
    if camera.maintenance_until and camera.maintenance_until > now:
        return Status.MAINTENANCE
    if unknown_from(camera) < now:
        return Status.UNKNOWN
    return Status(camera.status)


def without_readings(status: str) -> str:
    """What is left of a status when its reading is too old to believe: what people said."""
    return status if status in SAID_BY_PEOPLE else Status.UNKNOWN


def turned_between(camera: Camera, start: datetime, now: datetime) -> bool:
    """Whether the passing of time alone changed what we show of the camera since `start`."""
    moments = (unknown_from(camera), camera.maintenance_until)
    return any(moment is not None and start <= moment <= now for moment in moments)


def turned_between_sql(start: datetime, now: datetime) -> ColumnElement[bool]:
    """The same rule for queries."""
    due = Camera.next_due_at.between(start - patience(), now - patience())
    return due | Camera.maintenance_until.between(start, now)


def shown_status_sql(now: datetime) -> ColumnElement[str]:
    """The same rule for filters, counts and sorting."""
    return case(
        (Camera.is_active.is_(False), literal(Status.DISABLED.value)),
        (Camera.maintenance_until > now, literal(Status.MAINTENANCE.value)),
        (Camera.next_due_at < now - patience(), literal(Status.UNKNOWN.value)),
        else_=Camera.status,
    )


def severity_sql(now: datetime) -> ColumnElement[int]:
    ranks = {status.value: rank for status, rank in SEVERITY.items()}
    return case(ranks, value=shown_status_sql(now), else_=len(ranks))
