"""Clips as they are listed and looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import ColumnElement, func, select

from ...extensions import db, settings
from ...models import Camera, Clip, User, WorkState
from ...storage import storage_from_settings
from . import pieces

LATE = timedelta(seconds=20)
"""A clip that waits longer stands behind other work."""


def of_camera(camera: Camera, number: int = 1, size: int = 20) -> tuple[Sequence[Clip], int]:
    """A page, the newest first, and how many there are."""
    return _page(Clip.camera_id == camera.id, number, size)


def of_camera_or_none(camera: Camera, clip_id: str) -> Clip | None:
    found: Clip | None = db.session.scalar(select(Clip).where(Clip.id == clip_id, Clip.camera_id == camera.id))
    return found


def own(user: User, number: int, size: int) -> tuple[Sequence[Clip], int]:
    """Uploads, and what was made of them."""
    return _page(Clip.camera_id.is_(None) & (Clip.user_id == user.id), number, size)


def find(clip_id: str) -> Clip | None:
    """Whoever asks has to look whether the person may see it: by its camera, or as their own."""
    return db.session.get(Clip, clip_id)


def data(clip: Clip, start: int, stop: int) -> Iterator[bytes]:
    """From byte `start` to before `stop`. The first piece is read at once: storage.NotFound, StorageError."""
    parts = pieces.read(storage_from_settings(settings), clip.storage_path, start, stop)
    return chain([next(parts, b"")], parts)


def is_open(clip: Clip) -> bool:
    return clip.state in (WorkState.QUEUED, WorkState.RUNNING)


def is_late(clip: Clip, now: datetime) -> bool:
    return clip.state == WorkState.QUEUED and now - clip.created_at > LATE


def _page(which: ColumnElement[bool], number: int, size: int) -> tuple[Sequence[Clip], int]:
    total = db.session.scalar(select(func.count()).select_from(Clip).where(which)) or 0
    query = select(Clip).where(which).order_by(Clip.created_at.desc(), Clip.id)
    return db.session.scalars(query.limit(size).offset((number - 1) * size)).all(), total
