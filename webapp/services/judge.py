"""The rules of the verdict, pure: what a reading makes of a camera's state, and when to ask again."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from ..models import Status
from ..outcomes import Outcome, Reading
from .reasons import Slowness

T = TypeVar("T")

FAILURES_UNTIL_OFFLINE = 2
LOW_FPS_SHARE = 0.5
SLOW_CHECKS = 3
"""Answers in a row that take too long until a camera is slow."""
CLEARLY_FASTER = 0.8
"""Of the limit: a camera that was slow is slow no longer when it stays below that, so that none flaps at the limit."""
FLIPS, FLIPS_WITHIN = 4, timedelta(hours=1)
"""So many changes between up and down in so long a time are flapping."""
SMALLEST_STEP = timedelta(milliseconds=1)
QUIET = timedelta(minutes=30)
"""So long without another one, and it is over."""
UP, DOWN = frozenset({Status.LIVE, Status.DEGRADED}), frozenset({Status.OFFLINE})
LOGIN_WAITS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
"""Cameras lock an account for half an hour after a handful of wrong passwords, so we ask ever more rarely."""
DEAD_WAITS = (1, 2, 5)
"""Ticks between two checks of a camera that stays offline, unless its own interval is longer."""


@dataclass(frozen=True, slots=True)
class State:
    """What we hold of a camera between two readings."""

    status: Status
    since: datetime
    failures: int = 0
    """Failed checks in a row."""
    auth_failures: int = 0
    """Rejected logins since the last success or the last change of URL or credentials."""
    counted_fps: float | None = None
    """Frames per second when they were last counted."""
    slow_checks: int = 0
    """Answers in a row that took too long, up to SLOW_CHECKS."""
    flips: tuple[int, ...] = ()
    """When it last went up or down, in epoch seconds; at most FLIPS."""
    flapping_since: datetime | None = None


def judge(
    state: State,
    reading: Reading,
    now: datetime,
    expected_fps: float | None = None,
    high_latency_ms: float = math.inf,
    has_findings: bool = False,
) -> State:
    """The state after this reading; `expected_fps` is what the camera is configured to send, `has_findings` whether
    its picture is known to be at fault."""
    if reading.outcome.is_ours:
        return state
    if reading.is_connected:
        return _with_flips(state, _seen(state, reading, now, expected_fps, high_latency_ms, has_findings), now)
    failures = state.failures + 1
    auth_failures = state.auth_failures + (reading.outcome is Outcome.AUTH_FAILED)
    status = Status.OFFLINE if failures >= FAILURES_UNTIL_OFFLINE else state.status
    failed = replace(
        state, status=status, since=_since(state, status, now), failures=failures, auth_failures=auth_failures
    )
    return _with_flips(state, failed, now)


def _seen(
    state: State,
    reading: Reading,
    now: datetime,
    expected_fps: float | None,
    high_latency_ms: float,
    has_findings: bool,
) -> State:
    """The state of a camera that sends pictures."""
    counted = reading.fps if reading.fps_source == "measured" else None
    if counted is None and state.status is Status.DEGRADED:
        counted = state.counted_fps  # few frames are few until more are counted, and not every check lasts so long
    slow_checks = _slow_checks(state.slow_checks, reading.latency_ms, high_latency_ms)
    is_at_fault = has_findings or slowness(expected_fps, counted, slow_checks)
    status = Status.DEGRADED if is_at_fault else Status.LIVE
    return State(
        status,
        _since(state, status, now),
        counted_fps=state.counted_fps if counted is None else counted,
        slow_checks=slow_checks,
        flips=state.flips,
        flapping_since=state.flapping_since,
    )


def slowness(expected_fps: float | None, counted_fps: float | None, slow_checks: int) -> Slowness | None:
    """What is slow about a camera that sends pictures."""
    if expected_fps is not None and counted_fps is not None and counted_fps < LOW_FPS_SHARE * expected_fps:
        return Slowness.LOW_FPS
    return Slowness.HIGH_LATENCY if slow_checks == SLOW_CHECKS else None


def slowness_of(camera: Any) -> Slowness | None:
    """The same of a stored camera, when it is degraded."""
    if camera.status != Status.DEGRADED:
        return None
    return slowness(camera.fps, camera.actual_fps if camera.fps_source == "measured" else None, camera.slow_checks)


def next_due(state: State, outcome: Outcome, tick: datetime, length: timedelta, regular: datetime) -> datetime | None:
    """When the camera is to be checked again, counted from the start of `tick`; `state` is the one after judge().

    `length` is a tick's, `regular` the moment at which the camera's own interval has it checked next. A first failure
    is confirmed or denied with the next tick, however long that interval. None for a fault of our own: the check that
    failed is still due, so the next tick repeats it, and a camera that we never manage to check becomes unknown.
    """
    if outcome.is_ours:
        return None
    if waits_for_the_login(outcome, state.auth_failures):
        return max(regular, tick + _step(LOGIN_WAITS, state.auth_failures))
    if outcome is not Outcome.ONLINE and state.failures >= FAILURES_UNTIL_OFFLINE:
        return max(regular, tick + length * _step(DEAD_WAITS, state.failures))
    return regular if outcome is Outcome.ONLINE else tick + length


def waits_for_the_login(outcome: str | None, auth_failures: int) -> bool:
    """Whether the camera has rejected its password so often that another try may lock the account."""
    return outcome == Outcome.AUTH_FAILED and auth_failures >= FAILURES_UNTIL_OFFLINE


def _step(waits: tuple[T, ...], failures: int) -> T:
    return waits[min(failures - FAILURES_UNTIL_OFFLINE, len(waits) - 1)]


def _since(state: State, status: Status, now: datetime) -> datetime:
    """Never before the change before, though the clock may have been put back since: the history keeps its order."""
    return state.since if status is state.status else max(now, state.since + SMALLEST_STEP)


def _slow_checks(before: int, latency_ms: float | None, limit: float) -> int:
    if latency_ms is None:
        return before
    if latency_ms > limit:
        return min(before + 1, SLOW_CHECKS)
    return before if before == SLOW_CHECKS and latency_ms > CLEARLY_FASTER * limit else 0


def _with_flips(before: State, after: State, now: datetime) -> State:
    """Whether it flaps. A flip that lies ahead is forgotten: the clock has been put back since."""
    flips = [flip for flip in after.flips if now - FLIPS_WITHIN <= _moment(flip) <= now]
    if {before.status, after.status} & UP and {before.status, after.status} & DOWN:
        flips = [*flips, int(now.timestamp())][-FLIPS:]
    since = after.flapping_since
    if since and (not flips or now - _moment(flips[-1]) >= QUIET):
        since, flips = None, []
    elif since is None and len(flips) == FLIPS:
        since = now
    return replace(after, flips=tuple(flips), flapping_since=since)


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
