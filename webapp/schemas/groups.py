"""Groups of the tree: making, moving and removing them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from .cameras import HandedDown
from .contract import Contract, Line, OptionalId, OptionalLine, clean

TOP = "top"
"""The top of the group tree, where a form must tell it from nothing chosen."""


def chosen(value: Any) -> Any:
    if value is None:
        raise ValueError("Please choose a place.")
    return value


class GroupInput(HandedDown):
    """A group of the tree; `parent_id` None puts it at the top."""

    name: Line
    location: OptionalLine = None
    parent_id: OptionalId = None
    version: int | None = None
    """The version that was edited; a save on top of a newer one is refused."""


class GroupMove(Contract):
    """Where a group is to hang: in `parent_id`, or with TOP at the top of the tree."""

    parent_id: Annotated[str, BeforeValidator(chosen), BeforeValidator(clean)]


class GroupRemoval(Contract):
    """Where what a deleted group holds goes: to a group, or with TOP to the top of the tree; None is not said.

    Sub-groups are kept and move there too, or they are dissolved and only their cameras do.
    """

    target_id: OptionalId = None
    subgroups: Literal["keep", "dissolve"] = "keep"
