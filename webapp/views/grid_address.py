"""The address of a page of the grid: read from a query string, written back into links."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import Any

from flask import abort, url_for
from werkzeug.datastructures import MultiDict

from ..models import Status
from ..services.cameras import MAX_PAGE_SIZE
from ..services.grid import GridQuery, Watch

SIZES = (60, 120, 240)
SORTS = {"worst": "Worst first", "changed": "Changed last", "name": "By name"}
HEADS = re.compile(rf"([A-Za-z0-9_-]{{8}}){{0,{MAX_PAGE_SIZE}}}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""PostgreSQL takes no NUL in a text, and nobody can type the others."""
LONGEST_SEARCH = 100
"""Keeps the address of a poll, which carries it too, below what web servers accept."""


def read(args: MultiDict[str, str], group_id: str | None = None) -> GridQuery:
    """What cannot be read is taken as not said: an old link still opens."""
    known = {status.value for status in Status}
    sort, size = args.get("sort", ""), args.get("size", 0, int)
    return GridQuery(
        statuses=tuple(Status(name) for name in dict.fromkeys(args.getlist("status")) if name in known),
        search=CONTROL.sub("", args.get("q", "")).strip()[:LONGEST_SEARCH],
        group_id=group_id,
        sort=sort if sort in SORTS else "worst",
        number=max(1, min(args.get("page", 1, int), 1_000_000)),
        size=size if size in SIZES else SIZES[0],
    )


def write(query: GridQuery) -> dict[str, Any]:
    """What differs from the plain page, as arguments of url_for; the group is part of the path."""
    said = {
        "status": [status.value for status in query.statuses],
        "q": query.search,
        "sort": query.sort if query.sort != "worst" else "",
        "page": query.number if query.number > 1 else "",
        "size": query.size if query.size != SIZES[0] else "",
    }
    return {name: value for name, value in said.items() if value}


def link(query: GridQuery, **changed: Any) -> str:
    """The address of the grid as `query` with some of it changed; another filter begins on its first page."""
    wanted = replace(query, **({"number": 1} | changed))
    if wanted.group_id:
        return url_for("groups.show", group_id=wanted.group_id, **write(wanted))
    return url_for("cameras.index", **write(wanted))


def toggled(query: GridQuery, status: Status) -> str:
    """The address with one status chip pressed or released."""
    rest = tuple(other for other in query.statuses if other is not status)
    return link(query, statuses=rest if status in query.statuses else (*query.statuses, status))


def poll(query: GridQuery, watch: Watch) -> str:
    return url_for("live.grid", group=query.group_id, **write(query), **_carried(watch))


def poll_frame(watch: Watch) -> str:
    return url_for("live.frame", **_carried(watch))


def poll_camera(camera_id: str, watch: Watch, **extra: Any) -> str:
    return url_for("live.camera", camera_id=camera_id, **_carried(watch), **extra)


def _carried(watch: Watch) -> dict[str, Any]:
    return {name: value for name, value in asdict(watch).items() if value}


def read_watch(args: MultiDict[str, str]) -> Watch:
    """What poll() wrote; 400 when it is not that."""
    try:
        return Watch(
            since=_number(args.get("since", "0")),
            stale_at=_number(args.get("stale_at", "0")),
            counts=args.get("counts", "")[:20],
            banner=args.get("banner", "")[:20],
            heads=_heads(args.get("heads", "")),
            elsewhere=_number(args.get("elsewhere", "0")),
            worse=_number(args.get("worse", "0")),
        )
    except ValueError:
        abort(400)


def _heads(text: str) -> str:
    if not HEADS.fullmatch(text):
        raise ValueError("these are no packed ids")
    return text


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise ValueError("no number")
    return int(text)
