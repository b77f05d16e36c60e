"""Plans on their way to the database: passwords sealed, entries of the audit and what an undo needs written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...models import AuditEntry, Camera, ImportRow, new_id
from .. import audit, pace
from ..camera_record import PLAIN_FIELDS, columns_of
from ..group_paths import Path
from .driver_rows import Batch, Row
from .planning import Plan

RESTORED = (*PLAIN_FIELDS, "password_encrypted")
"""What an undo puts back."""


@dataclass(slots=True)
class Prepared:
    """Everything about some rows that can be done before the transaction that writes them."""

    import_id: str
    now: datetime
    group_ids: Mapping[Path, str]
    """Of the groups that are yet to be made."""
    paces: pace.Paces = field(default_factory=pace.read)
    created: Batch = field(default_factory=lambda: Batch(Camera.__table__))
    entries: Batch = field(default_factory=lambda: Batch(AuditEntry.__table__))
    lines: Batch = field(default_factory=lambda: Batch(ImportRow.__table__, ("import_id", "line")))
    numbers: list[int] = field(default_factory=list)
    """Of the rows."""
    updates: list[Plan] = field(default_factory=list)
    paths: set[Path] = field(default_factory=set)
    """Of the groups that cameras are put into."""
    ids: list[str] = field(default_factory=list)
    """Cameras that are new or changed."""

    def set_aside(self) -> None:
        for batch in (self.created, self.entries, self.lines):
            batch.set_aside()


def prepare(prepared: Prepared, plans: Sequence[Plan], share: tuple[float, float]) -> None:
    """Add these plans. `share`: which part of the import is done before them, and which part they are. The first checks
    are spread over an interval, so that thousands of new cameras are not all due at once.
    """
    for place, plan in enumerate(plans):
        camera_id = plan.stored.id if plan.stored is not None else new_id() if plan.writes else None
        if plan.action == "create" and camera_id:
            _create(prepared, plan, camera_id, share[0] + share[1] * place / len(plans))
        if plan.writes and camera_id:
            _note_written(prepared, plan, camera_id)
        prepared.numbers.append(plan.line)
        prepared.lines.add({"key_import_id": prepared.import_id, "key_line": plan.line} | _line(plan, camera_id))
        plan.let_go()


def _note_written(prepared: Prepared, plan: Plan, camera_id: str) -> None:
    entry = audit.entry(f"camera.{plan.action}", plan.name or "", at=prepared.now, camera_id=camera_id)
    prepared.entries.add(entry | {"id": new_id(), "changes": plan.changes})
    prepared.ids.append(camera_id)
    prepared.updates += [plan] if plan.action == "update" else []
    prepared.paths |= {plan.path} if plan.path else set()


def _create(prepared: Prepared, plan: Plan, camera_id: str, share: float) -> None:
    if plan.given is not None:
        interval = prepared.paces.interval(plan.given)
        columns = columns_of(plan.given, None, camera_id, prepared.now, interval)
        columns["next_due_at"] = prepared.now + interval * share
        if plan.path and plan.given.group_id is None:
            columns["group_id"] = prepared.group_ids[plan.path]
        prepared.created.add(columns)


def _line(plan: Plan, camera_id: str | None) -> Row:
    """What the import keeps of the row; a camera that is changed has the version that its plan was made from."""
    is_update = plan.action == "update" and plan.stored is not None
    return {
        "action": plan.action,
        "camera_id": camera_id,
        "name": plan.name,
        "problems": plan.problems or None,
        "changes": plan.told or None,
        "before": {name: _plain(getattr(plan.stored, name)) for name in RESTORED} if is_update else None,
        "version": (plan.stored.version + 1 if plan.stored is not None else 1) if plan.writes else None,
        "is_applied": plan.writes,
    }


def _plain(value: Any) -> Any:
    """As JSON has it: tags are a list."""
    return list(value) if isinstance(value, tuple) else value
