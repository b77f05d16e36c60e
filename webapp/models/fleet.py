"""Cameras and the tree of groups they hang in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, Float, ForeignKey, Index, Integer, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..extensions import db
from .columns import Tags, UtcDateTime, new_id, utc_now


class Status(StrEnum):
    """What we say of a camera: four from readings, unknown from their absence, the last two from people."""

    IDLE = "idle"
    LIVE = "live"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    DISABLED = "disabled"


class CameraGroup(db.Model):  # type: ignore[name-defined,misc]
    """A node of the group tree. Its name is unique among its siblings.

    The five settings hold for every camera of the sub-tree that has no value of its own; None: inherited from above.
    """

    __tablename__ = "camera_groups"
    __table_args__ = (Index("uq_camera_groups_parent_name", text("coalesce(parent_id, '')"), "name", unique=True),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255))
    location: Mapped[str | None] = mapped_column(String(255))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("camera_groups.id", ondelete="RESTRICT"), index=True)
    enable_detection: Mapped[bool | None] = mapped_column(Boolean)
    detection_sensitivity: Mapped[float | None] = mapped_column(Float)
    check_interval_seconds: Mapped[int | None] = mapped_column(Integer)
    retention_days: Mapped[int | None] = mapped_column(Integer)
    image_sensitivity: Mapped[str | None] = mapped_column(String(6))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    version: Mapped[int] = mapped_column(Integer, default=1)


class Camera(db.Model):  # type: ignore[name-defined,misc]
    """A camera: what people say of it, and beneath that what the last reading said. A list page reads only this row."""

    # enable_detection, detection_sensitivity, check_interval_seconds, retention_days, image_sensitivity: None is
    # inherited from the group.
    # No index on status or next_due_at: both change with every reading, and an index on them would cost each of those
    # updates more than reading five thousand rows costs the one query a minute that asks for them.
    __tablename__ = "cameras"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255), index=True)
    code: Mapped[str | None] = mapped_column(String(64))
    """The owner's own asset code; unique, whatever the case."""
    rtsp_url: Mapped[str] = mapped_column(String(2048))
    """The main stream."""
    sub_rtsp_url: Mapped[str | None] = mapped_column(String(2048))
    stream: Mapped[str] = mapped_column(String(4), default="main")
    """Which of the two is checked: main or sub."""
    username: Mapped[str | None] = mapped_column(String(255))
    password_encrypted: Mapped[str | None] = mapped_column(Text)
    resolution: Mapped[str | None] = mapped_column(String(20))
    fps: Mapped[float | None] = mapped_column(Float)
    codec: Mapped[str | None] = mapped_column(String(10))
    location: Mapped[str | None] = mapped_column(String(255))
    vendor: Mapped[str | None] = mapped_column(String(100))
    model: Mapped[str | None] = mapped_column(String(100))
    notes: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[tuple[str, ...]] = mapped_column(Tags, default=())
    group_id: Mapped[str | None] = mapped_column(ForeignKey("camera_groups.id", ondelete="SET NULL"), index=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    enable_detection: Mapped[bool | None] = mapped_column(Boolean)
    detection_sensitivity: Mapped[float | None] = mapped_column(Float)
    check_interval_seconds: Mapped[int | None] = mapped_column(Integer)
    retention_days: Mapped[int | None] = mapped_column(Integer)
    image_sensitivity: Mapped[str | None] = mapped_column(String(6))
    """off, low, medium or high: how readily the picture is found at fault."""
    maintenance_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    version: Mapped[int] = mapped_column(Integer, default=1)

    status: Mapped[str] = mapped_column(String(50), default=Status.IDLE)
    status_since: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    outcome: Mapped[str | None] = mapped_column(String(30))
    detail: Mapped[str | None] = mapped_column(String(300))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    auth_failures: Mapped[int] = mapped_column(Integer, default=0)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last check began, also one that our own fault spoiled; checked_at counts only the others."""
    fault: Mapped[str | None] = mapped_column(String(300))
    """Why that last one came to nothing, when the fault was ours; outcome and detail keep what the camera's own last
    reading said."""
    last_connected: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    latency_ms: Mapped[float | None] = mapped_column(Float)
    phases: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The last reading's dns_ms, connect_ms, options_ms, describe_ms, frame_ms."""
    actual_codec: Mapped[str | None] = mapped_column(String(10))
    actual_resolution: Mapped[str | None] = mapped_column(String(20))
    actual_fps: Mapped[float | None] = mapped_column(Float)
    fps_source: Mapped[str | None] = mapped_column(String(10))
    picture_hash: Mapped[str | None] = mapped_column(String(16))
    picture_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    findings: Mapped[tuple[str, ...]] = mapped_column(Tags, default=())
    """What is wrong with its picture, confirmed."""
    image_memory: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    """What the next picture is judged by, see services.image_memory; no page needs it."""
    flapping_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Set while the camera goes up and down again and again."""
    flips: Mapped[list[int]] = mapped_column(JSON, default=list)
    """The last times it went up or down, in epoch seconds: what the next one is judged by."""
    slow_checks: Mapped[int] = mapped_column(Integer, default=0)
    """Checks in a row that were answered too slowly, counted no further than decides."""

    group: Mapped[CameraGroup | None] = relationship(lazy="raise")

    @property
    def stream_urls(self) -> list[str]:
        """Of the main and of the sub stream, where there is one."""
        return [url for url in (self.rtsp_url, self.sub_rtsp_url) if url]

    @property
    def checked_url(self) -> str:
        """Of the stream that is checked; services.sweep_plan says the same in SQL."""
        return self.sub_rtsp_url if self.stream == "sub" and self.sub_rtsp_url else self.rtsp_url


LOWER_CODE = Index("uq_cameras_code_lower", func.lower(Camera.code), unique=True)
