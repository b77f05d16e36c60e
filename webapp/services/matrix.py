"""The whole fleet at a glance: one small cell for each camera, in rows by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row

from . import finding
from .groups import RETIRED, Counts, GroupNode, GroupTree
from .rights import Scope

KEY_LENGTH = 6
"""Characters of an id in a cell's link: 5,000 whole ids would be most of the page."""


class Cell(NamedTuple):
    key: str
    """How the camera's id begins, and no other's that the reader may see; else the whole id."""
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """The cameras that hang in a group itself, by name; none of a group that only leads to others."""

    group: GroupNode | None
    key: str
    """How the group's id begins, as with cells."""
    cells: list[Cell]
    counts: Counts

    @property
    def total(self) -> int:
        return sum(n for status, n in self.counts.items() if status not in RETIRED)


def rows(found: Sequence[Row[Any]], tree: GroupTree, scope: Scope) -> list[MatrixRow]:
    """What finding.cells() found, in the order of the tree; cameras without a group come last."""
    by_group: defaultdict[str | None, list[Cell]] = defaultdict(list)
    for row, cell in zip(found, cells(found, scope), strict=True):
        by_group[row.group_id].append(cell)
    shown = {node.id for group_id in by_group for node in tree.path(group_id)}
    heads = Counter(group_id[:KEY_LENGTH] for group_id in tree.nodes)
    shared = {head for head, number in heads.items() if number > 1}
    ordered = [_row(node, _key(node.id, shared), by_group[node.id]) for node in tree.flat() if node.id in shown]
    return [*ordered, _row(None, "", by_group[None])] if None in by_group else ordered


def cells(found: Sequence[Row[Any]], scope: Scope) -> list[Cell]:
    shared = finding.shared_heads(scope, KEY_LENGTH)
    return [Cell(_key(row.id, shared), row.name, row.status) for row in found]


def _key(whole: str, shared: set[str]) -> str:
    head = whole[:KEY_LENGTH]
    return whole if head in shared else head


def _row(group: GroupNode | None, key: str, cells: list[Cell]) -> MatrixRow:
    return MatrixRow(group, key, cells, Counter(cell.status for cell in cells))
