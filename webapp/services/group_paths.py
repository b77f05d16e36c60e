"""Groups as people say them: the names from the top down, with an arrowhead between them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import select

from ..extensions import db
from ..models import CameraGroup
from .rights import EVERYTHING, Scope

Path = tuple[str, ...]
"""Names from the top down to the group itself."""
BETWEEN = " › "
TYPED_BETWEEN = re.compile(r"\s*[›>]\s*")


def read(scope: Scope = EVERYTHING) -> dict[str, Path]:
    """Group id → path, with one query. What the scope does not cover is left out, also at the beginning of a path."""
    rows = db.session.execute(select(CameraGroup.id, CameraGroup.name, CameraGroup.parent_id))
    known = {group_id: (name, parent_id) for group_id, name, parent_id in rows if scope.covers(group_id)}
    return {group_id: _way(group_id, known) for group_id in known}


def _way(group_id: str | None, known: Mapping[str, tuple[str, str | None]]) -> Path:
    names: list[str] = []
    while group_id is not None and group_id in known and len(names) < len(known):
        name, group_id = known[group_id]
        names.append(name)
    return tuple(reversed(names))


def told(path: Path) -> str:
    return BETWEEN.join(path)


def find(text: str, paths: Mapping[str, Path]) -> str | None:
    """The id of the group whose path somebody wrote, with the sign of BETWEEN or with > between the names.

    None when there is none, and when it could be either of two because a name holds such a sign itself.
    """
    wanted = _comparable(text)
    found = [group_id for group_id, path in paths.items() if _comparable(told(path)) == wanted]
    return found[0] if len(found) == 1 else None


def _comparable(text: str) -> str:
    return TYPED_BETWEEN.sub(BETWEEN, text.strip())
