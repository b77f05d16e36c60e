"""What a report tells, put together from the lines of its cameras. Pure; the result is plain JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...models import Status
from ..group_paths import told
from ..groups.structure import Structure
from ..outages import Outage
from . import figures
from .figures import Figures
from .periods import Period

WORST = 10
LONGEST = 20
"""Outages that are told of one by one."""
DIRECTLY = "Directly in this group"
WITHOUT_GROUP = "Without a group"


@dataclass(frozen=True, slots=True)
class Line:
    """One camera."""

    id: str
    name: str
    code: str | None
    group_id: str | None
    figures: Figures
    before: Figures
    outages: Sequence[Outage]


@dataclass(frozen=True, slots=True)
class Fault:
    camera_id: str
    finding: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Places:
    """The groups that a report may tell of, as they are called and where its table puts them."""

    known: Mapping[str, str]
    """Group id → its path, from the group the report is about."""
    parts: Mapping[str, str]
    """Group id → the group of the table that it lies in; not there: directly in the group."""
    is_whole: bool
    """About no single group."""

    def part(self, group_id: str | None) -> str:
        """Where a camera is counted; '' is directly here."""
        return self.parts.get(group_id or "", "")


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that was found out."""

    lines: Sequence[Line]
    faults: Sequence[Fault]
    places: Places
    period: Period
    now: datetime


def places(tree: Structure, group_id: str | None, scope: Sequence[str] | None) -> Places:
    """Paths begin at the report's group, or where its maker could begin to see: names above are not told."""
    visible = set(tree.names) if scope is None else set(tree.names) & set(scope)
    if group_id is not None:
        visible &= set(tree.below(group_id)) if group_id in tree.names else set()
    ways = {inner: [step for step in tree.way(inner) if step in visible] for inner in visible}
    known = {inner: told(tuple(tree.names[step] for step in way)) for inner, way in ways.items()}
    depth = 0 if group_id is None else 1
    return Places(known, {inner: way[depth] for inner, way in ways.items() if len(way) > depth}, group_id is None)


def assemble(found: Told) -> dict[str, Any]:
    period = found.period
    return {
        "made_at": found.now.isoformat(),
        "until": min(period.end, found.now).isoformat(),
        "is_over": period.end <= found.now,
        "before_title": period.before.title,
        "cameras": len(found.lines),
        "total": figures.together(line.figures for line in found.lines).plain(),
        "before": figures.together(line.before for line in found.lines).plain(),
        "groups": _groups(found.lines, found.places),
        "worst": [line.id for line in worst(found.lines)],
        "outages": _outages(found),
        "findings": _findings(found.faults),
        "each": [_camera(line, found.places) for line in found.lines],
    }


def worst(lines: Iterable[Line]) -> list[Line]:
    """Those that were down, the least available first."""
    failing = [line for line in lines if line.figures.down > 0]
    return sorted(failing, key=lambda line: (line.figures.uptime, -line.figures.down, line.name))[:WORST]


def _groups(lines: Sequence[Line], there: Places) -> list[dict[str, Any]]:
    """One row for each group beneath, with all that lies in it; what lies in none of them comes last."""
    parts: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        parts[there.part(line.group_id)].append(line)
    rows = [_part(there.known.get(part, ""), part, inner, there) for part, inner in parts.items()]
    return sorted(rows, key=lambda row: (row["id"] is None, row["name"]))


def _part(path: str, part: str, lines: Sequence[Line], there: Places) -> dict[str, Any]:
    rest = WITHOUT_GROUP if there.is_whole else DIRECTLY
    return {
        "id": part or None,
        "name": path if part else rest,
        "cameras": len(lines),
        "figures": figures.together(line.figures for line in lines).plain(),
        "before": figures.together(line.before for line in lines).plain(),
    }


def _camera(line: Line, there: Places) -> dict[str, Any]:
    place = there.known.get(line.group_id or "", "")
    named = {"id": line.id, "name": line.name, "code": line.code, "group": place}
    return named | {"figures": line.figures.plain(), "uptime_before": line.before.plain()["uptime"]}


def _outages(found: Told) -> list[dict[str, Any]]:
    """The longest ones, as much of each as lies in the period."""
    start, end = found.period.start, min(found.period.end, found.now)
    offline = [(line, o) for line in found.lines for o in line.outages if o.severity == Status.OFFLINE]
    rows = [_outage(line, outage, figures.within(outage, start, end, line.figures.down)) for line, outage in offline]
    return sorted(rows, key=lambda row: (-row["seconds"], row["start"]))[:LONGEST]


def _outage(line: Line, outage: Outage, seconds: float) -> dict[str, Any]:
    return {
        "camera_id": line.id,
        "camera": line.name,
        "start": outage.start.isoformat(),
        "end": outage.end.isoformat() if outage.end else None,
        "seconds": round(seconds, 1),
        "reason": outage.reason.value if outage.reason else None,
    }


def _findings(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    by_kind: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_kind[fault.finding].append(fault)
    rows = [
        {
            "finding": kind,
            "times": len(some),
            "cameras": len({fault.camera_id for fault in some}),
            "seconds": round(sum(fault.seconds for fault in some), 1),
        }
        for kind, some in by_kind.items()
    ]
    return sorted(rows, key=lambda row: (-row["cameras"], row["finding"]))
