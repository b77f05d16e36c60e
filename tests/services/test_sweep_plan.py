"""Which cameras a tick plans, and the claim that keeps two workers off one camera, on both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from webapp.extensions import db, settings
from webapp.models import Camera, Status, new_id
from webapp.services import live
from webapp.services.sweep_plan import Plan, batch_budget, claim, interval, plan, tick_of

TICK = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
NOW = TICK + timedelta(seconds=3)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("either_app")


def add(**fields: object) -> str:
    """A camera that is healthy and due, unless `fields` say otherwise."""
    usual = {"next_due_at": TICK, "status": Status.LIVE.value, "rtsp_url": "rtsp://10.20.4.14/stream1", "name": "Gate"}
    camera = Camera(**{"id": new_id(), **usual, **fields})
    db.session.add(camera)
    db.session.commit()
    return camera.id


def planned(now: datetime = NOW) -> list[str]:
    return [id for batch in plan(now).batches for id in batch]


def test_a_tick_begins_on_the_grid_of_its_interval() -> None:
    assert tick_of(NOW) == tick_of(TICK) == TICK
    assert tick_of(TICK - timedelta(microseconds=1)) == TICK - MINUTE


def test_every_due_camera_is_planned_once() -> None:
    ids = {add() for _ in range(7)}
    assert sorted(planned()) == sorted(ids)


def test_a_tick_that_is_delivered_twice_plans_once() -> None:
    add()
    assert plan(NOW).batches
    assert plan(NOW) == plan(NOW + timedelta(seconds=20)) == Plan(TICK)


def test_of_three_schedulers_at_once_one_plans(either_app: Flask) -> None:
    add()
    plans: list[Plan] = []

    def run() -> None:
        with either_app.app_context():
            plans.append(plan(NOW))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(found.batches) for found in plans) == [0, 0, 1]


def test_the_next_tick_plans_again() -> None:
    camera_id = add()
    assert planned() == planned(NOW + MINUTE) == [camera_id]


@pytest.mark.parametrize(
    ("fields", "is_planned"),
    [
        ({"is_active": False}, False),
        ({"next_due_at": TICK + MINUTE}, False),
        ({"next_due_at": TICK + MINUTE - timedelta(seconds=1)}, True),
        ({"next_due_at": TICK - 30 * MINUTE}, True),
        ({"maintenance_until": TICK + 60 * MINUTE}, True),
    ],
)
def test_only_what_is_due_is_planned(fields: dict[str, object], is_planned: bool) -> None:
    add(**fields)
    assert bool(planned()) is is_planned


def test_what_the_last_tick_is_still_at_is_planned_last() -> None:
    claimed = [add(claimed_until=NOW + timedelta(seconds=1)) for _ in range(5)]
    free = [add(claimed_until=NOW - timedelta(seconds=1)), *(add() for _ in range(5))]
    assert planned() == sorted(free) + sorted(claimed)


def test_batches_have_the_configured_size() -> None:
    for _ in range(2 * settings.CHECK_BATCH + 3):
        add()
    assert [len(batch) for batch in plan(NOW).batches] == [settings.CHECK_BATCH, settings.CHECK_BATCH, 3]


def test_cameras_that_make_a_batch_wait_come_last_and_by_themselves() -> None:
    healthy = {add() for _ in range(3)}
    doubtful = {add(status=Status.OFFLINE.value, failures=4), add(status=Status.IDLE.value), add(failures=1)}
    assert [set(batch) for batch in plan(NOW).batches] == [healthy, doubtful]


def test_a_batch_mixes_the_sites() -> None:
    for site in range(2):
        for _ in range(40):
            add(rtsp_url=f"rtsp://10.20.{site}.14/stream1")
    first = plan(NOW).batches[0]
    sites = {db.session.get(Camera, id).rtsp_url for id in first}  # type: ignore[union-attr]
    assert len(sites) == 2


def test_what_was_planned_is_counted() -> None:
    add()
    add()
    plan(NOW)
    assert live.counts(TICK).planned == 2
    assert live.sweep_state(NOW).planned_at == NOW


def test_a_claimed_camera_cannot_be_claimed_again() -> None:
    ids = [add(), add()]
    assert {found.id for found in claim(ids, TICK, NOW)} == set(ids)
    assert claim(ids, TICK, NOW) == []


def test_by_force_a_claimed_camera_is_taken_over() -> None:
    camera_id = add()
    [batch] = claim([camera_id], TICK, NOW)
    [taken] = claim([camera_id], TICK, NOW + timedelta(seconds=1), force=True)
    assert taken.claimed_until != batch.claimed_until
    assert claim([camera_id], TICK, NOW + timedelta(seconds=1)) == []


def test_two_workers_never_claim_the_same_camera(either_app: Flask) -> None:
    ids = [add() for _ in range(30)]
    claimed: list[str] = []
    together = threading.Barrier(4)

    def run() -> None:
        with either_app.app_context():
            together.wait()
            claimed.extend(found.id for found in claim(ids, TICK, NOW))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(ids)


def test_a_claim_ends_by_itself_before_the_next_tick() -> None:
    ids = [add() for _ in range(settings.CHECK_BATCH)]
    claim(ids, TICK, NOW)
    assert len(claim(ids, TICK + MINUTE, NOW + MINUTE)) == len(ids)


def test_a_claim_covers_all_that_its_batch_may_take() -> None:
    ids = [add() for _ in range(settings.CHECK_BATCH)]
    [first, *_] = claim(ids, TICK, NOW)
    assert first.claimed_until >= NOW + batch_budget(len(ids))


def test_what_is_not_due_is_claimed_by_force_only() -> None:
    camera_id = add(next_due_at=TICK + 60 * MINUTE)
    assert claim([camera_id], TICK, NOW) == []
    assert [found.id for found in claim([camera_id], TICK, NOW, force=True)] == [camera_id]


@pytest.mark.parametrize("force", [False, True])
def test_a_disabled_camera_is_never_claimed(force: bool) -> None:
    assert claim([add(is_active=False)], TICK, NOW, force) == []


def test_a_claim_carries_what_the_check_needs_and_shows_no_secret() -> None:
    camera_id = add(username="viewer", password_encrypted="sealed", version=4)
    [found] = claim([camera_id], TICK, NOW)
    assert (found.id, found.version, found.username, found.password_encrypted) == (camera_id, 4, "viewer", "sealed")
    assert "sealed" not in repr(found)


def test_claiming_holds_no_database_connection_afterwards() -> None:
    claim([add()], TICK, NOW)
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_every_moment_lies_in_its_own_tick(moment: datetime) -> None:
    tick = tick_of(moment)
    assert tick <= moment < tick + interval()
    assert tick_of(tick) == tick


@pytest.mark.parametrize(
    ("expected", "source", "is_counted_now"),
    [(15.0, None, True), (15.0, "claimed", True), (15.0, "measured", False), (None, None, False)],
)
def test_the_frames_of_a_camera_that_has_an_expected_rate_are_counted_once(
    expected: float | None, source: str | None, is_counted_now: bool
) -> None:
    (claimed,) = claim([add(fps=expected, fps_source=source)], TICK, NOW)
    assert claimed.measure_fps is is_counted_now


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({}, "rtsp://10.20.4.14/stream1"),
        ({"sub_rtsp_url": "rtsp://10.20.4.14/small"}, "rtsp://10.20.4.14/stream1"),
        ({"sub_rtsp_url": "rtsp://10.20.4.14/small", "stream": "sub"}, "rtsp://10.20.4.14/small"),
        ({"stream": "sub"}, "rtsp://10.20.4.14/stream1"),
    ],
)
def test_the_preferred_stream_is_checked_and_the_page_knows_which(fields: dict[str, str], url: str) -> None:
    camera_id = add(**fields)
    [found] = claim([camera_id], TICK, NOW)
    assert found.rtsp_url == url == db.session.get_one(Camera, camera_id).checked_url


def test_when_the_clock_was_put_back_nobody_waits_until_it_is_as_late_again() -> None:
    hour = timedelta(hours=1)
    waiting = add(next_due_at=NOW + hour, tried_at=NOW + hour - MINUTE)
    add(next_due_at=NOW + hour, tried_at=NOW - MINUTE)
    assert planned() == [waiting]
    assert [c.id for c in claim([waiting], TICK, NOW)] == [waiting]


def test_a_worker_whose_clock_is_ahead_makes_nothing_due() -> None:
    add(next_due_at=NOW + MINUTE, tried_at=NOW + timedelta(seconds=90))
    assert planned() == []
