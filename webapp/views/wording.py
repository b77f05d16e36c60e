"""How states, spans of time and numbers read on a page."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask
from flask_login import current_user

from ..extensions import settings
from ..models import Camera, Status, utc_now
from ..outcomes import Outcome
from ..services.grid import STRIP
from ..services.judge import slowness_of
from ..services.queue_state import WITHOUT
from ..services.shown import shown_status
from ..video.quality.finding import Finding
from ..video.stream_url import parse_stream_url

WORDS: dict[Status, str] = {
    Status.LIVE: "Live",
    Status.DEGRADED: "Degraded",
    Status.OFFLINE: "Offline",
    Status.UNKNOWN: "Unknown",
    Status.IDLE: "New",
    Status.MAINTENANCE: "Maintenance",
    Status.DISABLED: "Switched off",
}
"""In the order of the chips above the grid."""
SHAPES: dict[Status, str] = {status: status.value for status in Status} | {Status.IDLE: "unknown"}
"""The symbol of static/icons.svg that stands for a status."""
STALE_AFTER_INTERVALS = 3
"""A picture older than so many check intervals is marked."""
STEPS = {
    "dns": "Find address",
    "connect": "Connect",
    "options": "Say hello (OPTIONS)",
    "describe": "Log in (DESCRIBE)",
    "frame": "Get a picture",
}
"""The steps of a check; a camera keeps their milliseconds under the name with _ms."""


def register(app: Flask) -> None:
    app.jinja_env.globals.update(WORDS=WORDS, SHAPES=SHAPES, STEPS=STEPS, STRIP=STRIP, STALE_SECONDS=stale_seconds)
    app.jinja_env.globals.update(own_zone=own_zone, now=utc_now, shown_status=shown_status, outcome_of=outcome_of)
    app.jinja_env.globals.update(findings_of=findings_of)
    app.jinja_env.globals.update(is_stale=is_stale, outcome_named=Outcome, steps_of=steps_of, slowness_of=slowness_of)
    app.jinja_env.globals.update(WITHOUT=WITHOUT)
    app.jinja_env.filters.update(
        span=span,
        age=age,
        epoch=epoch,
        clock=clock,
        day_and_clock=day_and_clock,
        number=number,
        plural=plural,
        address=address,
    )


def span(seconds: float) -> str:
    """12 s, 4 min, 3 h, 2 d: static/js/clock.js says the same while the page stays open."""
    seconds = max(0, int(seconds))
    for unit, length, until in (("s", 1, 60), ("min", 60, 3600), ("h", 3600, 172_800)):
        if seconds < until:
            return f"{seconds // length} {unit}"
    return f"{seconds // 86_400} d"


def age(seconds: float) -> str:
    """The age of a picture: past a minute it is called old."""
    return span(seconds) if seconds < 60 else f"{span(seconds)} old"


def is_stale(picture_at: datetime, now: datetime) -> bool:
    return (now - picture_at).total_seconds() > stale_seconds()


def stale_seconds() -> int:
    return STALE_AFTER_INTERVALS * settings.CHECK_INTERVAL_SECONDS


def epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def clock(moment: datetime, pattern: str = "%H:%M") -> str:
    """In the person's time zone. For those who chose none it is UTC, which the browser turns into its own time."""
    return moment.astimezone(own_zone() or UTC).strftime(pattern)


def day_and_clock(moment: datetime) -> str:
    return clock(moment, "%Y-%m-%d %H:%M")


def own_zone() -> ZoneInfo | None:
    """The zone that the person who asks has chosen, if any; None also for one that this machine no longer knows."""
    name = current_user.time_zone if current_user.is_authenticated else None
    try:
        return ZoneInfo(name) if name else None
    except ZoneInfoNotFoundError:
        return None


def number(value: float) -> str:
    """4,931 and 12.5, never 15.0."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:,.1f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def address(rtsp_url: str) -> str:
    return parse_stream_url(rtsp_url).address


def steps_of(camera: Camera) -> list[tuple[str, float]]:
    """The steps the last check got to, with their milliseconds; a check that failed did so in the last one."""
    phases = camera.phases or {}
    return [(name, phases[f"{name}_ms"]) for name in STEPS if phases.get(f"{name}_ms") is not None]


def findings_of(camera: Camera) -> list[Finding]:
    """What is wrong with its picture, the gravest first."""
    return [finding for finding in Finding if finding in camera.findings]


def outcome_of(camera: Camera) -> Outcome | None:
    return Outcome(camera.outcome) if camera.outcome else None
