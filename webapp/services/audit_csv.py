"""The audit as CSV: one line for each field that an act changed, so that a spreadsheet can filter by it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from .audit_trail import AuditFilter, Line, Reader, each
from .audit_words import Change
from .camera_columns import neutralised

HEADINGS = ("Entry", "When", "Who", "Address", "Action", "On", "Camera", "Field", "Before", "After")


def stream(wanted: AuditFilter, reader: Reader) -> Iterator[str]:
    """Newest first, in portions, as they are read."""
    yield "\ufeff" + _rows([HEADINGS])  # without the mark Excel takes UTF-8 for something else
    portion: list[tuple[str, ...]] = []
    for line in each(wanted, reader):
        portion += _cells(line)
        if len(portion) >= 500:
            yield _rows(portion)
            portion = []
    yield _rows(portion)


def _cells(line: Line) -> list[tuple[str, ...]]:
    entry = (line.id, line.at.isoformat(timespec="seconds"), line.email or line.who, line.address, line.action)
    on = (line.subject, line.camera_id or "")
    return [(*entry, *on, *_told(change)) for change in line.changes] or [(*entry, *on, "", "", "")]


def _told(change: Change) -> tuple[str, str, str]:
    return change.label, change.before, change.act or change.after


def _rows(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([neutralised(cell) for cell in row] for row in rows)
    return text.getvalue()
