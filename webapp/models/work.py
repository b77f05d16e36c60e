"""Long work that people start and follow: imports and bulk actions, with what is needed to undo them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db
from .columns import UtcDateTime, new_id, utc_now


class WorkState(StrEnum):
    """How far an import or a bulk action is."""

    DRAFT = "draft"
    """An import whose columns are being mapped."""
    CHECKING = "checking"
    CHECKED = "checked"
    """An import whose dry run is through and can be applied."""
    TESTING = "testing"
    """An import whose new cameras are being tried out, before it is applied."""
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


class Import(db.Model):  # type: ignore[name-defined,misc]
    """A file of cameras on its way in. The file itself lies in storage until the import is a day old."""

    __tablename__ = "imports"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    acted_by_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """Who had it stored or undone last, when that need not be who uploaded it."""
    filename: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(20), default=WorkState.DRAFT)
    file: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """How the file was read: the fields of services.imports.reading.Found."""
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What happens to what the file holds: schemas.ImportOptions."""
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """{create, update, unchanged, skip, error} of the dry run, and further {groups, applied, undone, left …}"""
    group_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The groups it made, from the top down."""
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    wants_cancel: Mapped[bool] = mapped_column(Boolean, default=False)
    problem: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    progress_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    """When it last got any further: a worker that died does not."""
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was applied, from which an undo has a day's time."""


class ImportRow(db.Model):  # type: ignore[name-defined,misc]
    """One row of an import: what is to be done with it or was, and what it takes to undo that."""

    __tablename__ = "import_rows"

    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    """Its number in the file as a spreadsheet counts, the header being 1."""
    action: Mapped[str] = mapped_column(String(10))
    """create, update, unchanged, skip or error."""
    camera_id: Mapped[str | None] = mapped_column(String(36))
    name: Mapped[str | None] = mapped_column(String(255))
    problems: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """[{column, value, sentence}], secrets masked."""
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Field → [before, after], as an audit entry tells it."""
    outcome: Mapped[str | None] = mapped_column(String(30))
    """What trying out a new camera's stream came to."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The camera's columns before an update; a password as it is encrypted in the camera's own row."""
    version: Mapped[int | None] = mapped_column(Integer)
    """The camera's version after it was applied: an undo touches only what nobody has changed since."""
    is_applied: Mapped[bool] = mapped_column(Boolean, default=False)


class BulkAction(db.Model):  # type: ignore[name-defined,misc]
    """One act on many cameras, or the undoing of one; see services.bulk for what `action` can be."""

    __tablename__ = "bulk_actions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    action: Mapped[str] = mapped_column(String(30))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The fields of schemas.BulkInput that belong to the action."""
    undoes_id: Mapped[str | None] = mapped_column(ForeignKey("bulk_actions.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(20), default=WorkState.QUEUED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    progress_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    """When it last got any further."""
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BulkResult(StrEnum):
    """What a bulk action came to with one camera."""

    CHANGED = "changed"
    ALREADY = "already"
    """It was so before."""
    LEFT = "left"
    """It could not be done; the problem says why."""
    UNDONE = "undone"
    """Changed, and put back since."""


class BulkCamera(db.Model):  # type: ignore[name-defined,misc]
    """One camera of a bulk action: what came of it, and what it takes to undo that."""

    __tablename__ = "bulk_cameras"

    bulk_id: Mapped[str] = mapped_column(ForeignKey("bulk_actions.id", ondelete="CASCADE"), primary_key=True)
    camera_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """No foreign key: what was deleted is told of, too."""
    name: Mapped[str] = mapped_column(String(255))
    result: Mapped[str | None] = mapped_column(String(10))
    """None: its turn is still to come."""
    problem: Mapped[str | None] = mapped_column(String(300))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The fields that were changed, as they were."""
    version: Mapped[int | None] = mapped_column(Integer)
    """The camera's version after it was changed: an undo touches only what nobody has changed since."""
