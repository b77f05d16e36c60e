"""What is made of readings and said about outages: roll-ups, acknowledgements, mutes, maintenance windows."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import REAL, Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db
from .columns import UtcDateTime, new_id, utc_now


class _RollUp:
    """Checks of one camera in one span. Percentiles are those of all its readings, never of other percentiles."""

    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True)
    good: Mapped[int] = mapped_column(SmallInteger)
    """Checks that brought a picture."""
    failed: Mapped[int] = mapped_column(SmallInteger)
    ours: Mapped[int] = mapped_column(SmallInteger)
    """Checks that our own faults spoiled: neither good nor failed."""
    worst_outcome: Mapped[int | None] = mapped_column(SmallInteger)
    """Code of the most frequent outcome among the failed ones."""
    latency_p50_ms: Mapped[float | None] = mapped_column(REAL)
    latency_p95_ms: Mapped[float | None] = mapped_column(REAL)
    fps_low: Mapped[float | None] = mapped_column(REAL)
    fps_mean: Mapped[float | None] = mapped_column(REAL)


class HealthHour(_RollUp, db.Model):  # type: ignore[name-defined,misc]
    __tablename__ = "camera_health_hour"

    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    """Its start."""


class HealthDay(_RollUp, db.Model):  # type: ignore[name-defined,misc]
    __tablename__ = "camera_health_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    """In UTC."""


class Acknowledgement(db.Model):  # type: ignore[name-defined,misc]
    """Somebody knows of an outage and says so. The outage is the status change that began it."""

    __tablename__ = "acknowledgements"

    change_id: Mapped[str] = mapped_column(ForeignKey("status_changes.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    actor: Mapped[str] = mapped_column(String(300))
    """The person's name, which outlives the account."""
    reason: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class Mute(db.Model):  # type: ignore[name-defined,misc]
    """Until it ends, problems of a camera or of a group's sub-tree are listed, but neither counted nor alerted."""

    __tablename__ = "mutes"
    __table_args__ = (CheckConstraint("(camera_id IS NULL) <> (group_id IS NULL)", name="ck_mutes_one_target"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[str | None] = mapped_column(ForeignKey("camera_groups.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    actor: Mapped[str] = mapped_column(String(300))
    reason: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class MaintenanceWindow(db.Model):  # type: ignore[name-defined,misc]
    """A planned time in which nothing that happens to a camera, or to a group's sub-tree, is an outage."""

    __tablename__ = "maintenance_windows"
    __table_args__ = (CheckConstraint("(camera_id IS NULL) <> (group_id IS NULL)", name="ck_windows_one_target"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), index=True)
    group_id: Mapped[str | None] = mapped_column(ForeignKey("camera_groups.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Of the window that comes once, or of the first of the weekly ones."""
    minutes: Mapped[int] = mapped_column(Integer)
    weekdays: Mapped[int] = mapped_column(SmallInteger, default=0)
    """Bit 0 is Monday; 0: the window comes only once."""
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    """In which a weekly window keeps its time of day, also through the change of the clocks."""
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


Index("ix_camera_health_hour_hour", HealthHour.hour)
Index("ix_camera_health_day_day", HealthDay.day)
