"""How the children of a group fared, a row for each: sub-groups counted as a whole, cameras one by one, worst first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from ..extensions import db
from ..models import Camera, Status
from . import availability, status_counts, timeline
from .availability import Availability
from .groups import GroupNode, GroupTree
from .rights import Scope
from .shown import shown_status
from .status_counts import Counted
from .time_axis import Axis, Cells
from .timeline import Interval

ROWS = 100
"""On a page."""
MOST_CHANGES = 200
"""A camera with more of them is drawn in cells, so that no page reads more than twenty thousand."""


class Child(NamedTuple):
    """A row before anything is drawn of it."""

    id: str
    name: str
    node: GroupNode | None
    """None for a camera."""
    counted: Counted
    """Of a group in the cells of the page, of a camera as a whole."""
    seconds: dict[str, float]

    @property
    def badness(self) -> tuple[float, float, float, str]:
        """What was down longest comes first, then what was degraded, then what was not known, then by name."""
        total = sum(self.seconds.values()) or 1
        parts = (self.seconds.get(status, 0) / total for status in (Status.OFFLINE, Status.DEGRADED, Status.UNKNOWN))
        down, degraded, unknown = parts
        return -down, -degraded, -unknown, self.name.casefold()


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    name: str
    status: Status | None
    """Of a camera, now."""
    node: GroupNode | None
    share: Availability
    seconds: dict[str, float]
    intervals: list[Interval] | None
    cells: list[dict[str, float]]
    """Instead of intervals."""


@dataclass(frozen=True, slots=True)
class GroupTimeline:
    rows: list[Row]
    number: int
    total: int
    share: Availability
    """Of all the children together."""

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.total / ROWS))


def open_timeline(
    tree: GroupTree, group_id: str | None, axis: Axis, number: int, scope: Scope, now: datetime
) -> GroupTimeline:
    """Of a group that the tree holds, or of the fleet; a fixed number of queries."""
    children = sorted(_children(tree, group_id, axis, scope, now), key=lambda child: child.badness)
    number = min(max(number, 1), max(1, math.ceil(len(children) / ROWS)))
    rows = _rows(children[(number - 1) * ROWS : number * ROWS], axis, now)
    seconds: Counter[str] = Counter()
    for child in children:
        seconds.update(child.seconds)
    return GroupTimeline(rows, number, len(children), availability.of_seconds(seconds))


def _children(tree: GroupTree, group_id: str | None, axis: Axis, scope: Scope, now: datetime) -> list[Child]:
    nodes = tree.nodes[group_id].children if group_id else tree.roots
    whole = Cells(axis.start, axis.end - axis.start, axis.start, axis.end)
    groups = status_counts.count(status_counts.of_groups([node.id for node in nodes], scope), axis.cells(), now)
    here = [Camera.group_id == group_id if group_id else Camera.group_id.is_(None), *scope.conditions()]
    cameras = status_counts.count(status_counts.of_cameras(*here), whole, now)
    found = [_child(node.id, node.name, node, groups.get(node.id)) for node in nodes]
    names = db.session.execute(select(Camera.id, Camera.name).where(*here))
    return found + [_child(camera_id, name, None, cameras.get(camera_id)) for camera_id, name in names]


def _child(child_id: str, name: str, node: GroupNode | None, counted: Counted | None) -> Child:
    counted = counted or Counted()
    return Child(child_id, name, node, counted, counted.total())


def _rows(children: Sequence[Child], axis: Axis, now: datetime) -> list[Row]:
    counted = {child.id: child.counted for child in children if child.node}
    busy = [child.id for child in children if not child.node and child.counted.changes > MOST_CHANGES]
    calm = [child.id for child in children if not child.node and child.counted.changes <= MOST_CHANGES]
    if busy:
        counted |= status_counts.count(status_counts.of_cameras(Camera.id.in_(busy)), axis.cells(), now)
    cameras = _by_id([*calm, *busy])
    strips = timeline.spans([cameras[id] for id in calm if id in cameras], axis.start, axis.end, now)
    return [_row(child, cameras.get(child.id), strips, counted, now) for child in children]


def _row(
    child: Child,
    camera: Camera | None,
    strips: dict[str, list[Interval]],
    counted: dict[str, Counted],
    now: datetime,
) -> Row:
    return Row(
        id=child.id,
        name=child.name,
        status=shown_status(camera, now) if camera else None,
        node=child.node,
        share=availability.of_seconds(child.seconds),
        seconds=child.seconds,
        intervals=strips.get(child.id),
        cells=counted[child.id].cells if child.id in counted else [],
    )


def _by_id(ids: Collection[str]) -> dict[str, Camera]:
    return {camera.id: camera for camera in db.session.scalars(select(Camera).where(Camera.id.in_(ids)))}
