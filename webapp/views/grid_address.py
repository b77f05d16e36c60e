"""The address of a page of the grid: read from a query string, written back into links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import abort, current_app, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from ..access import ID
from ..models import Status
from ..schemas import REASONS
from ..services.finding import KEYS, MAX_PAGE_SIZE
from ..services.grid import GridQuery, Watch
from .typed import one_line

SIZES = (60, 120, 240)
SORTS = {
    "worst": "Worst first",
    "changed": "Changed last",
    "name": "By name",
    "code": "By code",
    "group": "By group",
    "checked": "Longest unchecked",
}
VIEWS = {"tiles": "Tiles", "matrix": "Matrix", "table": "Table"}
SWITCHES = {"active": "is_active", "detection": "is_detecting", "maintenance": "in_maintenance"}
"""Parameters that are yes or no."""
YES_NO = {"yes": True, "no": False}
HEADS = re.compile(rf"([A-Za-z0-9_-]{{8}}){{0,{MAX_PAGE_SIZE}}}")
LONGEST_SEARCH, LONGEST_TAG = 100, 40
MOST_GROUPS, MOST_TAGS = 8, 5
"""They keep the address of a poll, which carries all of this too, below the 8 KB that web servers accept."""


def read(args: MultiDict[str, str], group_id: str | None = None) -> GridQuery:
    """What cannot be read is taken as not said: an old link still opens."""
    said = args.to_dict()  # a look-up that finds nothing costs a MultiDict an exception, and a poll makes many
    sort, view, size = said.get("sort", ""), said.get("view", ""), _whole(said.get("size", ""))
    switches = {field: _switch(args.getlist(name)) for name, field in SWITCHES.items()}
    return GridQuery(
        statuses=tuple(Status(name) for name in _known(args.getlist("status"), Status)),
        reasons=tuple(REASONS[name] for name in _known(args.getlist("reason"), REASONS)),
        search=one_line(said.get("q", ""), LONGEST_SEARCH),
        group_id=group_id,
        groups=tuple(id for id in dict.fromkeys(args.getlist("group")) if ID.fullmatch(id))[:MOST_GROUPS],
        tags=_tags(args.getlist("tag")),
        sort=sort if sort.removeprefix("-") in KEYS and sort != "-" else "worst",
        view=view if view in VIEWS else "tiles",
        number=max(1, min(_whole(said.get("page", "")), 1_000_000)),
        size=size if size in SIZES else SIZES[0],
        **switches,
    )


def _whole(text: str) -> int:
    """0 for what is no whole number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _known(said: list[str], names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(said) if name in set(names)]


def _tags(said: list[str]) -> tuple[str, ...]:
    tags = dict.fromkeys(one_line(tag, LONGEST_TAG).lower() for tag in said)
    return tuple(tag for tag in tags if tag and "|" not in tag)[:MOST_TAGS]


def _switch(said: list[str]) -> bool | None:
    """Both at once are none."""
    found = {YES_NO[word] for word in said if word in YES_NO}
    return found.pop() if len(found) == 1 else None


def parse(address: str) -> GridQuery | None:
    """The page of the grid at a path with its query string; None when there is none at this address."""
    try:
        parts = urlsplit(address)
        path = parts.path.removeprefix(request.script_root)
        endpoint, values = current_app.url_map.bind("").match(path, "GET")
    except (HTTPException, ValueError):
        return None
    if parts.scheme or parts.netloc or endpoint not in ("cameras.index", "groups.show"):
        return None
    return read(MultiDict(parse_qsl(parts.query)), values.get("group_id"))


def write(query: GridQuery) -> dict[str, Any]:
    """What differs from the plain page, as arguments of url_for; the group is part of the path."""
    said = {
        "status": [status.value for status in query.statuses],
        "reason": [reason.value for reason in query.reasons],
        "q": query.search,
        "group": list(query.groups),
        "tag": list(query.tags),
        **{name: yes_or_no(getattr(query, field)) for name, field in SWITCHES.items()},
        "sort": query.sort if query.sort != "worst" else "",
        "view": query.view if query.view != "tiles" else "",
        "page": query.number if query.number > 1 else "",
        "size": query.size if query.size != SIZES[0] else "",
    }
    return {name: value for name, value in said.items() if value}


def yes_or_no(switch: bool | None) -> str:
    return "" if switch is None else "yes" if switch else "no"


def hidden(query: GridQuery, *but: str) -> list[tuple[str, str]]:
    """What a GET form has to carry along besides its own fields; it begins on the first page."""
    pairs = ((name, value) for name, value in write(query).items() if name not in ("page", *but))
    return [(name, str(one)) for name, value in pairs for one in (value if isinstance(value, list) else [value])]


def link(query: GridQuery, **changed: Any) -> str:
    """The address of the grid as `query` with some of it changed; another filter begins on its first page."""
    wanted = replace(query, **({"number": 1} | changed))
    return home(wanted, **write(wanted))


def home(query: GridQuery | None, **arguments: Any) -> str:
    """Where the grid of the query's own group, or of the fleet, lives."""
    if query and query.group_id:
        return url_for("groups.show", group_id=query.group_id, **arguments)
    return url_for("cameras.index", **arguments)


def toggled(query: GridQuery, status: Status) -> str:
    """The address with one status chip pressed or released."""
    rest = tuple(other for other in query.statuses if other is not status)
    return link(query, statuses=rest if status in query.statuses else (*query.statuses, status))


def sorted_by(query: GridQuery, key: str) -> str:
    """The address that sorts by a column, or backwards by the column that it sorts by already."""
    return link(query, sort=f"-{key}" if query.sort == key else key)


def poll(query: GridQuery, watch: Watch) -> str:
    return url_for("live.grid", within=query.group_id, **write(query), **carried(watch))


def poll_frame(watch: Watch) -> str:
    return url_for("live.frame", **carried(watch))


def poll_status(watch: Watch) -> str:
    return url_for("live.status", **carried(watch))


def poll_camera(camera_id: str, watch: Watch, **extra: Any) -> str:
    return url_for("live.camera", camera_id=camera_id, **carried(watch), **extra)


def carried(watch: Watch) -> dict[str, Any]:
    return {name: value for name, value in asdict(watch).items() if value}


def read_watch(args: MultiDict[str, str]) -> Watch:
    """What poll() wrote; 400 when it is not that."""
    said = args.to_dict()
    try:
        return Watch(
            since=_number(said.get("since", "0")),
            stale_at=_number(said.get("stale_at", "0")),
            counts=said.get("counts", "")[:20],
            banner=said.get("banner", "")[:20],
            heads=_heads(said.get("heads", "")),
            elsewhere=_number(said.get("elsewhere", "0")),
            worse=_number(said.get("worse", "0")),
            told=_number(said.get("told", "0")),
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
