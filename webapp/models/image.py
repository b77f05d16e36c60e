"""What is wrong with a camera's picture, the pictures that prove it, and the view that is right."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db
from .columns import UtcDateTime, new_id, utc_now


class CameraSnapshot(db.Model):  # type: ignore[name-defined,misc]
    """A stored picture that is kept until its expiry date."""

    __tablename__ = "camera_snapshots"
    __table_args__ = (Index("ix_camera_snapshots_camera_created", "camera_id", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(String(255))
    storage_path: Mapped[str] = mapped_column(String(512), unique=True)
    file_size: Mapped[int | None] = mapped_column(Integer)
    expiry_date: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    """When the picture was taken."""
    kind: Mapped[str] = mapped_column(String(10), default="regular")
    """regular: kept every so often; change: around a change of status; finding: evidence; manual: a person took it."""
    change_id: Mapped[str | None] = mapped_column(String(36), index=True)
    """The change of status it shows, when it was kept for that. No key: each of the two has an end of its own."""
    side: Mapped[str | None] = mapped_column(String(6))
    """before or after that change."""
    kept_days: Mapped[int | None] = mapped_column(SmallInteger)
    """The retention that gave the expiry date; None: nothing did that may change."""


class ImageFinding(db.Model):  # type: ignore[name-defined,misc]
    """From raised_at until cleared_at the camera's picture had this fault."""

    __tablename__ = "image_findings"
    __table_args__ = (Index("ix_image_findings_camera_raised", "camera_id", "raised_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    finding: Mapped[str] = mapped_column(String(20))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    detail: Mapped[str | None] = mapped_column(String(300))
    snapshot_id: Mapped[str | None] = mapped_column(ForeignKey("camera_snapshots.id", ondelete="SET NULL"), index=True)
    """The picture that proves it."""
    reference_id: Mapped[str | None] = mapped_column(
        ForeignKey("camera_references.id", ondelete="SET NULL"), index=True
    )
    """The picture it was compared with."""


class CameraReference(db.Model):  # type: ignore[name-defined,misc]
    """A view of the camera that is right, by day or by night; the newest of each light counts."""

    __tablename__ = "camera_references"
    __table_args__ = (Index("ix_camera_references_camera_light", "camera_id", "light", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    light: Mapped[str] = mapped_column(String(5))
    """day or night."""
    features: Mapped[bytes] = mapped_column(LargeBinary)
    """What video.quality needs to compare a frame with it."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    storage_path: Mapped[str] = mapped_column(String(512), unique=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    """Who called the view right; None: it was the first that came."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
