"""The rows that could not be imported, as the file they came in: to be mended there and imported again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ...extensions import db
from ...models import Import, ImportRow
from ..camera_columns import neutralised, restored
from . import file
from .drafts import found_of
from .reading import rows
from .table import OURS, Found, Row


@dataclass(frozen=True, slots=True)
class Download:
    name: str
    mimetype: str
    data: bytes


def download(import_: Import) -> Download:
    """For the person who uploaded the file: its passwords are in it. Raises Unreadable when the file is gone."""
    found, problems = found_of(import_), _problems(import_.id)
    wrong = (row for row in rows(file.load(import_.id), found) if row.line in problems)
    stem = import_.filename.rpartition(".")[0] or import_.filename
    if found.kind == "json":
        return Download(f"{stem}-rejected.json", "application/json", _json(found, wrong, problems))
    text = _csv(_headings(found, import_.options["mapping"]), found.delimiter, wrong, problems)
    return Download(f"{stem}-rejected.csv", "text/csv", _encoded(text, found.encoding))


def _problems(import_id: str) -> dict[int, str]:
    """Line → what is wrong with it."""
    wrong = select(ImportRow.line, ImportRow.problems)
    wrong = wrong.where(ImportRow.import_id == import_id, ImportRow.action == "error")
    return {line: " ".join(_told(problem) for problem in found or ()) for line, found in db.session.execute(wrong)}


def _told(problem: Mapping[str, str]) -> str:
    return f"{problem['column']}: {problem['sentence']}" if problem["column"] else problem["sentence"]


def _headings(found: Found, mapping: Sequence[str | None]) -> dict[int, str]:
    """Column → its heading, that of the field where the file has none; our own columns of an earlier time are out."""
    named = enumerate(zip(found.headings, mapping, strict=True))
    every = {n: heading if found.has_header else name or heading for n, (heading, name) in named}
    return {n: heading for n, heading in every.items() if heading not in OURS}


def _csv(headings: Mapping[int, str], delimiter: str, wrong: Iterable[Row], problems: Mapping[int, str]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([*map(_safe, headings.values()), *OURS])
    for row in wrong:
        cells = [_safe(row.cells.get(column, "")) for column in headings]
        writer.writerow([*cells, str(row.line), _safe(problems[row.line])])
    return out.getvalue()


def _safe(cell: str) -> str:
    """No formula, and read back as it stands."""
    return neutralised(restored(cell))


def _encoded(text: str, encoding: str) -> bytes:
    """With a byte order mark where there is one, and ? for signs of ours that an old encoding does not have."""
    return text.encode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")


def _json(found: Found, wrong: Iterable[Row], problems: Mapping[int, str]) -> bytes:
    items: list[dict[str, Any]] = []
    for row in wrong:
        item = {found.headings[column]: value for column, value in row.cells.items()}
        items.append(item | dict(zip(OURS, (row.line, problems[row.line]), strict=True)))
    return json.dumps(items, ensure_ascii=False, indent=1).encode()
