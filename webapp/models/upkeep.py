"""Reports that people ask for, and what housekeeping did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db
from .columns import UtcDateTime, new_id, utc_now
from .work import WorkState


class Report(db.Model):  # type: ignore[name-defined,misc]
    """A health report: what was asked for, how far it is, and what came out."""

    __tablename__ = "reports"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    group_id: Mapped[str | None] = mapped_column(ForeignKey("camera_groups.id", ondelete="CASCADE"), index=True)
    """The sub-tree it is about; None: everything its maker could see when it was made."""
    scope: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """The groups its maker could see then; None: all cameras, also those without a group."""
    period: Mapped[str] = mapped_column(String(10))
    """day, week, month or custom; the next run of a saved report takes the next one."""
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    state: Mapped[str] = mapped_column(String(20), default=WorkState.QUEUED)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str | None] = mapped_column(String(500))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    progress_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HousekeepingRun(db.Model):  # type: ignore[name-defined,misc]
    """One run of a clean-up: what it deleted, or would have deleted, and what stood in its way."""

    __tablename__ = "housekeeping_runs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    task: Mapped[str] = mapped_column(String(40), index=True)
    is_dry: Mapped[bool] = mapped_column(Boolean, default=False)
    actor: Mapped[str | None] = mapped_column(String(300))
    """Who asked for it; None: the schedule."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    progress_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    found: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What is counted, by name: {rows, files, bytes, orphans …}."""
    problem: Mapped[str | None] = mapped_column(String(500))
