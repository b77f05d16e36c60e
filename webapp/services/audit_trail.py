"""Reading the audit: filtered, a page at a time or streamed, told to whoever reads with what that person may know."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select, tuple_

from ..extensions import db
from ..models import AuditEntry, Camera, User
from ..video.stream_url import stream_address
from . import audit_words, group_paths
from .audit_words import Change
from .rights import Scope

PAGE_SIZE = 50
CHUNK = 1000
NOBODY = "camkeeper"
"""Stands for a person's id in a filter: what Camkeeper did by itself, or somebody who was not signed in."""
GROUPS = frozenset({"group", "group_id", "parent", "parent_id"})
"""Fields that hold the path of a group."""
URLS = frozenset({"rtsp_url", "sub_rtsp_url"})
HIDDEN = "●●●"


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; what is empty does not narrow. `until` is exclusive. `action` is a whole one, such as
    camera.update, or a noun, such as camera."""

    person: str = ""
    action: str = ""
    camera_id: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom entries are told to. Only an auditor learns e-mail and network addresses, and of cameras that are gone; only
    those who may change a camera see the paths of its URLs."""

    scope: Scope
    zone: tzinfo = UTC
    is_auditor: bool = False
    may_write: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it is shown."""

    id: str
    at: datetime
    who: str
    email: str
    address: str
    action: str
    """noun.verb; `audit_words.act` says it in words."""
    subject: str
    camera_id: str | None
    camera_is_there: bool
    changes: list[Change]
    is_new: bool
    """There was nothing before: the changes say what is, not what became of what."""

    @property
    def act(self) -> str:
        return audit_words.act(self.action)


@dataclass(frozen=True, slots=True)
class Page:
    lines: list[Line]
    newer: str | None
    """The entry that the page before this one ends at, if there is such a page."""
    older: str | None


class NoSuchEntry(LookupError):
    """The entry from which to go on does not exist."""


def find(wanted: AuditFilter, reader: Reader, before: str = "", after: str = "", size: int = PAGE_SIZE) -> Page:
    """The newest entries; with the id of an entry those that come `before` or `after` it. NoSuchEntry when that is
    none.
    """
    query: Select[Any] = select(AuditEntry).where(*_conditions(wanted, reader.scope))
    if after:
        query = query.where(_order() > _place_of(after)).order_by(AuditEntry.at, AuditEntry.id)
    else:
        query = _newest_first(query.where(_order() < _place_of(before)) if before else query)
    found = list(db.session.scalars(query.limit(size + 1)))
    there_is_more, found = len(found) > size, found[:size]
    if after:
        found.reverse()
    newer, older = (there_is_more, bool(found)) if after else (bool(before and found), there_is_more)
    lines = tell(found, reader)
    return Page(lines, found[0].id if newer else None, found[-1].id if older else None)


def each(wanted: AuditFilter, reader: Reader) -> Iterator[Line]:
    """All that match, newest first, in a transaction of its own for every CHUNK of them."""
    last: AuditEntry | None = None
    while True:
        query: Select[Any] = select(AuditEntry).where(*_conditions(wanted, reader.scope))
        if last is not None:
            query = query.where(_order() < tuple_(last.at, last.id))
        found = list(db.session.scalars(_newest_first(query).limit(CHUNK)))
        lines = tell(found, reader)
        db.session.commit()  # of nothing: whoever downloads slowly must not hold a transaction open meanwhile
        yield from lines
        if len(found) < CHUNK:
            return
        last = found[-1]


def people() -> list[User]:
    """Everybody whose acts can be asked for."""
    return list(db.session.scalars(select(User).order_by(func.lower(User.email))))


def actions() -> list[str]:
    """Every action there is an entry of: as many steps along the index as there are actions, however many entries."""
    step = select(func.min(AuditEntry.action).label("action")).cte("step", recursive=True)
    following = select(func.min(AuditEntry.action)).where(AuditEntry.action > step.c.action).scalar_subquery()
    step = step.union_all(select(following).where(step.c.action.is_not(None)))
    return list(db.session.scalars(select(step.c.action).where(step.c.action.is_not(None))))


def _order() -> Any:
    return tuple_(AuditEntry.at, AuditEntry.id)


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())


def _place_of(entry_id: str) -> Any:
    found = db.session.execute(select(AuditEntry.at, AuditEntry.id).where(AuditEntry.id == entry_id)).first()
    if found is None:
        raise NoSuchEntry(entry_id)
    return tuple_(found.at, found.id)


def _conditions(wanted: AuditFilter, scope: Scope) -> list[ColumnElement[bool]]:
    conditions = _said(wanted)
    if not scope.is_everything:
        conditions.append(AuditEntry.camera_id.in_(select(Camera.id).where(*scope.conditions())))
    if wanted.action:
        conditions.append(AuditEntry.action.in_(_meant_by(wanted.action)))
    return conditions + [_mentions(word) for word in wanted.search.split()[:8]]


def _said(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.person:
        person = None if wanted.person == NOBODY else wanted.person
        conditions.append(AuditEntry.user_id.is_(None) if person is None else AuditEntry.user_id == person)
    if wanted.camera_id:
        conditions.append(AuditEntry.camera_id == wanted.camera_id)
    if wanted.since:
        conditions.append(AuditEntry.at >= wanted.since)
    if wanted.until:
        conditions.append(AuditEntry.at < wanted.until)
    return conditions


def _meant_by(action: str) -> Sequence[str]:
    return [action] if "." in action else [known for known in actions() if known.startswith(f"{action}.")]


def _mentions(word: str) -> ColumnElement[bool]:
    as_stored = json.dumps(word)[1:-1]
    texts = (AuditEntry.subject, AuditEntry.actor, AuditEntry.address)
    found = [column.icontains(word, autoescape=True) for column in texts]
    return or_(*found, cast(AuditEntry.changes, Text).icontains(as_stored, autoescape=True))


def tell(entries: Sequence[AuditEntry], reader: Reader) -> list[Line]:
    """Two queries, however many entries; a third for who sees not every group."""
    names = _names(entries)
    there = _still_there(entries)
    groups = None if reader.scope.is_everything else _known_groups(reader.scope)
    return [_line(entry, reader, names, there, groups) for entry in entries]


def _names(entries: Sequence[AuditEntry]) -> dict[str, str]:
    ids = {entry.user_id for entry in entries if entry.user_id}
    return {user.id: user.display_name for user in db.session.scalars(select(User).where(User.id.in_(ids)))}


def _still_there(entries: Sequence[AuditEntry]) -> set[str]:
    ids = {entry.camera_id for entry in entries if entry.camera_id}
    return set(db.session.scalars(select(Camera.id).where(Camera.id.in_(ids))))


def _known_groups(scope: Scope) -> dict[str, str]:
    """A path from the top, as entries keep it → what the reader sees of it."""
    seen = group_paths.read(scope)
    return {
        group_paths.told(path): group_paths.told(seen[group_id])
        for group_id, path in group_paths.read().items()
        if group_id in seen
    }


def _line(
    entry: AuditEntry, reader: Reader, names: Mapping[str, str], there: set[str], groups: Mapping[str, str] | None
) -> Line:
    changes = {name: [_for(reader, groups, name, value) for value in pair] for name, pair in entry.changes.items()}
    return Line(
        id=entry.id,
        at=entry.at,
        who=names.get(entry.user_id or "") or entry.actor.split("@")[0],
        email=entry.actor if reader.is_auditor and entry.user_id else "",
        address=entry.address or "" if reader.is_auditor else "",
        action=entry.action,
        subject=entry.subject,
        camera_id=entry.camera_id,
        camera_is_there=entry.camera_id in there,
        changes=audit_words.told(changes, reader.zone),
        is_new=all(before is None for before, _ in changes.values()),
    )


def _for(reader: Reader, groups: Mapping[str, str] | None, name: str, value: Any) -> Any:
    """The value as far as the reader may know it."""
    if groups is not None and name in GROUPS and value is not None:
        return groups.get(value, "a group you do not see")
    if reader.may_write or value is None:
        return value
    return stream_address(value) if name in URLS else HIDDEN if name == "username" else value
