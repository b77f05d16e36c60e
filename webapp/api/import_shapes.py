"""What is told of an import: how far it is, its counts, and every problem with its line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from ..models import Import, ImportRow
from ..services.imports import showing
from .answers import moment

MOST_ROWS = 50


class RowProblem(TypedDict):
    line: int
    """As a spreadsheet counts, the header being 1."""
    name: str | None
    field: str | None
    message: str


class Imported(TypedDict):
    """An import. `problems` are the first fifty rows that could not be stored; GET …/rows gives all."""

    id: str
    state: str
    filename: str
    is_busy: bool
    done: int
    total: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    problem: str | None
    problems: list[RowProblem]
    can_be_undone: bool
    createdAt: datetime
    finished_at: datetime | None


def imported(found: Import, now: datetime) -> dict[str, Any]:
    progress, counts = showing.progress(found, now), found.counts
    return {
        "id": found.id,
        "state": str(found.state),
        "filename": found.filename,
        "is_busy": progress.is_busy,
        "done": found.done,
        "total": found.total,
        "created": counts.get("created", 0),
        "updated": counts.get("updated", 0),
        "unchanged": counts.get("unchanged", 0),
        "skipped": counts.get("skip", 0),
        "failed": counts.get("error", 0),
        "problem": found.problem,
        "problems": [told for row in showing.rows(found, "error", 1).rows for told in problems_of(row)],
        "can_be_undone": showing.can_be_undone(found, now),
        "createdAt": moment(found.created_at),
        "finished_at": found.finished_at and moment(found.finished_at),
    }


def problems_of(row: ImportRow) -> list[dict[str, Any]]:
    return [
        {"line": row.line, "name": row.name, "field": found.get("column"), "message": found.get("sentence", "")}
        for found in row.problems or []
    ]
