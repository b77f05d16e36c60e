"""What the checks found: readings, changes of status, tests before save."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, REAL, Boolean, Float, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db
from ..outcomes import Outcome
from .columns import UtcDateTime, new_id, utc_now


class CameraHealth(db.Model):  # type: ignore[name-defined,misc]
    """One row per camera and tick; writing the same tick again replaces it, so a batch run twice counts once.

    On PostgreSQL every day is a partition; services.partitions makes and drops them.
    """

    __tablename__ = "camera_health"
    __table_args__ = {"postgresql_partition_by": "RANGE (tick)"}

    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True)
    tick: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    """Start of the interval this check belongs to."""
    last_check: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[int] = mapped_column(SmallInteger)
    """The outcome's code, see OUTCOME_CODES: two bytes a row instead of twelve."""
    is_connected: Mapped[bool] = mapped_column(Boolean)
    latency_ms: Mapped[float | None] = mapped_column(REAL)
    frame_ms: Mapped[float | None] = mapped_column(REAL)
    fps_actual: Mapped[float | None] = mapped_column(REAL)


OUTCOME_CODES: dict[Outcome, int] = {outcome: code for code, outcome in enumerate(Outcome, 1)}
"""Stable numbers: append new outcomes at the end of the enum, never reorder it."""


class StatusChange(db.Model):  # type: ignore[name-defined,misc]
    """A camera went from one status to another: the timeline, the outage list and the outbox of alerts."""

    __tablename__ = "status_changes"
    __table_args__ = (
        Index("ix_status_changes_camera_at", "camera_id", "at"),
        Index("ix_status_changes_at", "at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    old: Mapped[str] = mapped_column(String(50))
    new: Mapped[str] = mapped_column(String(50))
    reason: Mapped[str | None] = mapped_column(String(30))
    """The outcome that caused it, or None when a person did or its picture, see finding."""
    finding: Mapped[str | None] = mapped_column(String(20))
    """What is wrong with the picture, when that caused it."""


class ConnectionTest(db.Model):  # type: ignore[name-defined,misc]
    """A test before save: what to test, and step by step what was found. It lives for an hour."""

    __tablename__ = "connection_tests"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    rtsp_url: Mapped[str] = mapped_column(String(2048))
    username: Mapped[str | None] = mapped_column(String(255))
    password_encrypted: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(30))
    detail: Mapped[str | None] = mapped_column(String(300))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """[{name, state: running|ok|failed, ms, detail}] in the order they ran."""
    codec: Mapped[str | None] = mapped_column(String(10))
    resolution: Mapped[str | None] = mapped_column(String(20))
    fps: Mapped[float | None] = mapped_column(Float)
    fps_source: Mapped[str | None] = mapped_column(String(10))
    picture_hash: Mapped[str | None] = mapped_column(String(16))

    @property
    def is_overdue(self) -> bool:
        """No worker took it while it could be taken, or the one that did must long be through with it."""
        seconds = 90 if self.steps else 30
        return self.finished_at is None and utc_now() - self.created_at > timedelta(seconds=seconds)
