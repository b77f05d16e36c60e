"""The fleet as a whole: its summary, cameras from a file, cameras as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from flask import Response, stream_with_context
from flask_login import current_user
from typing_extensions import TypedDict
from werkzeug.wrappers import Response as AnyResponse

from jobs import imports as import_jobs
from jobs import work_on_import

from .. import access, guessing
from ..extensions import limiter
from ..models import Import, Status, WorkState, utc_now
from ..schemas import (
    CameraFileInput,
    CameraQuery,
    ExportInput,
    ExportQuery,
    ExportWithPasswords,
)
from ..services import exports, groups, live
from ..services.finding import CameraFilter
from ..services.imports import drafts, showing
from . import cameras, identity
from .answers import Answer, Refused, moment
from .import_shapes import Imported, imported
from .imports import EXAMPLE, options_of
from .operations import operation
from .shapes import address

AT_ONCE = 200
"""Rows for which somebody waits; more are done by a worker."""
TYPES = {"csv": "text/csv", "json": "application/json"}
NOT_IN_AN_ADDRESS = (
    "Passwords leave only with your own, which must not stand in an address: "
    'POST {"format": "csv", "password": "your own"} to this address instead.'
)


class Sweep(TypedDict):
    """Whether checks are made at all."""

    last_results_at: datetime | None
    heartbeat_at: datetime | None
    stale_since: datetime | None
    """Set when no sweep finishes any more: no status is newer than this."""


class Summary(TypedDict):
    total: int
    active: int
    inactive: int
    groups: int
    by_status: dict[str, int]
    sweep: Sweep


@operation("GET", "/cameras/summary", "cameras:read", answer=Summary)
def summary() -> Answer:
    """Count the cameras by status, and say whether the sweep lives."""
    now = utc_now()
    tree, lives = groups.tree(now, access.scope("cameras:read")), live.sweep_state(now)
    counts = {status.value: tree.counts.get(status.value, 0) for status in Status}
    moments = {"last_results_at": lives.done_at, "heartbeat_at": lives.heartbeat_at, "stale_since": lives.stale_since}
    total = tree.counts.total()
    told = {"total": total, "active": tree.total, "inactive": total - tree.total, "groups": len(tree.nodes)}
    sweep = {name: at and moment(at) for name, at in moments.items()}
    return Answer({**told, "by_status": counts, "sweep": sweep})


@operation(
    "POST",
    "/cameras/import",
    "cameras:write",
    body=CameraFileInput,
    answer=Imported,
    codes=(202, 503),
    is_repeatable=True,
    example=EXAMPLE | {"skip_duplicates": True},
)
def import_(given: CameraFileInput) -> Answer:
    """Import cameras from a CSV or JSON file. The columns are recognised by their headings.

    Rows that cannot be stored are left out and told of. Of more than 200 rows the answer is 202, and Location says
    where to follow the import.
    """
    now = utc_now()
    made = drafts.create(current_user, f"cameras.{given.format}", given.content, now)
    drafts.start_check(made, options_of(made, given), access.scope("cameras:write"), now)
    is_small = drafts.found_of(made).rows <= AT_ONCE
    import_jobs.check_and_apply(made.id) if is_small else work_on_import(made.id, "check_and_apply")
    return _told(made.id)


def _told(import_id: str) -> Answer:
    found: Import = showing.load(import_id, current_user, sees_all=False) or _gone()
    if found.state == WorkState.DRAFT and found.problem:
        raise Refused(422, found.problem)
    location = address("imports_show", import_id=found.id)
    is_done = found.state in (WorkState.DONE, WorkState.CHECKED)
    return Answer(imported(found, utc_now()), code=200 if is_done else 202, headers={"Location": location})


def _gone() -> Import:
    raise Refused(404, "This import was deleted meanwhile.")


@operation("GET", "/cameras/export", "cameras:read", query=ExportQuery, answer="text/csv", codes=(400, 403))
def export(query: ExportQuery) -> AnyResponse:
    """Export cameras as CSV or JSON, without passwords."""
    if query.include_credentials:
        identity.require("cameras:credentials")
        raise Refused(400, NOT_IN_AN_ADDRESS)
    given = ExportInput(format=query.format)
    text = exports.start(_wanted(query, "cameras:read"), given, _said(query), utc_now(), access.scope("cameras:write"))
    return _file(text, given)


@operation(
    "POST",
    "/cameras/export",
    "cameras:credentials",
    body=ExportWithPasswords,
    answer="text/csv",
    codes=(403,),
    example={"format": "csv", "include_credentials": True, "password": "your own"},
)
@limiter.limit("5/minute", key_func=identity.whoever_asks, deduct_when=guessing.has_failed)
def export_with_passwords(given: ExportWithPasswords) -> AnyResponse:
    """Export cameras with their passwords; it takes your own password besides the right cameras:credentials."""
    if not given.include_credentials:
        raise Refused(400, "For an export without passwords use GET. Say include_credentials: true for one with them.")
    how, wanted = ExportInput(format=given.format), _wanted(given, "cameras:credentials")
    text = exports.start_with_passwords(wanted, how, _said(given), utc_now(), current_user, given.password)
    return _file(text, how)


def _wanted(query: ExportQuery, permission: str) -> CameraFilter:
    return cameras.filter_for(CameraQuery(group_id=(query.group_id,) if query.group_id else ()), permission)


def _said(query: ExportQuery) -> str:
    return urlencode({"group": query.group_id}) if query.group_id else ""


def _file(text: Iterator[str], given: ExportInput) -> Response:
    name = f"camkeeper-cameras-{utc_now():%Y-%m-%d}.{given.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(stream_with_context(text), headers=headers, mimetype=TYPES[given.format])
