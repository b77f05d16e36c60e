"""The group tree: nodes with honest roll-ups, the way down to one, everything below one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.exc import IntegrityError

from ..extensions import db, transaction
from ..models import Camera, CameraGroup, Status
from ..schemas import GroupInput, InvalidInput
from .shown import patience, shown_status_sql

Counts = Counter[str]
"""Shown status → number of cameras."""

RETIRED = frozenset({Status.DISABLED})


@dataclass(slots=True)
class GroupNode:
    """A group with what lies beneath it; `counts` covers the whole sub-tree."""

    id: str
    name: str
    location: str | None
    parent_id: str | None
    depth: int = 0
    children: list[GroupNode] = field(default_factory=list)
    counts: Counts = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Cameras that count: the disabled ones do not."""
        return sum(n for status, n in self.counts.items() if status not in RETIRED)

    def walk(self) -> Iterator[GroupNode]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True)
class GroupTree:
    """All groups and the counts of the whole fleet, read with two queries."""

    roots: list[GroupNode]
    nodes: dict[str, GroupNode]
    counts: Counts
    turns_at: datetime | None = None
    """The earliest moment at which a camera's shown status changes by the passing of time alone."""

    @property
    def total(self) -> int:
        return sum(n for status, n in self.counts.items() if status not in RETIRED)

    @property
    def digest(self) -> str:
        """Differs as soon as a group or a count does: what an open page compares."""
        parts = [(n.id, n.name, n.parent_id, *sorted(n.counts.items())) for n in self.flat()]
        return hashlib.sha256(repr((sorted(self.counts.items()), parts)).encode()).hexdigest()[:10]

    def subtree_ids(self, group_id: str) -> list[str]:
        node = self.nodes.get(group_id)
        return [n.id for n in node.walk()] if node else []

    def path(self, group_id: str | None) -> list[GroupNode]:
        """From the top down to the group itself; empty for no group."""
        way: list[GroupNode] = []
        while group_id in self.nodes and len(way) <= len(self.nodes):
            way.append(self.nodes[group_id])
            group_id = way[-1].parent_id
        return way[::-1]

    def flat(self) -> Iterator[GroupNode]:
        """Every group in the order of the tree, for menus."""
        for root in self.roots:
            yield from root.walk()


def tree(now: datetime) -> GroupTree:
    groups = db.session.execute(
        select(CameraGroup.id, CameraGroup.name, CameraGroup.location, CameraGroup.parent_id)
    ).all()
    nodes = {g.id: GroupNode(g.id, g.name, g.location, g.parent_id) for g in groups}
    roots: list[GroupNode] = []
    for node in sorted(nodes.values(), key=lambda n: n.name.casefold()):
        siblings = nodes[node.parent_id].children if node.parent_id in nodes else roots
        siblings.append(node)
    fleet: Counts = Counter()
    turning: list[datetime] = []
    for row in _count_by_group(now):
        fleet[row.status] += row.number
        if row.group_id in nodes:
            nodes[row.group_id].counts[row.status] += row.number
        turning += _turning(row)
    for root in roots:
        _roll_up(root, 0)
    return GroupTree(roots, nodes, fleet, min(turning, default=None))


def _count_by_group(now: datetime) -> list[Row[Any]]:
    status = shown_status_sql(now).label("status")
    query = select(
        Camera.group_id,
        status,
        func.count().label("number"),
        func.min(Camera.next_due_at).label("due_at"),
        func.min(Camera.maintenance_until).label("maintenance_until"),
    )
    return list(db.session.execute(query.group_by(Camera.group_id, status)))


def _turning(row: Row[Any]) -> list[datetime]:
    """When the first camera of this group and status will be shown differently though nobody touched it."""
    if row.status == Status.MAINTENANCE:
        return [row.maintenance_until]
    if row.status in (Status.DISABLED, Status.UNKNOWN):
        return []
    return [row.due_at + patience()]


def _roll_up(node: GroupNode, depth: int) -> Counts:
    node.depth = depth
    for child in node.children:
        node.counts += _roll_up(child, depth + 1)
    return node.counts


def create(given: GroupInput) -> CameraGroup:
    if given.parent_id and db.session.get(CameraGroup, given.parent_id) is None:
        raise InvalidInput({"parent_id": ["This group does not exist any more; choose another."]})
    group = CameraGroup(name=given.name, location=given.location, parent_id=given.parent_id)
    try:
        with transaction():
            db.session.add(group)
    except IntegrityError:
        raise InvalidInput({"name": ["There is a group of this name here already."]}) from None
    return group


def ensure_path(names: tuple[str, ...]) -> CameraGroup | None:
    """The group at the end of `names`, from the top; the missing ones are created."""
    group: CameraGroup | None = None
    for name in names:
        parent_id = group.id if group else None
        found = db.session.scalar(select(CameraGroup).filter_by(name=name, parent_id=parent_id))
        group = found or create(GroupInput(name=name, parent_id=parent_id))
    return group
