"""The address of a page of problems: read from a query string, written back into links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from ..access import ID
from ..models import Status
from ..services.grid import Watch
from ..services.groups import GroupTree
from ..services.outages import PROBLEMS
from ..services.problems import ProblemFilter
from ..services.rights import Scope
from .grid_address import YES_NO, carried, yes_or_no


@dataclass(frozen=True, slots=True)
class ProblemQuery:
    group: str = ""
    severity: Status | None = None
    acknowledged: bool | None = None
    muted: bool | None = None
    number: int = 1

    @property
    def is_filtered(self) -> bool:
        return replace(self, number=1) != ProblemQuery()


def read(args: MultiDict[str, str]) -> ProblemQuery:
    """What cannot be read is taken as not said: an old link still opens."""
    group, severity, number = args.get("group", ""), args.get("severity", ""), args.get("page", "")
    return ProblemQuery(
        group=group if ID.fullmatch(group) else "",
        severity=Status(severity) if severity in PROBLEMS else None,
        acknowledged=YES_NO.get(args.get("acknowledged", "")),
        muted=YES_NO.get(args.get("muted", "")),
        number=int(number) if number.isascii() and number.isdecimal() and len(number) < 7 else 1,
    )


def write(query: ProblemQuery) -> dict[str, Any]:
    said = {
        "group": query.group,
        "severity": query.severity.value if query.severity else "",
        "acknowledged": yes_or_no(query.acknowledged),
        "muted": yes_or_no(query.muted),
        "page": query.number if query.number > 1 else "",
    }
    return {name: value for name, value in said.items() if value}


def link(query: ProblemQuery, **changed: Any) -> str:
    """The address with some of it changed; another filter begins on its first page."""
    return url_for("problems.index", **write(replace(query, **({"number": 1} | changed))))


def poll(query: ProblemQuery, watch: Watch) -> str:
    return url_for("live.problems", **write(query), **carried(watch))


def filter_of(query: ProblemQuery, tree: GroupTree, scope: Scope) -> ProblemFilter:
    """A group that is gone, or that one may not see, holds nothing."""
    groups = tuple(tree.subtree_ids(query.group)) if query.group else None
    return ProblemFilter(scope, groups, query.severity, query.acknowledged, query.muted)
