"""Who hangs in whom: the bare tree that changes are judged by, and the turn to change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select, text

from ...extensions import db, settings
from ...models import CameraGroup
from ..group_paths import told

MAX_DEPTH = 20
"""Levels of groups: more than any site has, and few enough to draw."""


@dataclass(frozen=True)
class Structure:
    """Every group's name and parent, by id."""

    names: dict[str, str]
    parents: dict[str, str | None]

    @cached_property
    def children(self) -> Mapping[str | None, list[str]]:
        found: defaultdict[str | None, list[str]] = defaultdict(list)
        for group_id, parent_id in self.parents.items():
            found[parent_id].append(group_id)
        return found

    def way(self, group_id: str | None) -> list[str]:
        """From the top down to the group itself; empty for no group."""
        way: list[str] = []
        while group_id in self.parents and group_id not in way:
            way.append(group_id)
            group_id = self.parents[group_id]
        return way[::-1]

    def path(self, group_id: str | None) -> str | None:
        """As people read it; None is the top of the tree."""
        return told(tuple(self.names[step] for step in self.way(group_id))) or None

    def below(self, group_id: str) -> list[str]:
        """The group and all its sub-groups, parents before children."""
        found = [group_id]
        for inner in found:
            found += [child for child in self.children.get(inner, ()) if child not in found]
        return found

    def height(self, group_id: str) -> int:
        """Levels from the group down to its deepest sub-group, itself included."""
        above = len(self.way(group_id)) - 1
        return max(len(self.way(inner)) for inner in self.below(group_id)) - above

    def sibling(self, name: str, parent_id: str | None, but: str | None = None) -> str | None:
        """The group of this name in `parent_id`, other than `but`."""
        found = (id for id in self.children.get(parent_id, ()) if self.names[id] == name and id != but)
        return next(found, None)


def read() -> Structure:
    rows = db.session.execute(select(CameraGroup.id, CameraGroup.name, CameraGroup.parent_id)).all()
    return Structure({row.id: row.name for row in rows}, {row.id: row.parent_id for row in rows})


def read_to_change() -> Structure:
    """Until our transaction ends nobody else changes the tree: two moves, each right by itself, may make a circle."""
    if not settings.is_embedded:  # on SQLite whoever writes is alone anyway
        db.session.execute(text("LOCK TABLE camera_groups IN SHARE ROW EXCLUSIVE MODE"))
    return read()
