"""Pictures that have had their time: their files, then their records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, literal, select, tuple_, update

from ...extensions import db, settings, transaction
from ...models import Camera, CameraSnapshot, ImageFinding, UtcDateTime
from ...storage import storage_from_settings
from .. import retention
from .work import PIECE, Work

snapshots = CameraSnapshot.__table__
cameras = Camera.__table__
CAMERAS_AT_ONCE = 100


def redate(work: Work) -> None:
    """Give the pictures of cameras whose retention was changed the expiry date that it gives them now.

    Of a dry run it counts those that would come to their end by it; the others are dealt with by expire().
    """
    for days, ids in _cameras_by_days().items():
        for first in range(0, len(ids), CAMERAS_AT_ONCE):
            for rows in _dated_otherwise(work, days, ids[first : first + CAMERAS_AT_ONCE]):
                dates = [{"snapshot_id": row.id, "expiry": row.created_at + timedelta(days=days)} for row in rows]
                if work.is_dry:
                    over = [row for row, new in zip(rows, dates, strict=True) if new["expiry"] <= work.now]
                    work.count(pictures=len(over), bytes=sum(row.file_size or 0 for row in over))
                else:
                    _write(dates, days)
                work.count(redated=len(rows))


def expire(work: Work) -> None:
    """Delete what is past its expiry date; the evidence of a fault that is still there waits for its end."""
    storage = storage_from_settings(settings)
    for rows in _expired(work):
        gone: Sequence[Row[Any]] = rows
        if not work.is_dry:
            failures = storage.delete_all(row.storage_path for row in rows)
            kept = {failure.key for failure in failures}
            gone = [row for row in rows if row.storage_path not in kept]
            forget([row.id for row in gone])
            work.refused(failures)
        work.count(pictures=len(gone), bytes=sum(row.file_size or 0 for row in gone))


def forget(ids: Sequence[str]) -> None:
    """Delete records whose files are gone."""
    with transaction():
        db.session.execute(delete(snapshots).where(snapshots.c.id.in_(ids)))


def _cameras_by_days() -> Mapping[int, list[str]]:
    retentions, found = retention.read(), defaultdict(list)
    query = select(cameras.c.id, cameras.c.group_id, cameras.c.retention_days).order_by(cameras.c.id)
    for camera in db.session.execute(query):
        found[retentions.days(camera)].append(camera.id)
    return found


def _dated_otherwise(work: Work, days: int, ids: Sequence[str]) -> Iterator[Sequence[Row[Any]]]:
    c, last = snapshots.c, ""
    query = select(c.id, c.created_at, c.file_size).where(
        c.camera_id.in_(ids), c.kept_days != days, c.expiry_date > work.now
    )
    while rows := db.session.execute(query.where(c.id > last).order_by(c.id).limit(PIECE)).all():
        last = rows[-1].id
        yield rows


def _write(dates: Sequence[Mapping[str, Any]], days: int) -> None:
    statement = update(snapshots).where(snapshots.c.id == bindparam("snapshot_id"))
    with transaction():
        db.session.connection().execute(
            statement.values(expiry_date=bindparam("expiry", type_=UtcDateTime()), kept_days=days), list(dates)
        )


def _expired(work: Work) -> Iterator[Sequence[Row[Any]]]:
    """By the index of the expiry date, and from where the last piece ended: what the store keeps is not asked twice."""
    c = snapshots.c
    is_evidence = exists().where(ImageFinding.snapshot_id == c.id, ImageFinding.cleared_at.is_(None))
    query = select(c.id, c.storage_path, c.file_size, c.expiry_date).where(c.expiry_date <= work.now, ~is_evidence)
    query = query.order_by(c.expiry_date, c.id).limit(PIECE)
    rows = db.session.execute(query).all()
    while rows:
        yield rows
        last = tuple_(literal(rows[-1].expiry_date, UtcDateTime()), literal(rows[-1].id))
        rows = db.session.execute(query.where(tuple_(c.expiry_date, c.id) > last)).all()
