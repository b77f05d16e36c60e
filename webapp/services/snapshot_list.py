"""The kept pictures of a camera in pages, for programs; people have the film of a day."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from ..extensions import db
from ..models import Camera, CameraSnapshot


def page(camera: Camera, number: int, size: int) -> tuple[Sequence[CameraSnapshot], int]:
    """The newest first, and how many there are."""
    mine = CameraSnapshot.camera_id == camera.id
    total = db.session.scalar(select(func.count()).select_from(CameraSnapshot).where(mine)) or 0
    query = select(CameraSnapshot).where(mine).order_by(CameraSnapshot.created_at.desc(), CameraSnapshot.id)
    return db.session.scalars(query.limit(size).offset((number - 1) * size)).all(), total
