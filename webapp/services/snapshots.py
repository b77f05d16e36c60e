"""Pictures that are kept until an expiry date: first the file, then its record, and neither without the other."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from ..extensions import db, settings, transaction
from ..models import AuditEntry, Camera, CameraSnapshot, new_id, utc_now
from ..storage import NotFound, Storage, StorageError, storage_from_settings
from . import audit, live, retention
from .pictures import UPLOADS, latest_key

log = logging.getLogger(__name__)

FOLDER = "snapshots/"
PATIENCE_S = 5.0
"""The latest picture had twice as long before, and this one can be done without."""
cameras = Camera.__table__


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture that is to be kept. Without a jpeg it is the one that is stored as the camera's latest."""

    camera_id: str
    taken_at: datetime
    kind: str
    """regular, change, finding or manual, see CameraSnapshot."""
    jpeg: bytes | None = field(default=None, repr=False)
    change_id: str | None = None
    side: str | None = None
    """before or after that change."""


@dataclass(frozen=True, slots=True)
class Filed:
    """One that has its file."""

    wanted: Wanted
    key: str
    size: int


def keep(
    camera_id: str, jpeg: bytes, taken_at: datetime, kind: str, change_id: str | None = None, side: str | None = None
) -> CameraSnapshot | None:
    """Keep one picture, outside of any transaction. None when it cannot be stored now, or the camera is gone."""
    kept = keep_all([Wanted(camera_id, taken_at, kind, jpeg, change_id, side)])
    return kept[0] if kept else None


def keep_all(wanted: Sequence[Wanted], patience_s: float = PATIENCE_S) -> list[CameraSnapshot]:
    """Keep those that can be stored in time; with the store away, none. Never raises for the store or the database."""
    if not wanted or not live.may_store(utc_now()):
        return []
    storage = storage_from_settings(settings)
    filed = _file_all(storage, wanted, patience_s)
    try:
        kept = _record(filed)
    except DBAPIError as error:
        log.warning("%d pictures are not kept, because the database does not take them: %s", len(filed), error.orig)
        kept = []
    paths = {snapshot.storage_path for snapshot in kept}
    _take_back(storage, [each.key for each in filed if each.key not in paths])
    return kept


def new_key(camera_id: str, taken_at: datetime) -> str:
    moment = taken_at.astimezone(UTC)
    return f"{folder(camera_id)}{moment:%Y-%m-%d}/{moment:%H%M%S}-{secrets.token_hex(4)}.jpg"


def folder(camera_id: str) -> str:
    return f"{FOLDER}{camera_id}/"


def _file_all(storage: Storage, wanted: Sequence[Wanted], patience_s: float) -> list[Filed]:
    """Those that got their file in time."""
    give_up = time.monotonic() + patience_s
    pool = ThreadPoolExecutor(min(UPLOADS, len(wanted)), "snapshot")
    running = [pool.submit(_file, storage, each, give_up) for each in wanted]
    done, late = wait(running, timeout=patience_s)
    pool.shutdown(wait=False, cancel_futures=True)
    errors = [error for future in done if (error := future.exception())]
    # A camera that never had a picture has none to keep: that is no trouble of the store's.
    trouble = [error for error in errors if not isinstance(error, NotFound)]
    if late or trouble:
        reason = trouble[0] if trouble else "the store is too slow"
        log.warning("%d of %d pictures are not kept: %s", len(late) + len(trouble), len(wanted), reason)
    return [future.result() for future in running if future in done and future.exception() is None]


def _file(storage: Storage, wanted: Wanted, give_up: float) -> Filed:
    if time.monotonic() > give_up:
        raise StorageError("the store is too slow")
    key = new_key(wanted.camera_id, wanted.taken_at)
    if wanted.jpeg is not None:
        storage.put(key, wanted.jpeg)
        return Filed(wanted, key, len(wanted.jpeg))
    storage.copy(latest_key(wanted.camera_id), key)
    return Filed(wanted, key, storage.size(key))


def _record(filed: Sequence[Filed]) -> list[CameraSnapshot]:
    """Write the records, but for cameras that were deleted meanwhile."""
    if not filed:
        return []
    with transaction():
        known = _cameras({each.wanted.camera_id for each in filed})
        retentions = retention.read()
        rows = [
            _row(each, known[each.wanted.camera_id], retentions) for each in filed if each.wanted.camera_id in known
        ]
        if rows:
            db.session.execute(insert(CameraSnapshot), rows)
        asked_for = [known[each.wanted.camera_id] for each in filed if each.wanted.kind == "manual"]
        if asked_for:
            entries = [audit.entry("camera.snapshot", row.name, camera_id=row.id) for row in asked_for]
            db.session.execute(insert(AuditEntry), entries)
    return [CameraSnapshot(**row) for row in rows]


def _cameras(ids: set[str]) -> Mapping[str, Any]:
    """What retention asks of them; until our transaction ends nobody deletes one."""
    fields = (cameras.c.id, cameras.c.name, cameras.c.group_id, cameras.c.retention_days)
    query = select(*fields).where(cameras.c.id.in_(ids))
    query = query.order_by(cameras.c.id).with_for_update(read=True, key_share=True)
    return {row.id: row for row in db.session.execute(query)}


def _row(filed: Filed, camera: Any, retentions: retention.Retentions) -> dict[str, Any]:
    wanted = filed.wanted
    return {
        "id": new_id(),
        "camera_id": wanted.camera_id,
        "filename": filed.key.rsplit("/", 1)[1],
        "storage_path": filed.key,
        "file_size": filed.size,
        "created_at": wanted.taken_at,
        "expiry_date": retentions.expiry(camera, wanted.taken_at),
        "kept_days": retentions.days(camera),
        "kind": wanted.kind,
        "change_id": wanted.change_id,
        "side": wanted.side,
    }


def _take_back(storage: Storage, keys: Sequence[str]) -> None:
    """Delete files that got no record. One that stays is an orphan; housekeeping finds those."""
    if not keys:
        return
    with ThreadPoolExecutor(min(UPLOADS, len(keys)), "snapshot") as pool:
        running = [pool.submit(storage.delete, key) for key in keys]
    if errors := [error for future in running if (error := future.exception())]:
        log.warning("%d of %d pictures without a record stayed: %s", len(errors), len(keys), errors[0])
