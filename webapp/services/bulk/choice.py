"""Which cameras somebody chose for a bulk action: those they ticked, or all that a list shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from ...extensions import db
from ...models import Camera
from .. import finding, groups
from ..grid import GridQuery, NoSuchGroup, filter_of
from ..inheritance import HANDED_DOWN
from ..rights import Scope

LOOKED_AT = (
    "id",
    "name",
    "group_id",
    "tags",
    "is_active",
    "maintenance_until",
    *HANDED_DOWN,
)
"""What of a camera decides what an action does with it."""

Looked = Row[Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """Either ids or a list; of the list all that it shows, on whatever page."""

    ids: tuple[str, ...] = ()
    of_list: GridQuery | None = None


def look(choice: Choice, sight: Scope, now: datetime) -> list[Looked]:
    """The chosen cameras that the person may see, in the order of their ids."""
    columns = [getattr(Camera, name) for name in LOOKED_AT]
    chosen = Camera.id.in_(_ids(choice, sight, now))
    return list(db.session.execute(select(*columns).where(chosen, *sight.conditions()).order_by(Camera.id)))


def _ids(choice: Choice, sight: Scope, now: datetime) -> Sequence[str]:
    if choice.of_list is None:
        return choice.ids
    tree = groups.tree(now, sight) if choice.of_list.needs_tree else None
    try:
        return finding.ids(filter_of(choice.of_list, tree, sight), now)
    except NoSuchGroup:
        return ()
