"""Asking for a clip: recording a camera, converting, uploading; and throwing one away."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import ColumnElement, func, select

from ...extensions import db, settings, transaction
from ...models import Camera, Clip, ClipKind, User, WorkState, new_id
from ...storage import StorageError, TooLarge, storage_from_settings
from ...video.clips import MOST_BYTES
from .. import audit, retention
from ..cameras import locked
from ..rights import Scope
from . import pieces

MOST_WAITING = 5
"""Of one person at once: one worker makes one after the other."""
OPEN = (WorkState.QUEUED, WorkState.RUNNING)


class NotNow(Exception):
    """It cannot be done as things stand; its text says what has to change."""


def record(camera: Camera, seconds: int, user: User, now: datetime, scope: Scope) -> Clip:
    """A clip that waits for a worker. NotNow; cameras.DeletedMeanwhile when the camera is out of reach by now."""
    with transaction():
        stored = locked(camera.id, scope)
        if not stored.is_active:
            raise NotNow("This camera is switched off. Switch it on, then record.")
        if db.session.scalar(select(Clip.id).where(Clip.camera_id == stored.id, _is_recording())):
            raise NotNow("This camera is being recorded already. Wait until that clip is done.")
        expiry = retention.read().expiry(stored, now)
        clip = _add(Clip(kind=ClipKind.RECORDED, camera_id=stored.id, seconds=seconds), user, now, expiry)
        audit.record("camera.record_clip", stored, after={"seconds": seconds}, at=now)
    return clip


def convert(source: Clip, codec: str, user: User, now: datetime) -> Clip:
    """Another clip, in this codec. NotNow when the source is not finished."""
    if source.state != WorkState.DONE:
        raise NotNow("Only a clip that is done can be converted. Wait for it, or record another one.")
    made = Clip(kind=ClipKind.CONVERTED, camera_id=source.camera_id, source_id=source.id, seconds=source.seconds)
    made.codec = codec
    with transaction():
        _add(made, user, now, source.expiry_date)
        audit.record("clip.convert", _subject(source), after={"codec": codec}, at=now)
    return made


def upload(file: BinaryIO, user: User, now: datetime) -> Clip:
    """Somebody's own video, which waits to be looked through. NotNow, TooLarge, StorageError."""
    storage = storage_from_settings(settings)
    made = _prepared(Clip(kind=ClipKind.UPLOADED), user, now, now + timedelta(days=settings.RETENTION_DAYS))
    made.size = pieces.put(storage, made.storage_path, file, MOST_BYTES)
    if not made.size:
        raise NotNow("The file is empty. Send the video itself as the body.")
    try:
        with transaction():
            _store(made, user)
            audit.record("clip.upload", "A video", after={"size": made.size}, at=now)
    except NotNow:
        storage.delete_prefix(made.storage_path)
        raise
    return made


def delete(clip: Clip, now: datetime) -> None:
    """Delete the record, then its video. A worker that is at it notices."""
    with transaction():
        found = db.session.get(Clip, clip.id, populate_existing=True)
        if found is not None:
            camera = db.session.get(Camera, clip.camera_id) if clip.camera_id else None
            db.session.delete(found)
            audit.record("camera.delete_clip" if camera else "clip.delete", camera or _subject(clip), at=now)
    with suppress(StorageError):  # else its pieces are orphans; housekeeping finds those
        storage_from_settings(settings).delete_prefix(clip.storage_path)


def _is_recording() -> ColumnElement[bool]:
    return (Clip.kind == ClipKind.RECORDED) & Clip.state.in_(OPEN)


def _add(clip: Clip, user: User, now: datetime, expiry: datetime) -> Clip:
    return _store(_prepared(clip, user, now, expiry), user)


def _prepared(clip: Clip, user: User, now: datetime, expiry: datetime) -> Clip:
    clip.id, clip.user_id = new_id(), user.id
    clip.storage_path = f"clips/{clip.id}/"
    clip.created_at = clip.progress_at = now
    clip.expiry_date, clip.state, clip.size, clip.progress = expiry, WorkState.QUEUED, 0, 0
    return clip


def _store(clip: Clip, user: User) -> Clip:
    waiting = select(func.count()).select_from(Clip).where(Clip.user_id == user.id, Clip.state.in_(OPEN))
    if (db.session.scalar(waiting) or 0) >= MOST_WAITING:
        raise NotNow(f"{MOST_WAITING} clips of yours are waiting already. Let one finish, or delete one.")
    db.session.add(clip)
    return clip


def _subject(clip: Clip) -> str:
    return f"Clip {clip.id[:8]}"


__all__ = ["NotNow", "TooLarge", "convert", "delete", "record", "upload"]
