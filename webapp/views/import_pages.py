"""Drawing the pages of an import: each step with what belongs to it."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from .. import access
from ..models import Import, ImportRow, WorkState, utc_now
from ..schemas import Problems
from ..services import audit_words, camera_columns, group_paths
from ..services.imports import course, csv_rows, drafts, showing, undoing
from ..services.imports.table import ENCODINGS, MAX_BYTES, MAX_ROWS, OURS, Unreadable
from .page import draw

KINDS = {
    "error": "Errors",
    "update": "Updates",
    "create": "New",
    "unchanged": "Unchanged",
    "skip": "Skipped",
    "left": "Not undone",
}
STATES = {
    WorkState.DRAFT: "Columns to check",
    WorkState.CHECKING: "Dry run",
    WorkState.CHECKED: "Ready to import",
    WorkState.TESTING: "Trying out streams",
    WorkState.QUEUED: "Waiting for a worker",
    WorkState.RUNNING: "Importing",
    WorkState.DONE: "Imported",
    WorkState.CANCELLED: "Stopped on the way",
    WorkState.FAILED: "Came to a halt",
    WorkState.UNDOING: "Being undone",
    WorkState.UNDONE: "Undone",
}
LABELS = {column.name: column.label for column in camera_columns.COLUMNS} | {
    "group_id": "Group path",
    "password_encrypted": "Password",
}
PLAIN = {("stream", "main"), ("is_active", True), ("tags", "")}
"""What goes without saying of a new camera."""


def told(row: ImportRow) -> list[tuple[str, str, str]]:
    """What a row changes: label, what was, what is to be."""
    changes = list((row.changes or {}).items())
    if row.action == "create":
        changes = [(name, change) for name, change in changes if name != "name" and (name, change[1]) not in PLAIN]
    return [(LABELS[name], _text(before), _text(after)) for name, (before, after) in changes]


def _text(value: Any) -> str:
    return "" if value is None else audit_words.value("", value)


WORDS: dict[str, Any] = {"KINDS": KINDS, "STATES": STATES, "told": told}


def draw_new(problem: str | None = None, code: int = 200) -> Response:
    """With what was pasted, when it was refused."""
    text = request.form.get("text", "") if code == 422 else ""
    return draw("imports/new.html", code, problem=problem, text=text, max_bytes=MAX_BYTES, max_rows=MAX_ROWS)


def draw_import(
    import_: Import, problems: Problems | None = None, code: int = 200, sent: dict[str, Any] | None = None
) -> Response:
    """The step the import is at; `sent` are options that were refused."""
    problems = problems or {}
    context: dict[str, Any] = {"import_": import_, "file": drafts.found_of(import_), "problems": problems}
    if import_.state == WorkState.DRAFT:
        return draw("imports/columns.html", code, **(context | _columns(import_, problems, sent)))
    context["progress"] = showing.progress(import_, utc_now())
    if not context["progress"].is_busy:
        context |= _results(import_)
    return draw("imports/show.html", code, **context)


def _columns(import_: Import, problems: Problems, sent: dict[str, Any] | None) -> dict[str, Any]:
    try:
        preview = drafts.preview(import_)
    except Unreadable as error:
        preview, problems[""] = [], [str(error)]
    guessed = drafts.first_mapping(drafts.found_of(import_))
    paths = group_paths.read(access.scope("cameras:write"))
    return {
        "chosen": import_.options | (sent or {}),
        "guessed": guessed,
        "preview": preview,
        "fields": camera_columns.COLUMNS,
        "groups": sorted((group_paths.told(path), group_id) for group_id, path in paths.items()),
        "encodings": ENCODINGS,
        "delimiters": csv_rows.DELIMITERS,
        "ours": OURS,
        "gaps": drafts.gaps((sent or import_.options)["mapping"]),
        "is_refused": sent is not None,
        "mapped_like": drafts.mapped_like(import_),
        "is_secret": [camera_columns.looks_secret(heading) for heading in import_.file["headings"]],
    }


def _results(import_: Import) -> dict[str, Any]:
    kinds = showing.kinds(import_)
    kind = request.args.get("kind", "")
    kind = kind if kind in kinds else next(iter(kinds), "create")
    return {
        "kinds": kinds,
        "rows": showing.rows(import_, kind, request.args.get("page", 1, int)),
        "outcomes": showing.outcomes(import_),
        "undo_until": showing.undo_until(import_) if showing.can_be_undone(import_, utc_now()) else None,
        "has_stored": course.has_stored(import_),
        "exposed": [(heading, LABELS[name]) for heading, name in drafts.exposed(import_)],
    }


def draw_undo(import_: Import) -> Response:
    """What would go, before it does."""
    if not showing.can_be_undone(import_, utc_now()):
        raise course.OutOfTurn
    expected = undoing.expected(import_)
    deleted, put_back = expected.get("create", 0), expected.get("update", 0)
    stays = import_.counts["created"] + import_.counts["updated"] - deleted - put_back
    return draw("imports/undo.html", import_=import_, deleted=deleted, put_back=put_back, stays=stays)


def attached(data: bytes, mimetype: str, name: str) -> Response:
    response = Response(data, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response
