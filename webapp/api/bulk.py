"""One act on many cameras: by their ids or by a filter, tried first, followed, stopped, undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_login import current_user
from typing_extensions import TypedDict

import jobs
from jobs import bulk as bulk_jobs

from .. import access
from ..models import BulkAction, Status, utc_now
from ..schemas import BulkInput, BulkRequest, CameraQuery, parse
from ..services.bulk import progress, starting
from ..services.bulk.choice import Choice
from ..services.bulk.preview import Preview, preview
from ..services.grid import GridQuery
from .answers import Answer, Refused, moment
from .operations import operation
from .shapes import address

AT_ONCE = 100
"""Cameras for which somebody waits; more are done by a worker."""
ANY = 10**9
NEEDS_AGREEMENT = "A deletion cannot be undone: send what a dry run said as agreed, {number, digest}."
CHANGED = "The fleet has changed since the dry run: it would be {} cameras now. Look at a new dry run."


class LeftCamera(TypedDict):
    camera_id: str
    name: str
    problem: str | None


class BulkShape(TypedDict):
    """What became of it, by camera. A dry run has no id; its `digest` is what `agreed` takes."""

    id: str | None
    state: str
    action: str
    total: int
    changed: int
    already: int
    left: int
    undone: int
    waiting: int
    digest: str | None
    reasons: dict[str, int]
    left_cameras: list[LeftCamera]
    can_be_undone: bool
    createdAt: datetime | None
    finished_at: datetime | None


@operation(
    "POST",
    "/bulk",
    "cameras:write",
    body=BulkRequest,
    answer=BulkShape,
    codes=(202, 409, 503),
    is_repeatable=True,
    example={
        "action": "tag",
        "values": {"tags": ["night"]},
        "filter": {"q": "gate", "status": ["offline"]},
        "dry_run": True,
    },
)
def start(given: BulkRequest) -> Answer:
    """Do one thing with many cameras, or say what it would do.

    Up to 100 cameras are done at once; with more the answer is 202, and Location says where to follow it.
    """
    wanted, choice, now = parse(BulkInput, given.fields), _choice(given), utc_now()
    sight, may_write = access.scope("cameras:read"), access.scope("cameras:write")
    if given.dry_run:
        return Answer(_tried(given, preview(choice, wanted, sight, may_write, now)))
    try:
        found = starting.start(choice, wanted, _agreed(given), current_user, sight, may_write, now)
    except starting.ChoiceChanged as error:
        raise Refused(409, CHANGED.format(f"{error.preview.will:,}")) from None
    return _have_done(found)


@operation("GET", "/bulk/<uuid:bulk_id>", "cameras:write", answer=BulkShape, codes=(404,))
def show(bulk_id: str) -> Answer:
    """How far it is, and what became of the cameras."""
    return Answer(_shape(_load(bulk_id)))


@operation("POST", "/bulk/<uuid:bulk_id>/cancel", "cameras:write", answer=BulkShape, codes=(404,))
def cancel(bulk_id: str) -> Answer:
    """Stop after the piece that is being done; what is done stays done."""
    starting.cancel(_load(bulk_id), utc_now())
    return Answer(_shape(_load(bulk_id)))


@operation("POST", "/bulk/<uuid:bulk_id>/undo", "cameras:write", answer=BulkShape, codes=(202, 404, 409, 503))
def undo(bulk_id: str) -> Answer:
    """Put back what it changed; cameras that somebody changed since stay as they are. It is an action of its own."""
    try:
        found = starting.undo(_load(bulk_id), current_user, utc_now())
    except starting.CannotBeUndone:
        raise Refused(409, "There is nothing left to undo.") from None
    return _have_done(found)


def _choice(given: BulkRequest) -> Choice:
    return Choice(given.ids or ()) if given.filter is None else Choice(of_list=_grid(given.filter))


def _grid(wanted: CameraQuery) -> GridQuery:
    return GridQuery(
        statuses=tuple(Status(name) for name in wanted.status),
        reasons=wanted.reason,
        search=wanted.q or "",
        groups=wanted.group_id,
        tags=tuple(tag.lower() for tag in wanted.tag),
        is_active=True if wanted.active_only else wanted.is_active,
        is_detecting=wanted.is_detecting,
        in_maintenance=wanted.in_maintenance,
    )


def _agreed(given: BulkRequest) -> starting.Agreed:
    if given.agreed:
        return starting.Agreed(given.agreed.number, given.agreed.digest)
    if given.action == "delete":
        raise Refused(422, NEEDS_AGREEMENT, {"agreed": [NEEDS_AGREEMENT]})
    return starting.Agreed(ANY)


def _have_done(found: BulkAction) -> Answer:
    """Without Redis it does not begin: a worker that took it up hours later would surprise everybody."""
    is_small = progress.progress(found, utc_now()).total <= AT_ONCE
    try:
        bulk_jobs.run_here(found.id) if is_small else bulk_jobs.start(found.id)
    except jobs.QueueAway:
        starting.cancel(found, utc_now())
        raise
    location = {"Location": address("bulk_show", bulk_id=found.id)}
    return Answer(_shape(_load(found.id)), code=200 if is_small else 202, headers=location)


def _load(bulk_id: str) -> BulkAction:
    found = starting.load(bulk_id, current_user)
    if found is None:
        raise Refused(404, "There is no such action, or it is not yours to see.")
    return found


def _shape(found: BulkAction) -> dict[str, Any]:
    said = progress.progress(found, utc_now())
    left = [{"camera_id": row.camera_id, "name": row.name, "problem": row.problem} for row in progress.left(found)]
    names = {"changed": "changed", "already": "already", "left": "left", "undone": "undone", "waiting": ""}
    return {
        "id": found.id,
        "state": str(found.state),
        "action": found.action,
        "total": said.total,
        **{name: said.results[result] for name, result in names.items()},
        "digest": None,
        "reasons": {},
        "left_cameras": left,
        "can_be_undone": said.can_be_undone,
        "createdAt": moment(found.created_at),
        "finished_at": found.finished_at and moment(found.finished_at),
    }


def _tried(given: BulkRequest, found: Preview) -> dict[str, Any]:
    numbers = {"total": found.total, "changed": found.will, "already": found.already, "left": found.left.total()}
    return {
        "id": None,
        "state": "dry_run",
        "action": given.action,
        **numbers,
        "undone": 0,
        "waiting": 0,
        "digest": found.digest,
        "reasons": dict(found.left),
        "left_cameras": [],
        "can_be_undone": False,
        "createdAt": None,
        "finished_at": None,
    }
