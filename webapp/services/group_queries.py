"""What queries over cameras know of the tree: which groups a word names, where detection is on, how a path sorts."""

from __future__ import annotations

import re

from sqlalchemy import CTE, ColumnElement, Select, func, literal, select

from ..extensions import db
from ..models import CameraGroup
from .inheritance import defaults
from .rights import Scope


def beneath_named(word: str, scope: Scope) -> Select[tuple[str]]:
    """Ids of the groups in whose path, or in a location on it, the word occurs.

    Only as far as the scope covers that path: a name above it is nothing to be found out letter by letter.
    """
    text = CameraGroup.name + "\n" + func.coalesce(CameraGroup.location, "")
    named = select(CameraGroup.id.label("id")).where(text.regexp_match(f"(?i){re.escape(word)}"), *_covered(scope))
    below = named.cte(recursive=True)
    below = below.union(select(CameraGroup.id).where(CameraGroup.parent_id == below.c.id))
    return select(below.c.id)


def detecting() -> Select[tuple[str]]:
    """Ids of the groups whose cameras detect unless they say otherwise: services.inheritance's rule in SQL."""
    default = literal(defaults()["enable_detection"])
    top = select(CameraGroup.id.label("id"), func.coalesce(CameraGroup.enable_detection, default).label("value"))
    settled = top.where(CameraGroup.parent_id.is_(None)).cte(recursive=True)
    inherited = select(CameraGroup.id, func.coalesce(CameraGroup.enable_detection, settled.c.value))
    settled = settled.union_all(inherited.where(CameraGroup.parent_id == settled.c.id))
    return select(settled.c.id).where(settled.c.value)


def beginning(head: str, scope: Scope) -> list[str]:
    """Ids of the groups whose id begins so: one as a rule, and never more than two."""
    query = select(CameraGroup.id).where(CameraGroup.id.startswith(head, autoescape=True), *_covered(scope))
    return list(db.session.scalars(query.limit(2)))


def paths(scope: Scope) -> CTE:
    """Group `id` → `path`, by which cameras sort as the tree that the scope covers does."""
    top = select(CameraGroup.id.label("id"), func.lower(CameraGroup.name).label("path"))
    way = top.where(_is_top(scope), *_covered(scope)).cte(recursive=True)
    below = select(CameraGroup.id, way.c.path + "\n" + func.lower(CameraGroup.name))
    return way.union_all(below.where(CameraGroup.parent_id == way.c.id))


def _covered(scope: Scope) -> list[ColumnElement[bool]]:
    return [] if scope.group_ids is None else [CameraGroup.id.in_(scope.group_ids)]


def _is_top(scope: Scope) -> ColumnElement[bool]:
    is_root = CameraGroup.parent_id.is_(None)
    return is_root if scope.group_ids is None else is_root | CameraGroup.parent_id.not_in(scope.group_ids)
