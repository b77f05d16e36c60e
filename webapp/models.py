"""Every table and every enum; derived properties, no I/O. Times are UTC, durations are milliseconds where named _ms."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_login import UserMixin
from sqlalchemy import (
    JSON,
    REAL,
    Boolean,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .extensions import db
from .outcomes import Outcome


class Status(StrEnum):
    """What we say of a camera: four from readings, unknown from their absence, the last two from people."""

    IDLE = "idle"
    LIVE = "live"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"
    DISABLED = "disabled"


class Role(StrEnum):
    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.ADMIN: frozenset({"*"}),
    Role.OPERATOR: frozenset({"cameras:read", "cameras:write"}),
    Role.VIEWER: frozenset({"cameras:read"}),
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on both databases; a naive one is a bug and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without time zone reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> str:
    return str(uuid.uuid4())


def utc_now() -> datetime:
    return datetime.now(UTC)


class CameraGroup(db.Model):  # type: ignore[name-defined,misc]
    """A node of the group tree. Its name is unique among its siblings."""

    __tablename__ = "camera_groups"
    __table_args__ = (Index("uq_camera_groups_parent_name", text("coalesce(parent_id, '')"), "name", unique=True),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255))
    location: Mapped[str | None] = mapped_column(String(255))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("camera_groups.id", ondelete="RESTRICT"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class Camera(db.Model):  # type: ignore[name-defined,misc]
    """A camera: what people say of it, and beneath that what the last reading said. A list page reads only this row."""

    # No index on status or next_due_at: both change with every reading, and an index on them would cost each of those
    # updates more than reading five thousand rows costs the one query a minute that asks for them.
    __tablename__ = "cameras"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(255), index=True)
    rtsp_url: Mapped[str] = mapped_column(String(2048))
    username: Mapped[str | None] = mapped_column(String(255))
    password_encrypted: Mapped[str | None] = mapped_column(Text)
    resolution: Mapped[str | None] = mapped_column(String(20))
    fps: Mapped[float | None] = mapped_column(Float)
    codec: Mapped[str | None] = mapped_column(String(10))
    location: Mapped[str | None] = mapped_column(String(255))
    group_id: Mapped[str | None] = mapped_column(ForeignKey("camera_groups.id", ondelete="SET NULL"), index=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    enable_detection: Mapped[bool] = mapped_column(Boolean, default=True)
    detection_sensitivity: Mapped[float] = mapped_column(Float, default=0.7)
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

    group: Mapped[CameraGroup | None] = relationship(lazy="raise")


class CameraHealth(db.Model):  # type: ignore[name-defined,misc]
    """One row per camera and tick; writing the same tick again replaces it, so a batch run twice counts once."""

    __tablename__ = "camera_health"

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
    """The outcome that caused it, or None when a person did."""


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


class User(UserMixin, db.Model):  # type: ignore[name-defined,misc]
    """A person who signs in. Raising session_version ends all sessions of that person at once."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255), default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(20), default=Role.VIEWER)
    is_enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    session_version: Mapped[int] = mapped_column(Integer, default=1)
    theme: Mapped[str] = mapped_column(String(10), default="auto")
    live_seconds: Mapped[int] = mapped_column(Integer, default=5)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_active(self) -> bool:
        return self.is_enabled

    def get_id(self) -> str:
        """What the session cookie carries: it stops being valid when session_version is raised."""
        return f"{self.id}:{self.session_version}"

    def may(self, permission: str) -> bool:
        granted = PERMISSIONS[Role(self.role)]
        return "*" in granted or permission in granted

    @property
    def display_name(self) -> str:
        return self.name or self.email.split("@")[0]


LOWER_EMAIL = Index("uq_users_email_lower", func.lower(User.email), unique=True)
