"""How the filters of the grid read: a chip for each that is set, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..models import Status
from ..schemas import REASONS
from ..services.grid import GridQuery
from ..services.groups import GroupTree
from .grid_address import SWITCHES, YES_NO, link, yes_or_no

SWITCH_WORDS = {
    "active": ("Checked", "Switched off"),
    "detection": ("Detection on", "Detection off"),
    "maintenance": ("In maintenance", "Not in maintenance"),
}
"""For yes and for no."""
SWITCH_LABELS = {"active": "Checks", "detection": "Detection", "maintenance": "Maintenance"}


class Chip(NamedTuple):
    name: str
    """The parameter it stands for."""
    words: str
    without: str
    """The address without this filter."""


def chips(query: GridQuery, tree: GroupTree) -> list[Chip]:
    """The filters that are set, besides the statuses, which have chips of their own."""
    return [*_search(query), *_groups(query, tree), *_lists(query), *_switches(query)]


def _search(query: GridQuery) -> Iterator[Chip]:
    if query.search:
        yield Chip("q", f"“{query.search}”", link(query, search=""))


def _groups(query: GridQuery, tree: GroupTree) -> Iterator[Chip]:
    for group_id in query.groups:
        name = tree.nodes[group_id].name if group_id in tree.nodes else "one that is gone"
        rest = tuple(other for other in query.groups if other != group_id)
        yield Chip("group", f"Group: {name}", link(query, groups=rest))


def _lists(query: GridQuery) -> Iterator[Chip]:
    for reason in query.reasons:
        rest = tuple(other for other in query.reasons if other is not reason)
        yield Chip("reason", f"Reason: {reason.short}", link(query, reasons=rest))
    for tag in query.tags:
        yield Chip("tag", f"Tag: {tag}", link(query, tags=tuple(other for other in query.tags if other != tag)))


def _switches(query: GridQuery) -> Iterator[Chip]:
    for name, field in SWITCHES.items():
        value = getattr(query, field)
        if value is not None:
            yield Chip(name, SWITCH_WORDS[name][not value], link(query, **{field: None}))


class Choice(NamedTuple):
    """One field of the filter menu."""

    name: str
    label: str
    options: list[tuple[str, str]]
    chosen: str = ""
    """Lists begin empty: what is chosen comes on top of what is set already."""


def choices(query: GridQuery, tree: GroupTree) -> list[Choice]:
    """What there is to filter by; of the groups those right beneath, because the tree leads to all others."""
    inner = tree.nodes[query.group_id].children if query.group_id in tree.nodes else tree.roots
    lists = [
        Choice("reason", "Reason", [(name, reason.short) for name, reason in REASONS.items()]),
        Choice("group", "Group", [(node.id, node.name) for node in inner]),
    ]
    return [choice for choice in lists if choice.options] + [_switch(query, name) for name in SWITCHES]


def _switch(query: GridQuery, name: str) -> Choice:
    options = list(zip(YES_NO, SWITCH_WORDS[name], strict=True))
    return Choice(name, SWITCH_LABELS[name], options, yes_or_no(getattr(query, SWITCHES[name])))


def all_dropped(query: GridQuery) -> str:
    """The address without any filter."""
    nothing = {"statuses": (), "reasons": (), "search": "", "groups": (), "tags": ()}
    return link(query, **nothing, **dict.fromkeys(SWITCHES.values()))


def only_problems(query: GridQuery) -> str:
    return link(query, statuses=(Status.OFFLINE, Status.DEGRADED, Status.UNKNOWN))
