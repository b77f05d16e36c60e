"""The address of a page of the audit: read from a query string, written back into links."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from ..schemas import InvalidInput
from ..services.audit_trail import AuditFilter
from .typed import one_line
from .wording import own_zone

LENGTHS = {"person": 36, "action": 40, "camera": 36, "q": 100}
DAYS = {"since": 0, "until": 1}
"""The days a filter begins and ends with; the second is still part of it."""


def read(args: MultiDict[str, str]) -> AuditFilter:
    """InvalidInput for a day that is none: a filter that was silently left out would show what nobody asked for."""
    texts = {name: one_line(args.get(name, ""), length) for name, length in LENGTHS.items()}
    problems = {name: [_no_day(args[name])] for name in DAYS if args.get(name) and not _day(args[name])}
    if problems:
        raise InvalidInput(problems)
    days = {name: _begin(args.get(name, ""), later) for name, later in DAYS.items()}
    return AuditFilter(texts["person"], texts["action"], texts["camera"], texts["q"], days["since"], days["until"])


def said(args: MultiDict[str, str]) -> dict[str, str]:
    """What narrows the page, as arguments of url_for: all but the place within it."""
    return {name: args[name] for name in (*LENGTHS, *DAYS) if args.get(name)}


def link(args: MultiDict[str, str], endpoint: str = "audit.index", **changed: Any) -> str:
    """The address with the filter of `args`, and some of it changed; '' takes a part away."""
    return url_for(endpoint, **{name: value for name, value in (said(args) | changed).items() if value})


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _begin(text: str, days_later: int) -> datetime | None:
    """Of the day, where the person who asks is."""
    day = _day(text)
    return datetime.combine(day + timedelta(days=days_later), time(), own_zone() or UTC) if day else None


def _no_day(text: str) -> str:
    return f"“{text[:20]}” is no day. Write it like 2026-11-22."
