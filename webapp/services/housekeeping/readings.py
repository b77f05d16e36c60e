"""Raw readings that have had their time. Their roll-ups stay, and no day goes before it has them."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from ...extensions import db, settings
from ...models import Camera
from .. import partitions, retention
from .work import Work

cameras = Camera.__table__


def drop(work: Work) -> None:
    """Delete whole days, the oldest first, but for the cameras that are to be kept longer."""
    kept_days = _kept_days()
    for day in partitions.days_before(work.now - timedelta(days=settings.HEALTH_RETENTION_DAYS)):
        keep = [camera_id for camera_id, days in kept_days.items() if day >= _first_kept(work, days)]
        try:
            found = partitions.excess(day, keep) if work.is_dry else partitions.thin(day, keep)
        except partitions.NotRolledUp as error:
            work.trouble(str(error))
            continue
        work.count(readings=found.rows, bytes=found.bytes or 0, days=1 if found.rows else 0)


def _first_kept(work: Work, days: int) -> date:
    return (work.now - timedelta(days=days)).date()


def _kept_days() -> dict[str, int]:
    """Cameras for which somebody said a retention that is longer than what holds for readings in general.

    A shorter one is about their pictures alone; see docs/decisions/014-whole-days-of-readings.md.
    """
    retentions = retention.read()
    query = select(cameras.c.id, cameras.c.group_id, cameras.c.retention_days)
    found = {row.id: retentions.said(row) or 0 for row in db.session.execute(query)}
    return {camera_id: days for camera_id, days in found.items() if days > settings.HEALTH_RETENTION_DAYS}
