"""Sizes and clocks of what we stand on: database, storage, disk. Each question may fail with its part's own error."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from ..extensions import db, redis_client, settings
from ..models import utc_now
from ..storage import storage_from_settings

MEASURED = "storage:measured"
MEASURED_FOR = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Disk:
    """Of the folder DATA_DIR, in bytes."""

    free: int
    total: int

    @property
    def share(self) -> float:
        return self.free / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What is stored, counted by going through all of it."""

    objects: int
    bytes: int
    at: datetime


def database_bytes() -> int:
    if settings.is_embedded:
        query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        query = "SELECT pg_database_size(current_database())"
    return int(db.session.execute(text(query)).scalar_one())


def clock_skew() -> timedelta:
    """How far the database's clock is ahead of ours; SQLite has no clock of its own."""
    if settings.is_embedded:
        return timedelta(0)
    theirs: datetime = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return theirs - utc_now()


def disk() -> Disk | None:
    """None when DATA_DIR is not there, as it need not be in the served mode."""
    try:
        found = shutil.disk_usage(settings.DATA_DIR)
    except OSError:
        return None
    return Disk(found.free, found.total)


def measure_storage(now: datetime) -> None:
    """Count what is stored, which takes seconds with many pictures, and keep the answer for the status page."""
    stats = storage_from_settings(settings).stats()
    found = {"objects": stats.objects, "bytes": stats.bytes, "at": now.timestamp()}
    redis_client.set(MEASURED, json.dumps(found), ex=MEASURED_FOR)


def measured_storage() -> Measured | None:
    """As it was counted last, within the day."""
    found = redis_client.get(MEASURED)
    if found is None:
        return None
    fields = json.loads(found)
    return Measured(fields["objects"], fields["bytes"], datetime.fromtimestamp(fields["at"], UTC))
