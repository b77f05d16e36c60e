"""The address of a timeline: which range, read from a query string and written back into links."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import request
from werkzeug.datastructures import MultiDict

from ..schemas import InvalidInput
from ..services.time_axis import DAY, MINUTE, RANGES, Axis
from .wording import own_zone

USUAL = "24h"
WORDS = {"1h": "1 h", "24h": "24 h", "7d": "7 d", "30d": "30 d", "90d": "90 d"}
SPOKEN = {"1h": "last hour", "24h": "last 24 hours", "7d": "last 7 days", "30d": "last 30 days", "90d": "last 90 days"}
LONGEST = 400 * DAY
PATTERN = "%Y-%m-%dT%H:%M"
"""As browsers send date and time; what cannot be read is told, never left out."""


def read(args: MultiDict[str, str], now: datetime) -> Axis:
    """InvalidInput for a range that is none."""
    if args.get("from") or args.get("to"):
        return _custom(args, now)
    length = RANGES.get(args.get("range", ""), RANGES[USUAL])
    return Axis(now - length, now, zone(args), ends_now=True)


def usual(now: datetime) -> Axis:
    """What is drawn beside the sentence that says what is wrong with a range."""
    return Axis(now - RANGES[USUAL], now, zone(request.args), ends_now=True)


def zone(args: MultiDict[str, str]) -> ZoneInfo:
    """In which times are shown: the person's own, else the one that the address names, else UTC."""
    return own_zone() or _zone_named(args.get("zone", "")) or ZoneInfo("UTC")


def _zone_named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name.isascii() and 0 < len(name) < 100 else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        return None


def _custom(args: MultiDict[str, str], now: datetime) -> Axis:
    """Both ends are part of it: of an hour that comes twice it takes the first at its start, the second at its end."""
    written_in = _zone_named(args.get("zone", "")) or zone(args)
    start, end = (_moment(args, name, written_in, fold) for fold, name in enumerate(("from", "to")))
    if start >= end:
        raise InvalidInput({"to": ["The end must come after the beginning."]})
    if start >= now - MINUTE:
        raise InvalidInput({"from": ["This lies in the future. Choose a beginning that has passed."]})
    if end - start > LONGEST:
        raise InvalidInput({"from": [f"Choose at most {LONGEST.days} days at once."]})
    return Axis(start, min(end, now), zone(args), ends_now=end >= now)


def _moment(args: MultiDict[str, str], name: str, zone: ZoneInfo, fold: int) -> datetime:
    text = args.get(name, "")[:16]
    try:
        found = datetime.strptime(text, PATTERN)
    except ValueError:
        raise InvalidInput({name: ["Write date and time like 2026-11-22T07:30."]}) from None
    if not 2000 <= found.year < 2200:
        raise InvalidInput({name: ["Choose a year from 2000 to 2199."]})
    return found.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def written(moment: datetime, axis: Axis) -> str:
    """As a field for date and time wants it."""
    return axis.local(moment).strftime(PATTERN)


def chosen(args: MultiDict[str, str]) -> str:
    """Which of RANGES; '' for one of one's own."""
    if args.get("from") or args.get("to"):
        return ""
    return args["range"] if args.get("range") in RANGES else USUAL


def said(args: MultiDict[str, str]) -> dict[str, str]:
    """The range of a page as arguments of url_for, for links to the same range elsewhere."""
    range_ = {"range": chosen(args)} if chosen(args) else {name: args.get(name, "")[:16] for name in ("from", "to")}
    return range_ | ({"zone": args["zone"][:100]} if args.get("zone") else {})


def around(axis: Axis, start: datetime, end: datetime) -> dict[str, Any]:
    """A range in which an interval stands well: with a quarter of its length, and at least five minutes, about it."""
    margin = max((end - start) / 4, 5 * MINUTE)
    moments = {"from": written(start - margin, axis), "to": written(end + margin, axis)}
    return moments | {"zone": str(axis.zone)}
