"""Clips: what was recorded of a camera, converted, or uploaded to be converted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Float, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db
from .columns import UtcDateTime, new_id, utc_now
from .work import WorkState


class ClipKind(StrEnum):
    """Where a clip comes from."""

    RECORDED = "recorded"
    CONVERTED = "converted"
    UPLOADED = "uploaded"


class Clip(db.Model):  # type: ignore[name-defined,misc]
    """A piece of video: QUEUED, RUNNING, then DONE or FAILED. The video itself lies in storage, in pieces."""

    __tablename__ = "clips"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(10))
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), index=True)
    """None: an upload, or what was made of one; only its person sees it."""
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    source_id: Mapped[str | None] = mapped_column(String(36))
    """The clip it was converted from, which may be deleted since."""
    codec: Mapped[str | None] = mapped_column(String(20))
    """Of a conversion first the one that was asked for."""
    seconds: Mapped[float | None] = mapped_column(Float)
    """Of a recording first those that were asked for, then as many as there are."""
    size: Mapped[int] = mapped_column(Integer, default=0)
    storage_path: Mapped[str] = mapped_column(String(200))
    """The folder of its pieces."""
    state: Mapped[str] = mapped_column(String(20), default=WorkState.QUEUED)
    progress: Mapped[int] = mapped_column(Integer, default=0)
    """Percent."""
    problem: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    progress_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    expiry_date: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
