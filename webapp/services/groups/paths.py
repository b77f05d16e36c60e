"""Groups by their paths, as files and people write them: found, and made where they are missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from ...extensions import db, transaction
from ...models import AuditEntry, CameraGroup, new_id, utc_now
from ...schemas import GroupInput, InvalidInput, parse
from .. import audit, live
from ..group_paths import Path as Path
from ..group_paths import told
from ..rights import EVERYTHING, Scope
from .structure import MAX_DEPTH, Structure, read, read_to_change


@dataclass(frozen=True, slots=True)
class KnownPaths:
    """The groups that somebody may write in, by their paths as that person sees them."""

    ids: Mapping[Path, str]
    ambiguous: frozenset[Path]
    """Paths of two groups: for people whose rights begin at two groups of one name."""
    depths: Mapping[Path, int]
    may_begin_anew: bool
    """Whether a path may begin with a group that is not there yet."""

    def problem(self, path: Path) -> str | None:
        """Why there can be no group of this path, in a sentence; None when there is one, or one can be made."""
        if any(path[:n] in self.ambiguous for n in range(1, len(path) + 1)):
            return f"Two of your groups are called “{path[0]}”. Ask an administrator to rename one of them."
        known = next((n for n in range(len(path), 0, -1) if path[:n] in self.ids), 0)
        if not known and not self.may_begin_anew:
            return f"“{path[0]}” is none of your groups. Begin with one of them{self._such_as()}."
        if self.depths.get(path[:known], 0) + len(path) - known > MAX_DEPTH:
            return f"Groups can lie {MAX_DEPTH} deep at most; shorten the path."
        return next(filter(None, map(_wrong_with, path[known:])), None)

    def _such_as(self) -> str:
        first = min((path for path in self.ids if len(path) == 1), default=None)
        return f", such as “{first[0]}”" if first else ""


def known_paths(scope: Scope) -> KnownPaths:
    """One query."""
    return _known(read(), scope)


def _known(structure: Structure, scope: Scope) -> KnownPaths:
    ids: dict[Path, str] = {}
    depths: dict[Path, int] = {}
    twice = set()
    for group_id in structure.names:
        way = structure.way(group_id)
        seen = next((n for n, step in enumerate(way) if scope.covers(step)), None)
        if seen is None:
            continue
        path = tuple(structure.names[step] for step in way[seen:])  # also what was added since the scope was read
        if path in ids:
            twice.add(path)
        ids[path], depths[path] = group_id, len(way)
    return KnownPaths(ids, frozenset(twice), depths, scope.is_everything)


def _wrong_with(name: str) -> str | None:
    try:
        parse(GroupInput, {"name": name})
    except InvalidInput as error:
        return f"A group cannot be called “{name[:40]}”. {' '.join(error.problems.get('name', []))}"
    return None


def ensure_paths(
    paths: Collection[Path], now: datetime, scope: Scope, given: Mapping[Path, str] | None = None
) -> dict[Path, str]:
    """The id of the group at the end of each path; what is missing on the way is made, with its id of `given`.

    Call it first in a transaction of your own, before any camera is written, and tell open pages after its commit.
    InvalidInput, with nothing made, when one of the paths cannot be.
    """
    known = known_paths(scope)
    if any(path not in known.ids or path in known.ambiguous for path in paths):
        known = _known(read_to_change(), scope)  # somebody may have been faster
        _require_possible(paths, known)
        known = _complete(paths, known, now, given or {})
    return {path: known.ids[path] for path in paths}


def ensure_path(names: Path, now: datetime | None = None) -> CameraGroup | None:
    """The group at the end of `names`, from the top, on behalf of Camkeeper itself."""
    if not names:
        return None
    with transaction():
        found = ensure_paths([names], now or utc_now(), EVERYTHING)
    live.publish([], status_changed=True)
    return db.session.get_one(CameraGroup, found[names])


def _require_possible(paths: Collection[Path], known: KnownPaths) -> None:
    problems = [f"{told(path)[:200]}: {problem}" for path in paths if (problem := known.problem(path))]
    if problems:
        raise InvalidInput({"group": problems})


def _complete(paths: Collection[Path], known: KnownPaths, now: datetime, given: Mapping[Path, str]) -> KnownPaths:
    ids = dict(known.ids)
    wanted = {path[:n] for path in paths for n in range(1, len(path) + 1)}
    missing = sorted(wanted - ids.keys(), key=lambda path: (len(path), path))
    ids |= {path: given.get(path) or new_id() for path in missing}
    if missing:
        rows = [
            {"id": ids[path], "name": path[-1], "parent_id": ids.get(path[:-1]), "created_at": now, "updated_at": now}
            for path in missing
        ]
        db.session.execute(insert(CameraGroup), rows)
        db.session.execute(insert(AuditEntry), [_entry(row, now) for row in rows])
    return KnownPaths(ids, known.ambiguous, known.depths, known.may_begin_anew)


def _entry(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    after = {"name": row["name"], "parent_id": row["parent_id"]}
    return audit.entry("group.create", row["name"], after=after, at=now)
