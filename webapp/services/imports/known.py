"""What is stored already that some rows of a file may mean: cameras by code, URL and name, groups by path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select

from ...extensions import db
from ...models import Camera
from ..group_paths import Path
from ..groups import KnownPaths, known_paths
from ..rights import Scope
from .candidates import Candidate

cameras = Camera.__table__.c
COLUMNS = [
    column for column in cameras if column.name not in ("phases", "picture_hash", "picture_at", "fault", "detail")
]


@dataclass(slots=True)
class Known:
    """The stored cameras that have something in common with a chunk of rows, and every group of the person's."""

    scope: Scope
    paths: KnownPaths
    ids: dict[str, Path]
    """Group → its path."""
    cameras: list[Row[Any]]
    """Also those outside of the scope: their codes are taken, too."""
    codes: dict[str, Row[Any]] = field(default_factory=dict)
    urls: defaultdict[str, list[Row[Any]]] = field(default_factory=lambda: defaultdict(list))
    names: defaultdict[str, list[Row[Any]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for row in self.cameras:
            if row.code:
                self.codes[row.code.lower()] = row
            if self.covers(row):
                self.urls[row.rtsp_url].append(row)
                self.names[row.name].append(row)

    def covers(self, row: Row[Any]) -> bool:
        return self.scope.covers(row.group_id)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Differs as soon as somebody adds, changes or deletes a camera or a group: plans from before do not hold then."""

    number: int
    versions: int
    newest: datetime | None
    groups: Mapping[Path, str]


def stamp(scope: Scope) -> Stamp:
    """Two queries. Checks of cameras leave it as it is."""
    found = select(func.count(), func.coalesce(func.sum(cameras.version), 0), func.max(cameras.created_at))
    number, versions, newest = db.session.execute(found).one()
    return Stamp(number, int(versions), newest, known_paths(scope).ids)


@dataclass(frozen=True, slots=True)
class Marks:
    """By what the stored cameras are found that some rows may mean."""

    codes: frozenset[str]
    urls: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, candidates: Collection[Candidate], by_name: bool) -> Marks:
        coded = [(candidate.code, str(candidate.fields["code"])) for candidate in candidates if candidate.code]
        codes = {form for code, written in coded for form in (code, _ascii_lower(written))}
        urls = {candidate.url for candidate in candidates} - {None}
        names = {candidate.name for candidate in candidates} - {None} if by_name else set[str]()
        return cls(frozenset(codes), frozenset(filter(None, urls)), frozenset(filter(None, names)))

    @property
    def condition(self) -> ColumnElement[bool]:
        found = [func.lower(cameras.code).in_(self.codes), cameras.rtsp_url.in_(self.urls)]
        return or_(*found, *[cameras.name.in_(self.names)] * bool(self.names))


def versions_for(marks: Marks) -> dict[str, int]:
    """Camera → version, of those that `known_for` finds: what plans for these rows were made from. One query."""
    query = select(cameras.id, cameras.version).where(marks.condition)
    return {row.id: row.version for row in db.session.execute(query)}


def known_for(marks: Marks, scope: Scope) -> Known:
    """Two queries."""
    paths = known_paths(scope)
    query = select(*COLUMNS).where(marks.condition)
    return Known(
        scope, paths, {group_id: path for path, group_id in paths.ids.items()}, list(db.session.execute(query))
    )


def _ascii_lower(text: str) -> str:
    """As SQLite's lower() does it; PostgreSQL's knows every letter, as Python does."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in text)
