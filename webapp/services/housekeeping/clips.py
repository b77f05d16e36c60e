"""Clips that have had their time: their pieces, then their records."""

from __future__ import annotations

from sqlalchemy import delete, select

from ...extensions import db, settings, transaction
from ...models import Clip, WorkState
from ...storage import storage_from_settings
from .work import Work


def expire(work: Work) -> None:
    """Of a camera whose retention was changed they go by the date they were given."""
    storage = storage_from_settings(settings)
    is_over = (Clip.expiry_date <= work.now) & (Clip.state != WorkState.RUNNING)
    for id, path, size in db.session.execute(select(Clip.id, Clip.storage_path, Clip.size).where(is_over)).all():
        if not work.is_dry:
            db.session.commit()
            if failures := storage.delete_prefix(path):
                work.refused(failures)
                continue
            with transaction():
                db.session.execute(delete(Clip).where(Clip.id == id))
        work.count(clips=1, bytes=size)
