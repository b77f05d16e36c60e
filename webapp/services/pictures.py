"""Thumbnails on their way into storage: best effort, after the readings are safe, and never holding up a sweep."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from ..extensions import db, settings, transaction
from ..models import Camera, utc_now
from ..outcomes import Reading
from ..storage import Storage, StorageError, storage_from_settings
from . import live

log = logging.getLogger(__name__)

cameras = Camera.__table__

FOLDERS = ("snapshots/", "references/")
"""Where each camera has a folder of its own, beside its latest picture."""
UPLOADS = 8
PATIENCE_S = 10.0


def latest_key(camera_id: str) -> str:
    return f"latest/{camera_id}.jpg"


def picture_hash(jpeg: bytes) -> str:
    return hashlib.sha256(jpeg).hexdigest()[:16]


def store(readings: Mapping[str, Reading]) -> None:
    """Store the thumbnails, camera id → reading, and note on the cameras those that really got there."""
    thumbnails = {id: reading.jpeg for id, reading in readings.items() if reading.jpeg}
    if not thumbnails or not live.may_store(utc_now()):
        return
    storage = storage_from_settings(settings)
    stored = _put_all(storage, thumbnails)
    live.note_storage(bool(stored), utc_now())
    if not stored:
        return
    try:
        gone = _note([{"camera_id": id, "picture_hash": stored[id], "picture_at": readings[id].at} for id in stored])
    except (OperationalError, InterfaceError) as error:
        log.warning("%d pictures are stored but look old, because the database is away: %s", len(stored), error.orig)
        return
    for camera_id in gone:
        with suppress(StorageError):
            storage.delete(latest_key(camera_id))


def forget(camera_ids: Collection[str]) -> None:
    """Delete all pictures of cameras that are gone. One that stays is an orphan; housekeeping finds those."""
    if not camera_ids:
        return
    storage = storage_from_settings(settings)
    with ThreadPoolExecutor(min(UPLOADS, len(camera_ids)), "picture") as pool:
        running = [pool.submit(_forget, storage, id) for id in camera_ids]
    errors = [error for future in running if (error := future.exception())]
    if errors:
        log.warning("Pictures of %d of %d deleted cameras stayed: %s", len(errors), len(running), errors[0])


def _forget(storage: Storage, camera_id: str) -> None:
    storage.delete(latest_key(camera_id))
    for folder in FOLDERS:
        for failure in storage.delete_prefix(f"{folder}{camera_id}/"):
            raise StorageError(failure.reason)


def _put_all(storage: Storage, thumbnails: Mapping[str, bytes]) -> dict[str, str]:
    """The hashes of those that were stored in time."""
    pool = ThreadPoolExecutor(min(UPLOADS, len(thumbnails)), "picture")
    running = {pool.submit(storage.put, latest_key(id), jpeg): id for id, jpeg in thumbnails.items()}
    done, _ = wait(running, timeout=PATIENCE_S)
    pool.shutdown(wait=False, cancel_futures=True)
    errors = [error for future in done if (error := future.exception())]
    missing = len(running) - len(done) + len(errors)
    if missing:
        reason = errors[0] if errors else "the store is too slow"
        log.warning("%d of %d pictures were not stored: %s", missing, len(running), reason)
    return {running[f]: picture_hash(thumbnails[running[f]]) for f in done if f.exception() is None}


def _note(pictures: list[dict[str, Any]]) -> set[str]:
    """Write hash and time of the stored pictures; gives back the cameras that were deleted meanwhile."""
    ids = {picture["camera_id"] for picture in pictures}
    with transaction():
        db.session.execute(update(cameras).where(cameras.c.id == bindparam("camera_id")), pictures)
        return ids - set(db.session.scalars(select(cameras.c.id).where(cameras.c.id.in_(ids))))
