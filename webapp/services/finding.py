"""Cameras found: filtered, searched and sorted, as pages, as ids, or streamed."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, case, func, literal, or_, select, tuple_, type_coerce

from ..extensions import db
from ..models import Camera, Status
from ..outcomes import Outcome
from ..video.quality.finding import Finding
from . import group_queries, shown
from .inheritance import defaults
from .rights import Scope

MAX_PAGE_SIZE = 240
CameraQuery = Select[Camera]
ToldCamera = Camera | Row[Any]
"""A camera, or what rows() reads of one."""
MOST_WORDS = 8
_UNTOLD = ("image_memory", "flips", "slow_checks", "phases", "claimed_until", "tried_at", "failures", "auth_failures")
_TOLD = [column for column in Camera.__table__.columns if column.name not in _UNTOLD]
HEAD_LENGTH = 13
"""Characters of an id that tell a camera from its neighbours on a page: 48 random bits and a hyphen."""


@dataclass(frozen=True, slots=True)
class CameraFilter:
    """What a list shows, of what its reader may see. Of several values of one kind any is enough; None is any."""

    scope: Scope
    statuses: tuple[Status, ...] = ()
    reasons: tuple[Outcome | Finding, ...] = ()
    """Of the last check, our own faults included, or in the picture."""
    search: str = ""
    group_ids: tuple[str, ...] | None = None
    tags: tuple[str, ...] = ()
    is_active: bool | None = None
    is_detecting: bool | None = None
    """The value that holds for the camera, its own or inherited."""
    in_maintenance: bool | None = None
    sort: str = "worst"
    """A key of KEYS; with a hyphen before it backwards."""


@dataclass(frozen=True, slots=True)
class Page:
    cameras: list[Camera]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.total / self.size))


def find(wanted: CameraFilter, number: int, size: int, now: datetime, total: int | None = None) -> Page:
    """One numbered page of cameras; `total` spares a query when the caller has counted the matches already."""
    size = min(max(size, 1), MAX_PAGE_SIZE)
    if total is None:
        total = count(wanted, now)
    number = min(max(number, 1), max(1, math.ceil(total / size)))
    query = select(Camera).where(*conditions(wanted, now)).limit(size).offset((number - 1) * size)
    return Page(list(db.session.scalars(_sorted(query, wanted, now))), number, size, total)


def rows(wanted: CameraFilter, number: int, size: int, now: datetime) -> list[Row[Any]]:
    """One numbered page, empty after the last one: what is told of cameras, without what only the next check needs.

    Plain rows, for lists of hundreds that nobody changes.
    """
    query: Any = select(*_TOLD).where(*conditions(wanted, now)).limit(size).offset((number - 1) * size)
    return list(db.session.execute(_sorted(query, wanted, now)))


def count(wanted: CameraFilter, now: datetime) -> int:
    return db.session.scalar(select(func.count(Camera.id)).where(*conditions(wanted, now))) or 0


def count_by_status(wanted: CameraFilter, now: datetime) -> Counter[str]:
    """Shown status → how many cameras match."""
    status = shown.shown_status_sql(now).label("status")
    number = func.count(Camera.id).label("number")
    query = select(status, number).where(*conditions(wanted, now)).group_by(status)
    return Counter({row.status: row.number for row in db.session.execute(query)})


def ids(wanted: CameraFilter, now: datetime) -> list[str]:
    """Every camera that matches, by name."""
    return list(db.session.scalars(select(Camera.id).where(*conditions(wanted, now)).order_by(*BY_NAME)))


def each(wanted: CameraFilter, now: datetime, size: int = 500) -> Iterator[list[Camera]]:
    """Every camera that matches, by name, `size` at a time: one that stays is given once, whatever else changes."""
    query = select(Camera).where(*conditions(wanted, now)).order_by(*BY_NAME).limit(size)
    batch = list(db.session.scalars(query))
    while batch:
        yield batch
        last = tuple_(func.lower(literal(batch[-1].name)), literal(batch[-1].id))
        batch = list(db.session.scalars(query.where(tuple_(*BY_NAME) > last))) if len(batch) == size else []


def by_ids(ids: list[str], scope: Scope) -> list[Camera]:
    return list(db.session.scalars(select(Camera).where(Camera.id.in_(ids), *scope.conditions())))


def matching(wanted: CameraFilter, ids: list[str], now: datetime) -> set[str]:
    """Those of `ids` that the filter still shows."""
    query = select(Camera.id).where(Camera.id.in_(ids), *conditions(wanted, now))
    return set(db.session.scalars(query))


def beginning_with(heads: Collection[str], scope: Scope) -> list[Camera]:
    """The cameras whose id begins with one of these, each HEAD_LENGTH characters long."""
    return list(db.session.scalars(select(Camera).where(_begins_with(heads), *scope.conditions())))


def beginning(head: str, scope: Scope) -> list[Camera]:
    """The cameras whose id begins so: one as a rule, and never more than two."""
    query = select(Camera).where(Camera.id.startswith(head, autoescape=True), *scope.conditions())
    return list(db.session.scalars(query.limit(2)))


def beyond(wanted: CameraFilter, heads: Collection[str], now: datetime) -> tuple[int, int]:
    """How many cameras match besides those whose id begins with `heads`, and how many of them have problems."""
    status = shown.shown_status_sql(now)
    problems = func.count(case((status.in_([Status.OFFLINE, Status.DEGRADED]), 1)))
    query = select(func.count(Camera.id), problems).where(~_begins_with(heads), *conditions(wanted, now))
    total, worse = db.session.execute(query).one()
    return total, worse


def cells(wanted: CameraFilter, now: datetime) -> list[Row[Any]]:
    """(id, name, status, group_id) of every camera that matches, by name."""
    return list(db.session.execute(_cells(now).where(*conditions(wanted, now))))


def changed_cells(scope: Scope, since: datetime, now: datetime, limit: int) -> list[Row[Any]]:
    """The same of cameras that may look different since a moment, whatever filter they match."""
    changed = or_(Camera.status_since >= since, Camera.updated_at >= since, shown.turned_between_sql(since, now))
    return list(db.session.execute(_cells(now).where(changed, *scope.conditions()).limit(limit)))


def _cells(now: datetime) -> Select[str, str, str, str | None]:
    status = shown.shown_status_sql(now).label("status")
    return select(Camera.id, Camera.name, status, Camera.group_id).order_by(*BY_NAME)


def shared_heads(scope: Scope, length: int) -> set[str]:
    """The beginnings of ids, so long, that more than one camera has."""
    head = func.substr(Camera.id, 1, length)
    return set(db.session.scalars(select(head).where(*scope.conditions()).group_by(head).having(func.count() > 1)))


def known_tags(scope: Scope) -> list[str]:
    """Every tag that some camera of the scope has."""
    found = db.session.scalars(select(Camera.tags).where(Camera.tags != (), *scope.conditions()).distinct())
    return sorted({tag for tags in found for tag in tags})


def _begins_with(heads: Collection[str]) -> ColumnElement[bool]:
    return func.substr(Camera.id, 1, HEAD_LENGTH).in_(heads)


def conditions(wanted: CameraFilter, now: datetime) -> list[ColumnElement[bool]]:
    found = wanted.scope.conditions()
    if wanted.statuses:
        found.append(shown.shown_status_sql(now).in_([status.value for status in wanted.statuses]))
    if wanted.reasons:
        found.append(_has_a_reason(wanted.reasons))
    if wanted.group_ids is not None:
        found.append(Camera.group_id.in_(wanted.group_ids))
    if wanted.tags:
        found.append(or_(*(_TAGS.contains(f"|{tag}|", autoescape=True) for tag in wanted.tags)))
    found += _switches(wanted, now)
    return found + [_contains(word, wanted.scope) for word in list(dict.fromkeys(wanted.search.split()))[:MOST_WORDS]]


def _has_a_reason(reasons: Collection[Outcome | Finding]) -> ColumnElement[bool]:
    of_the_check = _REASON.in_([reason.value for reason in reasons if isinstance(reason, Outcome)])
    in_the_picture = [reason for reason in reasons if isinstance(reason, Finding)]
    return or_(of_the_check, *(_FINDINGS.contains(f"|{finding}|", autoescape=True) for finding in in_the_picture))


def _switches(wanted: CameraFilter, now: datetime) -> list[ColumnElement[bool]]:
    rests = func.coalesce(Camera.maintenance_until > now, False)
    conditions: list[ColumnElement[bool]] = []
    if wanted.is_active is not None:
        conditions.append(Camera.is_active.is_(wanted.is_active))
    if wanted.in_maintenance is not None:
        conditions.append(rests.is_(wanted.in_maintenance))
    if wanted.is_detecting is not None:
        conditions.append(_detects().is_(wanted.is_detecting))
    return conditions


def _detects() -> ColumnElement[bool]:
    return case(
        (Camera.enable_detection.is_not(None), Camera.enable_detection),
        (Camera.group_id.is_(None), literal(defaults()["enable_detection"])),
        else_=Camera.group_id.in_(group_queries.detecting()),
    )


_REASON = case((Camera.fault.is_not(None), literal(Outcome.INTERNAL_ERROR.value)), else_=Camera.outcome)
_TAGS = type_coerce(Camera.tags, Text)
_FINDINGS = type_coerce(Camera.findings, Text)
_SEARCHED = (Camera.rtsp_url, Camera.name, Camera.code, Camera.location, Camera.vendor, Camera.model, _TAGS)


def _contains(word: str, scope: Scope) -> ColumnElement[bool]:
    """A regular expression, because SQLite's LIKE knows upper and lower case of ASCII alone.

    Of the address host and port alone: a path may hold a secret, which whoever may only look could find out letter by
    letter.
    """
    text: ColumnElement[str] = func.coalesce(_SEARCHED[0], "")
    for column in _SEARCHED[1:]:
        text = text + "\n" + func.coalesce(column, "")
    pattern = rf"(?is)^([a-z]+://[^/?\n]*|[^\n]*\n.*){re.escape(word)}"
    return or_(text.regexp_match(pattern), Camera.group_id.in_(group_queries.beneath_named(word, scope)))


BY_NAME = (func.lower(Camera.name), Camera.id)
COLUMNS = {
    "changed": Camera.status_since,
    "name": func.lower(Camera.name),
    "code": func.lower(Camera.code),
    "checked": Camera.checked_at,
}
KEYS = frozenset({"worst", "group", *COLUMNS})
"""What cameras can be sorted by."""


def _sorted(query: CameraQuery, wanted: CameraFilter, now: datetime) -> CameraQuery:
    """By the key, unknown values last; then by the latest change where severities are equal, then by name."""
    key = wanted.sort.removeprefix("-")
    column: Any = shown.severity_sql(now) if key == "worst" else COLUMNS.get(key)
    if key == "group":
        path = group_queries.paths(wanted.scope)
        query, column = query.outerjoin(path, path.c.id == Camera.group_id), path.c.path
    backwards = wanted.sort.startswith("-") != (key == "changed")
    ties = (Camera.status_since.desc(), *BY_NAME) if key == "worst" else BY_NAME
    return query.order_by(column.is_(None), column.desc() if backwards else column, *ties)
