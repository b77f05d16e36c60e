"""What somebody may mean who has typed a few letters: the first groups and cameras that match."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select

from ..extensions import db
from ..models import Camera
from . import finding, group_paths
from .finding import CameraFilter
from .group_paths import Path, told
from .rights import Scope

CAMERAS, GROUPS = 8, 4


@dataclass(frozen=True, slots=True)
class Suggestions:
    text: str
    cameras: list[Camera]
    total: int
    """How many cameras match."""
    groups: list[tuple[str, Path]]
    """(id, path)."""
    paths: dict[str, Path]
    """Group id → path, of every group that may be seen."""


def suggest(text: str, scope: Scope, now: datetime) -> Suggestions:
    """Cameras with this code or this beginning of a name come first; two queries."""
    paths = group_paths.read(scope)
    if not text:
        return Suggestions(text, [], 0, [], paths)
    wanted = CameraFilter(scope, search=text)
    best_first = (_rank(text), *finding.BY_NAME)
    query = select(Camera, func.count().over()).where(*finding.conditions(wanted, now)).order_by(*best_first)
    found = db.session.execute(query.limit(CAMERAS)).all()
    total = found[0][1] if found else 0
    return Suggestions(text, [camera for camera, _ in found], total, _groups(text, paths), paths)


def _rank(text: str) -> ColumnElement[int]:
    is_code = func.lower(Camera.code) == text.lower()
    begins = Camera.name.istartswith(text, autoescape=True)
    return case((is_code, 0), (begins, 1), else_=2)


def _groups(text: str, paths: dict[str, Path]) -> list[tuple[str, Path]]:
    """Those whose path has every word, and whose own name has one of them: not everything beneath a group named so."""
    words = text.casefold().split()
    found = [(group_id, path) for group_id, path in paths.items() if _names(path, words)]
    return sorted(found, key=lambda pair: (not pair[1][-1].casefold().startswith(words[0]), len(pair[1]), pair[1]))[
        :GROUPS
    ]


def _names(path: Path, words: list[str]) -> bool:
    own, whole = path[-1].casefold(), told(path).casefold()
    return all(word in whole for word in words) and any(word in own for word in words)
