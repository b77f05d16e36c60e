"""The verdict: by table where the rule is a table, by property where it must hold for every history."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.models import Status
from webapp.outcomes import Outcome, Reading
from webapp.services.judge import State, judge, next_due

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

FAILURES = [o for o in Outcome if o is not Outcome.ONLINE and not o.is_ours]
OURS = [o for o in Outcome if o.is_ours]


def reading(outcome: Outcome, minute: int = 1, **facts: object) -> Reading:
    return Reading(at=START + minute * MINUTE, outcome=outcome, **facts)  # type: ignore[arg-type]


def after(outcomes: list[Outcome], status: Status = Status.IDLE) -> State:
    state = State(status, START)
    for minute, outcome in enumerate(outcomes, 1):
        state = judge(state, reading(outcome, minute), START + minute * MINUTE)
    return state


GOOD, BAD, OUR_FAULT = Outcome.ONLINE, Outcome.TIMEOUT, Outcome.INTERNAL_ERROR


@pytest.mark.parametrize(
    ("outcomes", "status", "since_minute"),
    [
        ([GOOD], Status.LIVE, 1),
        ([GOOD, GOOD, GOOD], Status.LIVE, 1),
        ([BAD], Status.IDLE, 0),
        ([BAD, BAD], Status.OFFLINE, 2),
        ([GOOD, BAD], Status.LIVE, 1),
        ([GOOD, BAD, BAD], Status.OFFLINE, 3),
        ([GOOD, BAD, GOOD, BAD], Status.LIVE, 1),
        ([BAD, BAD, GOOD], Status.LIVE, 3),
        ([BAD, BAD, BAD], Status.OFFLINE, 2),
        ([GOOD, BAD, OUR_FAULT, BAD], Status.OFFLINE, 4),
        ([GOOD, OUR_FAULT, OUR_FAULT, OUR_FAULT], Status.LIVE, 1),
        ([OUR_FAULT], Status.IDLE, 0),
        ([Outcome.NO_FRAME, Outcome.AUTH_FAILED], Status.OFFLINE, 2),
    ],
)
def test_status_follows_the_readings(outcomes: list[Outcome], status: Status, since_minute: int) -> None:
    state = after(outcomes)
    assert state.status is status
    assert state.since == START + since_minute * MINUTE


@given(st.lists(st.sampled_from(Outcome), max_size=12), st.sampled_from(FAILURES), st.sampled_from(FAILURES))
def test_any_two_failures_in_a_row_mean_offline(history: list[Outcome], first: Outcome, second: Outcome) -> None:
    assert after([*history, first, second]).status is Status.OFFLINE


@given(st.lists(st.sampled_from(Outcome), max_size=12))
def test_one_good_reading_ends_every_outage(history: list[Outcome]) -> None:
    state = after([*history, GOOD])
    assert (state.status, state.failures, state.auth_failures) == (Status.LIVE, 0, 0)


@given(st.lists(st.sampled_from(Outcome), max_size=12), st.sampled_from(OURS))
def test_our_own_faults_change_nothing(history: list[Outcome], ours: Outcome) -> None:
    assert after([*history, ours]) == after(history)


@given(st.lists(st.sampled_from(Outcome), max_size=12))
def test_a_camera_that_never_sent_a_picture_is_never_shown_as_up(history: list[Outcome]) -> None:
    if GOOD not in history:
        assert after(history).status in (Status.IDLE, Status.OFFLINE)


@given(st.lists(st.sampled_from(Outcome), max_size=12), st.sampled_from(Outcome))
def test_since_moves_only_with_the_status(history: list[Outcome], last: Outcome) -> None:
    before = after(history)
    now = START + 60 * MINUTE
    later = judge(before, reading(last, 60), now)
    assert later.since == (before.since if later.status is before.status else now)


@pytest.mark.parametrize(
    ("fps", "source", "expected", "status"),
    [
        (7.4, "measured", 15.0, Status.DEGRADED),
        (7.5, "measured", 15.0, Status.LIVE),
        (7.4, "claimed", 15.0, Status.LIVE),
        (7.4, "measured", None, Status.LIVE),
        (None, None, 15.0, Status.LIVE),
    ],
)
def test_less_than_half_the_configured_frame_rate_is_degraded(
    fps: float | None, source: str | None, expected: float | None, status: Status
) -> None:
    slow = reading(GOOD, fps=fps, fps_source=source)
    assert judge(State(Status.LIVE, START), slow, START, expected).status is status


def waits(outcomes: list[Outcome], interval: timedelta = MINUTE) -> list[float | None]:
    """Minutes from each check's tick to the next check."""
    state, found = State(Status.LIVE, START), []
    for outcome in outcomes:
        state = judge(state, reading(outcome), START)
        due = next_due(state, outcome, START, MINUTE, START + interval)
        found.append(None if due is None else (due - START) / MINUTE)
    return found


def test_a_rejected_login_is_confirmed_once_and_then_tried_ever_more_rarely() -> None:
    assert waits([Outcome.AUTH_FAILED] * 6) == [1, 5, 15, 60, 60, 60]


def test_at_most_four_logins_are_tried_in_half_an_hour() -> None:
    minute, tried = 0.0, 0
    for wait in waits([Outcome.AUTH_FAILED] * 6):
        tried += minute < 30
        minute += wait or 0
    assert tried <= 4


def test_waiting_after_rejected_logins_starts_afresh_once_one_is_accepted() -> None:
    rejected = [Outcome.AUTH_FAILED] * 3
    assert waits([*rejected, GOOD, *rejected]) == [1, 5, 15, 1, 1, 5, 15]


