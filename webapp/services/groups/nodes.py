"""The group tree as somebody sees it: nodes with honest roll-ups, the way down to one, everything below one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, func, select

from ...extensions import db
from ...models import Camera, CameraGroup, Status
from ..problem_queries import needs_attention, next_end_of_mute
from ..rights import Scope
from ..shown import patience, shown_status_sql

NODE_COLUMNS = (
    CameraGroup.id,
    CameraGroup.name,
    CameraGroup.location,
    CameraGroup.parent_id,
    CameraGroup.enable_detection,
    CameraGroup.detection_sensitivity,
    CameraGroup.check_interval_seconds,
    CameraGroup.image_sensitivity,
    CameraGroup.retention_days,
    CameraGroup.version,
)

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
    enable_detection: bool | None = None
    detection_sensitivity: float | None = None
    check_interval_seconds: int | None = None
    image_sensitivity: str | None = None
    retention_days: int | None = None
    version: int = 1
    is_visible: bool = True
    """Whether who looks may see it; other groups may still hand settings down to it."""
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
    problems: int = 0
    """Open ones that nobody has acknowledged or muted."""
    unseen: dict[str, GroupNode] = field(default_factory=dict)
    """The groups that may not be seen, without their names: some of them lie above those that may."""

    @property
    def total(self) -> int:
        return sum(n for status, n in self.counts.items() if status not in RETIRED)

    @property
    def digest(self) -> str:
        """Differs as soon as a group or a count does: what an open page compares."""
        parts = [(n.id, n.version, n.name, n.parent_id, *sorted(n.counts.items())) for n in self.flat()]
        return hashlib.sha256(repr((sorted(self.counts.items()), self.problems, parts)).encode()).hexdigest()[:10]

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

    def handing_down(self, group_id: str | None) -> list[GroupNode]:
        """As path(), from the very top: also the unseen groups hand their settings down."""
        known = self.unseen | self.nodes
        way: list[GroupNode] = []
        while group_id in known and len(way) < len(known):
            way.append(known[group_id])
            group_id = way[-1].parent_id
        return way[::-1]

    def flat(self) -> Iterator[GroupNode]:
        """Every group in the order of the tree, for menus."""
        for root in self.roots:
            yield from root.walk()


def tree(now: datetime, scope: Scope) -> GroupTree:
    """What `scope` covers of it: a group whose parent it does not cover stands at the top."""
    found = {row.id: GroupNode(*row) for row in db.session.execute(select(*NODE_COLUMNS))}
    nodes = {group_id: node for group_id, node in found.items() if scope.covers(group_id)}
    unseen = {group_id: _veiled(node) for group_id, node in found.items() if group_id not in nodes}
    roots: list[GroupNode] = []
    for node in sorted(nodes.values(), key=lambda n: n.name.casefold()):
        siblings = nodes[node.parent_id].children if node.parent_id in nodes else roots
        siblings.append(node)
    fleet: Counts = Counter()
    turning: list[datetime] = []
    problems = 0
    waits = patience()
    for row in _count_by_group(now, scope):
        fleet[row.status] += row.number
        if row.group_id in nodes:
            nodes[row.group_id].counts[row.status] += row.number
        problems += row.problems
        turning += _turning(row, waits)
    for root in roots:
        _roll_up(root, 0)
    return GroupTree(roots, nodes, fleet, min(turning, default=None), problems, unseen)


def _veiled(node: GroupNode) -> GroupNode:
    return replace(node, name="a group above yours", location=None, is_visible=False)


def _count_by_group(now: datetime, scope: Scope) -> list[Row[Any]]:
    status = shown_status_sql(now).label("status")
    query = select(
        Camera.group_id,
        status,
        func.count().label("number"),
        func.min(Camera.next_due_at).label("due_at"),
        func.min(Camera.maintenance_until).label("maintenance_until"),
        func.count(case((needs_attention(now), 1))).label("problems"),
        next_end_of_mute(now).label("mute_ends_at"),
    )
    return list(db.session.execute(query.where(*scope.conditions()).group_by(Camera.group_id, status)))


def _turning(row: Row[Any], waits: timedelta) -> list[datetime]:
    """When the first camera of this group and status will be shown differently though nobody touched it."""
    ends = [row.mute_ends_at] if row.mute_ends_at else []
    if row.status == Status.MAINTENANCE:
        return [row.maintenance_until, *ends]
    if row.status in (Status.DISABLED, Status.UNKNOWN):
        return ends
    return [row.due_at + waits, *ends]


def _roll_up(node: GroupNode, depth: int) -> Counts:
    node.depth = depth
    for child in node.children:
        node.counts += _roll_up(child, depth + 1)
    return node.counts
