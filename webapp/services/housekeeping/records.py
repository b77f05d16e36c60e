"""What else grows for ever: changes of status, faults in pictures, hours, reports, runs. After a year they go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import aliased

from ...extensions import db, settings, transaction
from ...models import (
    Camera,
    HealthHour,
    HousekeepingRun,
    ImageFinding,
    MaintenanceWindow,
    Mute,
    Report,
    StatusChange,
)
from .work import PIECE, Work

CAMERAS_AT_ONCE = 10
"""Of which the hours of some weeks are deleted in one transaction."""


def forget(work: Work) -> None:
    """Acknowledgements go with the change of status they are about."""
    before = work.now - timedelta(days=settings.HISTORY_RETENTION_DAYS)
    for name, model, condition in _old(before):
        _forget(work, name, model, condition)
    _forget_hours(work, before)


def _old(before: Any) -> list[tuple[str, Any, ColumnElement[bool]]]:
    later = aliased(StatusChange)
    # The last one before the limit says what the camera was at the limit, and may have begun what lasts until today.
    is_followed = (
        select(later.id)
        .where(later.camera_id == StatusChange.camera_id, later.at > StatusChange.at, later.at < before)
        .exists()
    )
    over = (MaintenanceWindow.weekdays == 0) & (MaintenanceWindow.starts_at < before)
    return [
        ("changes", StatusChange, (StatusChange.at < before) & is_followed),
        ("findings", ImageFinding, ImageFinding.cleared_at < before),
        ("reports", Report, Report.finished_at < before),
        ("runs", HousekeepingRun, HousekeepingRun.finished_at < before),
        ("mutes", Mute, Mute.ends_at < before),
        ("windows", MaintenanceWindow, over),
    ]


def _forget(work: Work, name: str, model: Any, condition: ColumnElement[bool]) -> None:
    if work.is_dry:
        work.count(**{name: db.session.scalar(select(func.count()).select_from(model).where(condition)) or 0})
        return
    while ids := list(db.session.scalars(select(model.id).where(condition).limit(PIECE))):
        with transaction():
            db.session.execute(delete(model).where(model.id.in_(ids)))
        work.count(**{name: len(ids)})


def _forget_hours(work: Work, before: Any) -> None:
    """Camera by camera, by the primary key. The days stay: ten years of them are fewer rows than a week of hours."""
    ids = list(db.session.scalars(select(Camera.id).order_by(Camera.id)))
    for first in range(0, len(ids), CAMERAS_AT_ONCE):
        some = ids[first : first + CAMERAS_AT_ONCE]
        is_old = (HealthHour.camera_id.in_(some)) & (HealthHour.hour < before)
        if work.is_dry:
            work.count(hours=db.session.scalar(select(func.count()).select_from(HealthHour).where(is_old)) or 0)
            continue
        with transaction():
            gone = db.session.execute(delete(HealthHour).where(is_old).returning(HealthHour.hour)).all()
        work.count(hours=len(gone))
