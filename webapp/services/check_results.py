"""Waiting for a check that was asked for: what the camera's row says of it, read anew each time."""

from __future__ import annotations

from datetime import datetime

from ..extensions import db
from ..models import Camera


def since(camera_id: str, moment: datetime) -> Camera | None:
    """The camera once a check that began at that moment or later is written down; None until then, and when it is
    deleted meanwhile.
    """
    db.session.commit()  # on SQLite a transaction that is open shows rows of an earlier moment
    stored = db.session.get(Camera, camera_id, populate_existing=True)
    db.session.commit()
    return stored if stored and stored.tried_at and stored.tried_at >= moment else None