def test_an_interval_longer_than_the_wait_after_a_rejected_login_wins() -> None:
    assert waits([Outcome.AUTH_FAILED] * 3, interval=10 * MINUTE) == [1, 10, 15]


def test_a_first_failure_is_confirmed_with_the_next_tick_however_long_the_interval() -> None:
    assert waits([GOOD, BAD, GOOD], interval=60 * MINUTE) == [60, 1, 60]


def test_a_dead_camera_of_a_long_interval_keeps_to_it() -> None:
    assert waits([BAD] * 5, interval=4 * MINUTE) == [1, 4, 4, 5, 5]


def test_a_dead_camera_is_asked_every_fifth_interval_in_the_end() -> None:
    assert waits([BAD] * 6) == [1, 1, 2, 5, 5, 5]


def test_a_camera_that_came_back_is_asked_every_interval_again() -> None:
    assert waits([BAD] * 4 + [GOOD, BAD]) == [1, 1, 2, 5, 1, 1]


def test_after_a_fault_of_ours_the_check_stays_due() -> None:
    assert waits([GOOD, *OURS]) == [1, None, None]


def test_a_slow_camera_stays_degraded_until_more_frames_are_measured() -> None:
    slow = judge(State(Status.LIVE, START), reading(GOOD, fps=5, fps_source="measured"), START, 15)
    uncounted = judge(slow, reading(GOOD), START, 15)
    assert uncounted.status is Status.DEGRADED
    assert judge(uncounted, reading(GOOD, fps=14, fps_source="measured"), START, 15).status is Status.LIVE


def slow_run(*latencies: float, before: State | None = None) -> list[str]:
    """The status after each answer that took so many milliseconds, where 1,500 are allowed."""
    state, found = before or State(Status.LIVE, START), []
    for ms in latencies:
        state = judge(state, reading(GOOD, connect_ms=ms), START, high_latency_ms=1500)
        found.append(state.status.value)
    return found


@pytest.mark.parametrize(
    ("latencies", "expected"),
    [
        ([1600, 1600], ["live", "live"]),
        ([1600, 1600, 1600], ["live", "live", "degraded"]),
        ([1600, 1600, 1400, 1600, 1600], ["live"] * 5),
        ([1500, 1500, 1500], ["live"] * 3),
        ([1600, 1600, 1600, 1400, 1300, 1600], ["live", "live", *["degraded"] * 4]),
        ([1600, 1600, 1600, 1100, 1600], ["live", "live", "degraded", "live", "live"]),
    ],
)
def test_three_slow_answers_in_a_row_are_degraded_until_one_is_clearly_faster(
    latencies: list[float], expected: list[str]
) -> None:
    assert slow_run(*latencies) == expected


@given(st.lists(st.floats(1210, 1500), min_size=1, max_size=20))
def test_at_the_limit_nothing_flaps(latencies: list[float]) -> None:
    assert len(set(slow_run(*latencies))) == 1
    assert len(set(slow_run(*latencies, before=State(Status.DEGRADED, START, slow_checks=3)))) == 1


def test_a_camera_that_is_slow_to_answer_does_not_stay_degraded_for_its_frames() -> None:
    slow = State(Status.DEGRADED, START, counted_fps=15, slow_checks=3)
    assert judge(slow, reading(GOOD, connect_ms=20.0), START, 15, 1500).status is Status.LIVE


def flips(*minutes: int, first: Outcome = BAD) -> State:
    """It goes down in the first of these minutes, up in the second, and so on."""
    state, outcome = State(Status.LIVE, START, failures=1), first
    for minute in minutes:
        state = judge(replace(state, failures=1), reading(outcome, minute), START + minute * MINUTE)
        outcome = GOOD if outcome is BAD else BAD
    return state


@pytest.mark.parametrize(
    ("minutes", "since"),
    [
        ((0, 10, 20), None),
        ((0, 10, 20, 30), 30),
        ((0, 20, 40, 60), 60),
        ((0, 20, 40, 61), None),
        ((0, 10, 20, 30, 55), 30),
    ],
)
def test_four_changes_between_up_and_down_within_an_hour_are_flapping(
    minutes: tuple[int, ...], since: int | None
) -> None:
    assert flips(*minutes).flapping_since == (None if since is None else START + since * MINUTE)


@pytest.mark.parametrize(("quiet", "flaps"), [(29, True), (30, False)])
def test_half_an_hour_without_a_change_ends_the_flapping(quiet: int, flaps: bool) -> None:
    state = flips(0, 5, 10, 15)
    later = judge(state, reading(GOOD, 15 + quiet), START + (15 + quiet) * MINUTE)
    assert (later.flapping_since is not None, bool(later.flips)) == (flaps, flaps)


def test_a_camera_that_is_degraded_now_and_then_does_not_flap() -> None:
    state = State(Status.LIVE, START)
    for minute in range(10):
        fps = 3.0 if minute % 2 else 15.0
        state = judge(state, reading(GOOD, minute, fps=fps, fps_source="measured"), START + minute * MINUTE, 15)
    assert state.flips == ()


@given(st.lists(st.sampled_from(Outcome), max_size=40), st.integers(-60, 60))
def test_a_clock_that_jumps_neither_invents_flapping_nor_keeps_it(history: list[Outcome], jump: int) -> None:
    state = State(Status.LIVE, START)
    for minute, outcome in enumerate(history):
        moment = START + (minute + (jump if minute > 20 else 0)) * MINUTE
        state = judge(state, reading(outcome, minute), moment)
        assert len(state.flips) <= 4
        assert all(flip <= moment.timestamp() for flip in state.flips)
        assert state.flapping_since is None or state.flips
