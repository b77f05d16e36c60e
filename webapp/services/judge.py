"""The rules of the verdict, pure: what a reading makes of a camera's state, and when to ask again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from ..models import Status
from ..outcomes import Outcome, Reading

T = TypeVar("T")

FAILURES_UNTIL_OFFLINE = 2
LOW_FPS_SHARE = 0.5
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


def judge(state: State, reading: Reading, now: datetime, expected_fps: float | None = None) -> State:
    """The state after this reading; `expected_fps` is what the camera is configured to send."""
    if reading.outcome.is_ours:
        return state
    if reading.is_connected:
        status = Status.DEGRADED if _is_slow(state, reading, expected_fps) else Status.LIVE
        return State(status, _since(state, status, now))
    failures = state.failures + 1
    auth_failures = state.auth_failures + (reading.outcome is Outcome.AUTH_FAILED)
    status = Status.OFFLINE if failures >= FAILURES_UNTIL_OFFLINE else state.status
    return replace(
        state, status=status, since=_since(state, status, now), failures=failures, auth_failures=auth_failures
    )


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
    return state.since if status is state.status else now


def _is_slow(state: State, reading: Reading, expected_fps: float | None) -> bool:
    """Few frames are few until more are measured: not every check lasts long enough to count them."""
    if expected_fps is None:
        return False
    if reading.fps is None or reading.fps_source != "measured":
        return state.status is Status.DEGRADED
    return reading.fps < LOW_FPS_SHARE * expected_fps
