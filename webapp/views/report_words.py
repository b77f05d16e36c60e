"""How the figures of a report read."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from ..models import WorkState
from ..outcomes import Outcome
from ..services.reasons import finding_named
from ..services.reports.periods import zone_named

KINDS = {"day": "A day", "week": "A week", "month": "A month", "custom": "From … to"}
STATES = {
    WorkState.QUEUED: "Waiting for a worker",
    WorkState.RUNNING: "Being made",
    WorkState.DONE: "Ready",
    WorkState.FAILED: "Could not be made",
}
WELL_MEASURED = 0.95
"""Below this share of the period a report says how much it does not know."""


def words() -> dict[str, Any]:
    named = {"fault": fault, "reason": reason, "share": share, "lasting": lasting, "trend": trend, "moment": moment}
    return named | {"KINDS": KINDS, "STATES": STATES, "WELL_MEASURED": WELL_MEASURED}


def share(value: float | None) -> str:
    """99.95 %, cut and not rounded: what is not all is never shown as 100 %. A dash where nothing was measured."""
    return "–" if value is None else f"{math.floor(value * 10_000 + 1e-6) / 100:.2f} %"


def lasting(seconds: float | None) -> str:
    """45 s, 12 min, 3 h 12 min, 2 d 4 h; a dash for nothing."""
    if not seconds:
        return "–"
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def trend(now: float | None, before: float | None) -> str:
    """In points of a percentage: + 0.31 points, unchanged; empty when one of the two is not known."""
    if now is None or before is None:
        return ""
    points = round((now - before) * 100, 2)
    return "unchanged" if points == 0 else f"{'+' if points > 0 else '−'} {abs(points):.2f} points"


def fault(name: str) -> str:
    """A finding as people say it."""
    found = finding_named(name)
    return found.short if found else name


def reason(name: str | None) -> str:
    return Outcome(name).short if name in set(Outcome) else "–"


def moment(text: str, zone: str) -> str:
    """By the clocks of the report, whoever reads it."""
    return f"{datetime.fromisoformat(text).astimezone(zone_named(zone)):%Y-%m-%d %H:%M}"
