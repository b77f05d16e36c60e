"""Timelines: of a camera in lanes, of a group or the fleet in rows, each for any range of time."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response

from .. import access
from ..models import utc_now
from ..schemas import InvalidInput, Problems
from ..services import group_timeline
from ..services.audit_trail import Reader
from ..services.camera_timeline import open_timeline
from ..services.grid import Frame, read_frame
from ..services.reasons import reason_of
from ..services.time_axis import Axis
from . import lanes, timeline_address, timeline_words
from .page import ALL, draw

pages = Blueprint("timelines", __name__)

LATENCY_HEIGHT, FPS_HEIGHT = 46.0, 30.0
MOST_LINKS = 40
"""With more bars nobody wants to go from one to the next by keyboard; the table has them all."""


@pages.get("/cameras/<camera_id>/timeline")
@access.requires("cameras:read")
def camera(camera_id: str) -> Response:
    shown = access.camera_for_read(camera_id)
    now = utc_now()
    axis, problems = _axis(now)
    found = open_timeline(shown, axis, _number(), _reader(shown.group_id, axis), now)
    bars = lanes.bars(found.stays, axis) if len(found.stays) <= lanes.MOST_BARS else []
    drawn: dict[str, Any] = {
        "bars": bars,
        "links": {outage.change_id for outage in found.page.outages} if len(bars) <= MOST_LINKS else set(),
        "stacks": lanes.stacks(lanes.cells_of(found.stays, axis.cells()), axis.cells(), axis),
        "latency": lanes.latency(found.series, axis, LATENCY_HEIGHT),
        "rate": lanes.frame_rate(found.series, axis, FPS_HEIGHT, shown.fps),
    }
    here = partial(url_for, "timelines.camera", camera_id=shown.id)
    place = shown.group_id or ALL
    return _draw("camera", axis, problems, here, camera=shown, found=found, place=place, **drawn)


@pages.get("/groups/<group_id>/timeline")
@access.requires("cameras:read")
def group(group_id: str) -> Response:
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    if group_id not in frame.tree.nodes:
        abort(404)
    return _of_children(frame, group_id, partial(url_for, "timelines.group", group_id=group_id))


@pages.get("/timeline")
@access.requires("cameras:read")
def fleet() -> Response:
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    return _of_children(frame, None, partial(url_for, "timelines.fleet"))


def _of_children(frame: Frame, group_id: str | None, here: Any) -> Response:
    now = utc_now()
    axis, problems = _axis(now)
    found = group_timeline.open_timeline(frame.tree, group_id, axis, _number(), access.scope("cameras:read"), now)
    drawn: dict[str, Any] = {
        "found": found,
        "bars": {row.id: lanes.bars(row.intervals, axis) for row in found.rows if row.intervals is not None},
        "stacks": {row.id: lanes.stacks(row.cells, axis.cells(), axis) for row in found.rows},
    }
    way = frame.tree.path(group_id)
    return _draw("group", axis, problems, here, frame=frame, way=way, place=group_id or ALL, **drawn)


def _axis(now: datetime) -> tuple[Axis, Problems]:
    """The range that was asked for; with a sentence about it when it is none, and then the usual one."""
    try:
        return timeline_address.read(request.args, now), {}
    except InvalidInput as error:
        return timeline_address.usual(now), error.problems


def _draw(name: str, axis: Axis, problems: Problems, here: Any, frame: Frame | None = None, **context: Any) -> Response:
    """`here` gives the address of the same page with another query string."""
    around = {
        "axis": axis,
        "problems": problems,
        "here": here,
        "said": timeline_words.Words(axis),
        "args": request.args,
        "chosen": timeline_address.chosen(request.args),
        "same": timeline_address.said(request.args),
        "RANGES": timeline_address.WORDS,
        "SPOKEN": timeline_address.SPOKEN,
        "around": partial(timeline_address.around, axis),
        "reason_of": reason_of,
        "written": partial(timeline_address.written, axis=axis),
    }
    return draw(f"timelines/{name}.html", 422 if problems else 200, frame, **around, **context)


def _number() -> int:
    return max(1, min(request.args.get("page", 1, type=int), 1_000_000))


def _reader(group_id: str | None, axis: Axis) -> Reader:
    may_write = access.may("cameras:write", group_id)
    return Reader(access.scope("cameras:read"), axis.zone, access.may("audit:read"), may_write)
