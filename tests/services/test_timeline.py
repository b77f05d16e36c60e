"""The strip: merged, without gaps and overlaps, and what is not known is never drawn as up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import event

from webapp.extensions import db
from webapp.models import Camera, StatusChange
from webapp.services.shown import shown_status, unknown_from
from webapp.services.timeline import Interval, intervals, spans, strips

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
LONG_AGO = NOW - timedelta(days=30)


def camera(status: str = "live", **fields: object) -> Camera:
    known = {"id": "c", "created_at": LONG_AGO, "next_due_at": NOW + timedelta(minutes=1), "is_active": True}
    return Camera(**(known | {"status": status} | fields))


def change(hours_ago: float, old: str, new: str) -> StatusChange:
    return StatusChange(camera_id="c", at=NOW - timedelta(hours=hours_ago), old=old, new=new)


def seen(found: list[Interval]) -> list[tuple[float, float, str]]:
    """Hours ago from, hours ago to, status."""
    return [((NOW - i.start) / timedelta(hours=1), (NOW - i.end) / timedelta(hours=1), i.status) for i in found]


@pytest.fixture(autouse=True)
def _in_app(app: Flask) -> None:
    """The patience with a missing check is a setting."""


def test_without_a_change_the_whole_day_is_one_interval() -> None:
    assert seen(intervals(camera(), [], NOW - DAY, NOW)) == [(24, 0, "live")]


def test_what_was_switched_off_before_the_day_is_off_all_day() -> None:
    off = camera("live", is_active=False, next_due_at=NOW + DAY)
    assert seen(intervals(off, [], NOW - DAY, NOW)) == [(24, 0, "disabled")]


def test_the_day_begins_with_what_was_before_the_first_change() -> None:
    found = intervals(camera("offline"), [change(2, "live", "offline")], NOW - DAY, NOW)
    assert seen(found) == [(24, 2, "live"), (2, 0, "offline")]


def test_equal_neighbours_are_one() -> None:
    moves = [change(5, "live", "live"), change(3, "live", "live")]
    assert seen(intervals(camera(), moves, NOW - DAY, NOW)) == [(24, 0, "live")]


def test_nothing_is_drawn_before_the_camera_was_there() -> None:
    new = camera("live", created_at=NOW - timedelta(hours=6))
    found = intervals(new, [change(5, "idle", "live")], NOW - DAY, NOW)
    assert seen(found) == [(6, 5, "idle"), (5, 0, "live")]


def test_since_checks_are_missing_nothing_is_known() -> None:
    lost = camera("live", next_due_at=NOW - timedelta(hours=3))
    *_, last = intervals(lost, [], NOW - DAY, NOW)
    assert last == Interval(unknown_from(lost), NOW, "unknown")


def test_a_camera_that_is_switched_off_is_not_unknown() -> None:
    off = camera("live", is_active=False, next_due_at=NOW - timedelta(days=3))
    assert seen(intervals(off, [], NOW - DAY, NOW)) == [(24, 0, "disabled")]


def test_maintenance_that_began_before_the_day_fills_it() -> None:
    found = intervals(camera(maintenance_until=NOW + timedelta(hours=1)), [], NOW - DAY, NOW)
    assert seen(found) == [(24, 0, "maintenance")]


def test_maintenance_ends_in_the_strip_when_it_did_though_no_check_has_told_yet() -> None:
    over = camera(maintenance_until=NOW - timedelta(hours=1))
    found = intervals(over, [change(3, "live", "maintenance")], NOW - DAY, NOW)
    assert seen(found) == [(24, 3, "live"), (3, 1, "maintenance"), (1, 0, "live")]


def test_a_camera_in_maintenance_that_nobody_checks_is_not_unknown() -> None:
    resting = camera(maintenance_until=NOW + DAY, next_due_at=NOW - timedelta(hours=3))
    assert [i.status for i in intervals(resting, [change(6, "live", "maintenance")], NOW - DAY, NOW)] == [
        "live",
        "maintenance",
    ]


def test_what_people_did_while_nothing_was_known_is_drawn() -> None:
    lost = camera("live", next_due_at=NOW - timedelta(hours=9))
    moves = [change(6, "live", "disabled"), change(2, "disabled", "live")]
    drawn = intervals(lost, moves, NOW - DAY, NOW)
    assert [i.status for i in drawn] == ["live", "unknown", "disabled", "unknown"]
    assert [(i.start, i.end) for i in drawn][2] == (NOW - timedelta(hours=6), NOW - timedelta(hours=2))


STATUSES = st.sampled_from(["idle", "live", "degraded", "offline", "disabled"])


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moments=st.lists(st.floats(0.01, 24), max_size=30),
    news=st.lists(STATUSES, min_size=31, max_size=31),
    due_minutes=st.integers(-3000, 30),
    age_minutes=st.integers(1, 3000),
)
def test_intervals_touch_never_overlap_and_end_now(
    moments: list[float], news: list[str], due_minutes: int, age_minutes: int
) -> None:
    created = NOW - timedelta(minutes=age_minutes)
    times = sorted(NOW - timedelta(hours=h) for h in moments if NOW - timedelta(hours=h) >= created)
    moves = [StatusChange(camera_id="c", at=at, old=news[n], new=news[n + 1]) for n, at in enumerate(times)]
    last, due = news[len(times)], NOW + timedelta(minutes=due_minutes)
    shown = camera(last, created_at=created, next_due_at=due, is_active=last != "disabled")
    found = intervals(shown, moves, NOW - DAY, NOW)
    assert found[0].start == max(created, NOW - DAY)
    assert found[-1].end == NOW
    assert all(i.start < i.end for i in found)
    assert all(a.end == b.start and a.status != b.status for a, b in pairwise(found))
    assert (found[-1].status == "unknown") == (shown_status(shown, NOW) == "unknown")


def test_one_query_serves_every_camera(app: Flask, make_camera: Callable[..., Camera]) -> None:
    made = [make_camera(name=f"{n}", status="live", created_at=LONG_AGO) for n in range(5)]
    for n, found in enumerate(made):
        for hour in range(n):
            db.session.add(
                StatusChange(camera_id=found.id, at=NOW - timedelta(hours=hour + 1), old="live", new="offline")
            )
    db.session.commit()
    queries = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    drawn = strips(made, NOW - DAY, NOW)
    assert len([query for query in queries if query.startswith("SELECT")]) == 1
    assert set(drawn) == {found.id for found in made}
    assert drawn[made[0].id][0].status == "live"
    assert drawn[made[3].id][-1].status in ("offline", "unknown")


@pytest.fixture
def stored(make_camera: Callable[..., Camera]) -> Callable[..., Camera]:
    """A camera whose history is told in (hours ago, old, new)."""

    def make(*moves: tuple[float, str, str], status: str = "live", **fields: object) -> Camera:
        known = {"status": status, "created_at": LONG_AGO, "next_due_at": NOW + DAY} | fields
        made = make_camera(**known)
        for hours_ago, old, new in moves:
            at = NOW - timedelta(hours=hours_ago)
            db.session.add(StatusChange(camera_id=made.id, at=at, old=old, new=new))
        db.session.commit()
        return made

    return make


def test_a_period_long_past_ends_with_what_was_then(stored: Callable[..., Camera]) -> None:
    quiet = stored((30, "offline", "live"), (2, "live", "offline"), status="offline")
    moved = stored((200, "live", "offline"), (100, "offline", "live"))
    found = spans([quiet, moved], NOW - 7 * DAY, NOW - 2 * DAY, NOW)
    assert seen(found[quiet.id]) == [(168, 48, "offline")]
    assert seen(found[moved.id]) == [(168, 100, "offline"), (100, 48, "live")]


def test_a_period_before_the_camera_was_there_is_empty(stored: Callable[..., Camera]) -> None:
    new = stored(created_at=NOW - DAY)
    assert spans([new], NOW - 7 * DAY, NOW - 2 * DAY, NOW) == {new.id: []}


def test_of_the_future_nothing_is_drawn(stored: Callable[..., Camera]) -> None:
    made = stored()
    assert seen(spans([made], NOW - DAY, NOW + DAY, NOW)[made.id]) == [(24, 0, "live")]


def test_what_became_unknown_later_was_known_then(stored: Callable[..., Camera]) -> None:
    lost = stored(next_due_at=NOW - DAY)
    assert seen(spans([lost], NOW - 7 * DAY, NOW - 2 * DAY, NOW)[lost.id]) == [(168, 48, "live")]


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hours=st.lists(st.floats(0, 90), max_size=12, unique=True),
    news=st.lists(STATUSES, min_size=13, max_size=13),
    cut=st.floats(0, 72),
    due_hours=st.floats(-90, 1),
)
def test_a_period_is_the_same_alone_as_cut_from_a_longer_one(
    stored: Callable[..., Camera], hours: list[float], news: list[str], cut: float, due_hours: float
) -> None:
    moves = [(ago, news[n], news[n + 1]) for n, ago in enumerate(sorted(hours, reverse=True))]
    last, due = news[len(hours)], NOW + timedelta(hours=due_hours)
    made = stored(*moves, status=last, next_due_at=due, is_active=last != "disabled")
    start, end = NOW - 3 * DAY, NOW - timedelta(hours=cut)
    whole = spans([made], start, NOW, NOW)[made.id]
    alone = spans([made], start, end, NOW)[made.id]
    assert alone == [Interval(i.start, min(i.end, end), i.status) for i in whole if i.start < end]
    assert sum((i.end - i.start for i in alone), timedelta(0)) == end - start
    assert all(a.end == b.start and a.status != b.status for a, b in pairwise(alone))
