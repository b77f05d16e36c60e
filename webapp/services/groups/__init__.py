"""The group tree: read with honest roll-ups, and changed so that it stays a tree and nothing in it gets lost."""

from __future__ import annotations

from .changes import DeletedMeanwhile, EditedMeanwhile, create, is_movable, load, move, update
from .nodes import RETIRED, Counts, GroupNode, GroupTree, tree
from .paths import KnownPaths, Path, ensure_path, ensure_paths, known_paths
from .removal import Holdings, Removed, delete, what_it_holds
from .structure import MAX_DEPTH

__all__ = [
    "MAX_DEPTH",
    "RETIRED",
    "Counts",
    "DeletedMeanwhile",
    "EditedMeanwhile",
    "GroupNode",
    "GroupTree",
    "Holdings",
    "KnownPaths",
    "Path",
    "Removed",
    "create",
    "delete",
    "ensure_path",
    "ensure_paths",
    "is_movable",
    "known_paths",
    "load",
    "move",
    "tree",
    "update",
    "what_it_holds",
]
