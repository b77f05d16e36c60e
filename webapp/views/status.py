"""The status page: whether the system keeps up, and what to do when it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

import jobs
from jobs import survey

from .. import access
from ..models import utc_now
from ..services import system_status
from ..services.grid import read_frame, watch_frame
from ..services.queue_state import QueueState
from ..services.sweep_record import Tick
from ..services.system_checks import Level, told_bytes
from ..services.system_status import SystemStatus
from . import grid_address
from .page import draw

pages = Blueprint("status", __name__)

LEVELS = {Level.OK: "OK", Level.WARNING: "Warning", Level.FAILING: "Failing"}
SIGNS = {
    Level.OK: ("check", "is-live"),
    Level.WARNING: ("warning", "is-degraded"),
    Level.FAILING: ("cross", "is-offline"),
}
"""Level → symbol and its colour."""
CHART_HEIGHT, BAR = 60, 8
"""In units of the drawing; a bar's width with its gap."""


@pages.get("/status")
@access.requires(access.SEE_NOTHING)
def show() -> Response:
    now = utc_now()
    frame = read_frame(now, access.scope("cameras:read"))
    poll = grid_address.poll_status(watch_frame(frame))
    return draw("status/show.html", frame=frame, poll_url=poll, **context(now))


def context(now: datetime) -> dict[str, Any]:
    """For the page and for the fragment that keeps it live. Hosts are for administrators."""
    status = system_status.read(_queues(now), now)
    return {
        "status": status,
        "bars": _bars(status),
        "shows_hosts": access.may("users:write"),
        "LEVELS": LEVELS,
        "SIGNS": SIGNS,
        "told_bytes": told_bytes,
    }


def _queues(now: datetime) -> list[QueueState] | None:
    try:
        return survey.queues(now)
    except jobs.QueueAway:
        return None


@dataclass(frozen=True, slots=True)
class Bar:
    """A sweep in the drawing of the last ones."""

    tick: Tick
    x: int
    y: float
    height: float
    kind: str
    """calm, tight, over; none: it was not run, or nothing was due."""


def _bars(status: SystemStatus) -> list[Bar]:
    """The oldest on the left; the whole height is one interval."""
    shown = list(reversed(status.ticks[1:]))
    return [_bar(tick, number * BAR, status.interval) for number, tick in enumerate(shown)]


def _bar(tick: Tick, x: int, interval: int) -> Bar:
    share = (tick.seconds or 0) / interval
    height = round(max(1.0, min(share, 1.0) * CHART_HEIGHT), 1)
    kind = "none" if tick.seconds is None else "over" if share > 1 else "tight" if share >= 0.8 else "calm"
    return Bar(tick, x, CHART_HEIGHT - height, height, kind)
