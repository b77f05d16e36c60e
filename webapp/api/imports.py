"""Imports as things of their own: dry run first, then import, follow, stop, undo."""

from __future__ import annotations

from datetime import datetime

from flask_login import current_user
from typing_extensions import TypedDict

import jobs

from .. import access
from ..models import Import, utc_now
from ..schemas import CameraFileInput, ImportOptions, ImportRowsQuery, ImportStart, NumberedPage
from ..services.imports import applying, course, drafts, showing, undoing
from .answers import Answer, Refused, page_meta
from .import_shapes import MOST_ROWS, Imported, RowProblem, imported, problems_of
from .operations import operation
from .shapes import address

EXAMPLE = {"format": "csv", "data": "bmFtZSxydHNwX3VybApHYXRlLHJ0c3A6Ly8xMC4wLjAuMTo1NTQvYQo="}


class ImportRowShape(TypedDict):
    """A row of the file: what is done with the camera, and what it changes there (field: [before, after])."""

    line: int
    name: str | None
    action: str
    camera_id: str | None
    changes: dict[str, list[object]]
    outcome: str | None
    problems: list[RowProblem]


class ImportLine(TypedDict):
    id: str
    filename: str
    state: str
    person: str
    createdAt: datetime


@operation("GET", "/imports", "cameras:write", query=NumberedPage, answer=list[ImportLine], is_paged=True)
def list_(query: NumberedPage) -> Answer:
    """List one's imports, the newest first; auditors get everybody's. A page has 50."""
    lines, pages = showing.history(current_user, _sees_all(), query.page)
    total = showing.count(current_user, _sees_all())
    told = [
        {
            "id": line.import_.id,
            "filename": line.import_.filename,
            "state": str(line.import_.state),
            "person": line.person,
            "createdAt": line.import_.created_at,
        }
        for line in (lines if query.page <= pages else ())
    ]
    return Answer(told, page_meta(query.page, showing.PAGE, total))


@operation(
    "POST",
    "/imports",
    "cameras:write",
    body=CameraFileInput,
    answer=Imported,
    code=202,
    codes=(503,),
    is_repeatable=True,
    example=EXAMPLE,
)
def create(given: CameraFileInput) -> Answer:
    """Upload a file for a dry run: nothing is stored before POST …/apply. Follow it at the address in Location."""
    now = utc_now()
    made = drafts.create(current_user, f"cameras.{given.format}", given.content, now)
    drafts.start_check(made, options_of(made, given), access.scope("cameras:write"), now)
    return _have_done(made, "check")


@operation("GET", "/imports/<uuid:import_id>", "cameras:write", answer=Imported, codes=(404,))
def show(import_id: str) -> Answer:
    """How far an import is, its counts, and the first rows that could not be stored."""
    return Answer(imported(_load(import_id), utc_now()))


@operation(
    "GET",
    "/imports/<uuid:import_id>/rows",
    "cameras:write",
    query=ImportRowsQuery,
    answer=list[ImportRowShape],
    codes=(404,),
    is_paged=True,
)
def rows(import_id: str, query: ImportRowsQuery) -> Answer:
    """The rows of one kind. A page has 50."""
    found = showing.rows(_load(import_id), query.kind, query.page)
    told = [
        {
            "line": row.line,
            "name": row.name,
            "action": row.action,
            "camera_id": row.camera_id,
            "changes": row.changes or {},
            "outcome": row.outcome,
            "problems": problems_of(row),
        }
        for row in (found.rows if found.number == query.page else ())
    ]
    return Answer(told, page_meta(query.page, MOST_ROWS, found.total))


@operation(
    "POST",
    "/imports/<uuid:import_id>/apply",
    "cameras:write",
    body=ImportStart,
    answer=Imported,
    code=202,
    codes=(404, 409, 503),
    example={"is_all_or_nothing": False},
)
def apply(import_id: str, given: ImportStart) -> Answer:
    """Store what the dry run found."""
    found = _load(import_id)
    applying.start(found, given.is_all_or_nothing, utc_now(), current_user)
    return _have_done(found, "apply")


@operation("POST", "/imports/<uuid:import_id>/cancel", "cameras:write", answer=Imported, codes=(404, 409))
def cancel(import_id: str) -> Answer:
    """Stop after the piece that is being done; what is stored stays, and can be undone."""
    found = _load(import_id)
    course.cancel(found.id, utc_now())
    return Answer(imported(_load(import_id), utc_now()))


@operation("POST", "/imports/<uuid:import_id>/undo", "cameras:write", answer=Imported, code=202, codes=(404, 409, 503))
def undo(import_id: str) -> Answer:
    """Take back what an import stored, within a day; cameras that somebody changed since stay as they are."""
    found = _load(import_id)
    undoing.start(found, utc_now(), current_user)
    return _have_done(found, "undo")


def options_of(made: Import, given: CameraFileInput) -> ImportOptions:
    return ImportOptions(
        mapping=tuple(drafts.first_mapping(drafts.found_of(made))),
        existing="skip" if given.skip_duplicates else "fill",
        group_id=given.group_id,
    )


def _have_done(found: Import, act: str) -> Answer:
    jobs.work_on_import(found.id, act)
    location = address("imports_show", import_id=found.id)
    return Answer(imported(_load(found.id), utc_now()), headers={"Location": location})


def _load(import_id: str) -> Import:
    found = showing.load(import_id, current_user, _sees_all())
    if found is None:
        raise Refused(404, "There is no such import, or it is not yours to see.")
    return found


def _sees_all() -> bool:
    return access.may("audit:read")
