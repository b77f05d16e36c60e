"""An import before it does anything: the file is taken in, how it is read is looked at and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import delete, select

from ...extensions import db, transaction
from ...models import Import, ImportRow, User, WorkState, new_id
from ...schemas import ImportOptions, InvalidInput, parse
from ..camera_columns import BY_NAME, SECRETS, guess, looks_secret
from ..rights import Scope
from . import course, file
from .candidates import HIDDEN, masked
from .reading import examine, rows
from .table import OURS, Asked, Found

PREVIEWED = 5
"""Rows."""
OPEN = (WorkState.DRAFT, WorkState.CHECKED, WorkState.UNDONE)
"""States from which an import may be checked (again): nothing of it is stored in the fleet."""
LONGEST_CELL = 60
LOOKED_BACK = 50
"""Imports."""
NEEDED = ("name", "rtsp_url")


def create(user: User, filename: str, data: bytes, now: datetime) -> Import:
    """Take a file in. Raises Unreadable and StorageError, with nothing kept."""
    found = examine(data, Asked())
    import_ = Import(id=new_id(), user_id=user.id, filename=filename[-255:], created_at=now, progress_at=now)
    import_.file = asdict(found)
    import_.options = {"mapping": _likely_mapping(user.id, found)}
    file.store(import_.id, data)
    with transaction():
        db.session.add(import_)
    return import_


def read_again(import_: Import, asked: Asked, now: datetime) -> None:
    """Read the file in another way; the columns are guessed anew. Raises Unreadable and OutOfTurn."""
    found = examine(file.load(import_.id), asked)
    options = import_.options | {"mapping": _likely_mapping(import_.user_id, found)}
    course.go(import_.id, OPEN, WorkState.DRAFT, now, file=asdict(found), options=options)


def start_check(import_: Import, given: ImportOptions, scope: Scope, now: datetime) -> None:
    """Take the options and have the dry run begin. Raises InvalidInput and OutOfTurn."""
    if len(given.mapping) != len(found_of(import_).headings):
        raise InvalidInput({"mapping": ["The columns of the file are other ones by now; look at them again."]})
    if given.group_id is not None and not scope.covers(given.group_id):
        raise InvalidInput({"group_id": ["This group does not exist any more; choose another."]})
    with transaction():
        begin: dict[str, Any] = {
            "started_at": None,
            "acted_by_id": None,
            "done": 0,
            "total": found_of(import_).rows,
            "counts": {},
            "group_ids": [],
        }
        course.move(import_.id, OPEN, WorkState.CHECKING, now, options=given.model_dump(), problem=None, **begin)
        db.session.execute(delete(ImportRow).where(ImportRow.import_id == import_.id))


def reopen(import_: Import, now: datetime) -> None:
    """Back to the columns and options. OutOfTurn."""
    course.go(import_.id, OPEN, WorkState.DRAFT, now)


def first_mapping(found: Found) -> list[str | None]:
    """What each column most likely is."""
    guessed = guess(found.headings)
    return [None if heading in OURS else name for heading, name in zip(found.headings, guessed, strict=True)]


def _likely_mapping(user_id: str | None, found: Found) -> list[str | None]:
    """As the person had it the last time with the same headings; else as it is guessed."""
    earlier = _alike(user_id, found)
    return earlier[1] if earlier else first_mapping(found)


def mapped_like(import_: Import) -> str | None:
    """The file whose columns were mapped in the same way, where that says more than a guess."""
    found = found_of(import_)
    earlier = _alike(import_.user_id, found)
    return earlier[0] if earlier and earlier[1] == import_.options["mapping"] != first_mapping(found) else None


def _alike(user_id: str | None, found: Found) -> tuple[str, list[str | None]] | None:
    """Name and mapping of the person's last file with the same headings, in whatever order; what we add to rejected
    rows makes no difference. It was looked at when its dry run was started.
    """
    headings = set(found.headings) - set(OURS)
    query = select(Import.filename, Import.file, Import.options).where(Import.user_id == user_id)
    query = query.where(Import.state != WorkState.DRAFT).order_by(Import.created_at.desc()).limit(LOOKED_BACK)
    for filename, file_, options in db.session.execute(query) if found.has_header else ():
        if set(file_["headings"]) - set(OURS) == headings and file_["has_header"]:
            by_heading = dict(zip(file_["headings"], options["mapping"], strict=True))
            return filename, [None if heading in OURS else by_heading[heading] for heading in found.headings]
    return None


def gaps(mapping: Sequence[str | None]) -> list[str]:
    """The fields that every new camera needs and no column fills, by their labels."""
    return [BY_NAME[name].label for name in NEEDED if name not in mapping]


def found_of(import_: Import) -> Found:
    return Found(**import_.file | {"headings": tuple(import_.file["headings"])})


def options_of(import_: Import) -> ImportOptions:
    return parse(ImportOptions, import_.options)


def exposed(import_: Import) -> list[tuple[str, str]]:
    """Headings of passwords, each with the field it fills, where everybody could read them."""
    pairs = zip(import_.file["headings"], import_.options["mapping"], strict=True)
    return [(heading, name) for heading, name in pairs if name and name not in SECRETS and looks_secret(heading)]


def preview(import_: Import) -> list[list[str]]:
    """The first rows as they are read, secrets hidden. Raises Unreadable."""
    found = found_of(import_)
    mapping: Sequence[str | None] = import_.options["mapping"]
    hidden = {n for n, heading in enumerate(found.headings) if looks_secret(heading) or mapping[n] == "password"}
    first = islice(rows(file.load(import_.id), found), PREVIEWED)
    width = range(len(found.headings))
    return [[_cell(row.cells.get(n), n in hidden) for n in width] for row in first]


def _cell(value: Any, is_hidden: bool) -> str:
    text = "" if value is None else " ".join(str(value).split())
    if is_hidden:
        return HIDDEN if text else ""
    text = masked(text)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
