"""The live feed and the sweep's signs of life, on a real Redis."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from flask import Flask

from tests.servers import redis_server
from webapp import create_app
from webapp.extensions import redis_client
from webapp.models import Camera
from webapp.services import live

NOW = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("app")


def start() -> int:
    live.publish(["somebody"], status_changed=True)
    return live.changes_since(0).seq


def test_a_page_learns_which_cameras_changed_after_its_number() -> None:
    seq = start()
    live.publish(["a", "b"], status_changed=False)
    live.publish(["c"], status_changed=True)
    assert live.changes_since(seq) == live.Changes(seq + 2, ("a", "b", "c"), status_changed=True)
    assert live.changes_since(seq + 1) == live.Changes(seq + 2, ("c",), status_changed=True)


def test_nothing_new_is_told_twice() -> None:
    seq = start()
    assert live.changes_since(seq) == live.Changes(seq)


def test_a_camera_that_changed_often_is_told_once() -> None:
    seq = start()
    for _ in range(3):
        live.publish(["a"], status_changed=False)
    assert live.changes_since(seq).ids == ("a",)


def test_a_new_picture_is_no_change_of_status() -> None:
    seq = start()
    live.publish(["a"], status_changed=False)
    assert not live.changes_since(seq).status_changed


def test_publishing_nothing_moves_nothing() -> None:
    seq = start()
    live.publish([], status_changed=False)
    assert live.changes_since(seq).seq == seq


def test_the_answer_is_limited() -> None:
    seq = start()
    live.publish([str(n) for n in range(20)], status_changed=False)
    assert len(live.changes_since(seq, limit=7).ids) == 7


def test_after_redis_lost_its_data_a_page_is_told_to_read_everything_anew() -> None:
    seq = start()
    redis_client.flushdb()
    assert live.changes_since(seq).reset


def test_it_is_told_so_even_when_the_new_sequence_has_gone_on_meanwhile() -> None:
    seq = start()
    time.sleep(0.01)  # nobody loses Redis and has it back in the same millisecond
    redis_client.flushdb()
    for _ in range(20):
        live.publish(["a"], status_changed=False)
    changes = live.changes_since(seq)
    assert changes.reset
    assert changes.seq > seq


def test_the_feed_remembers_a_bounded_number_of_cameras() -> None:
    live.publish([str(n) for n in range(live.KEEP)], status_changed=False)
    live.publish([f"new {n}" for n in range(500)], status_changed=False)
    assert redis_client.zcard(live.CHANGES) == live.KEEP


@pytest.fixture
def redis_away(app: Flask) -> None:
    pool = app.extensions["redis_pool"]
    pool.disconnect()
    pool.connection_kwargs["path"] = "/nowhere/redis.sock"


@pytest.mark.usefixtures("redis_away")
def test_without_redis_nothing_breaks_and_the_page_can_say_so() -> None:
    live.publish(["a"], status_changed=True)
    live.note_planned(NOW, 3, NOW)
    assert live.changes_since(7) == live.Changes(7, redis_ok=False)
    assert not live.sweep_state(NOW).redis_ok


@pytest.mark.usefixtures("redis_away")
def test_without_redis_the_last_check_is_read_from_the_cameras(make_camera: Callable[..., Camera]) -> None:
    make_camera(checked_at=NOW - 10 * MINUTE)
    make_camera(checked_at=NOW - 5 * MINUTE)
    assert live.sweep_state(NOW).stale_since == NOW - 5 * MINUTE
    assert live.sweep_state(NOW - 4 * MINUTE).stale_since is None


def test_a_redis_that_hangs_costs_a_page_a_second(overrides: dict[str, Any]) -> None:
    with redis_server() as url:
        app = create_app(overrides | {"REDIS_URL": url})
        server = redis.Redis.from_url(url)
        pid = server.info("server")["process_id"]  # type: ignore[index]
        with app.app_context():
            live.publish(["a"], status_changed=True)
            try:
                subprocess.run(["kill", "-STOP", str(pid)], check=True)
                started = time.monotonic()
                assert not live.sweep_state(NOW).redis_ok
                assert time.monotonic() - started < 1.5
            finally:
                subprocess.run(["kill", "-CONT", str(pid)], check=True)


def test_a_sweep_that_goes_on_is_not_stale() -> None:
    live.note_planned(NOW, 10, NOW)
    live.note_batch(NOW, live.Counts(done=10), NOW)
    assert live.sweep_state(NOW + MINUTE).stale_since is None


def test_ticks_that_are_planned_but_never_done_show_as_stale() -> None:
    live.note_batch(NOW, live.Counts(done=10), NOW)
    for minute in (1, 2, 3):
        live.note_planned(NOW + minute * MINUTE, 10, NOW + minute * MINUTE)
    assert live.sweep_state(NOW + 3 * MINUTE).stale_since == NOW


def test_batches_that_only_skip_or_lose_show_as_stale() -> None:
    live.note_batch(NOW, live.Counts(done=10), NOW)
    live.note_batch(NOW + 2 * MINUTE, live.Counts(skipped=10), NOW + 2 * MINUTE)
    live.note_batch(NOW + 3 * MINUTE, live.Counts(lost=10), NOW + 3 * MINUTE)
    assert live.sweep_state(NOW + 3 * MINUTE).stale_since == NOW


def test_a_scheduler_that_plans_nothing_any_more_shows_as_stale() -> None:
    live.note_planned(NOW, 10, NOW)
    live.note_batch(NOW, live.Counts(done=10), NOW)
    assert live.sweep_state(NOW + 3 * MINUTE).stale_since == NOW


def test_a_tick_in_which_nothing_is_due_counts_as_done() -> None:
    live.note_planned(NOW, 0, NOW)
    assert live.sweep_state(NOW + MINUTE).done_at == NOW


def test_a_first_sweep_that_never_comes_shows_as_stale(make_camera: Callable[..., Camera]) -> None:
    make_camera(created_at=NOW)
    assert live.sweep_state(NOW + MINUTE).stale_since is None
    assert live.sweep_state(NOW + 3 * MINUTE).stale_since == NOW


def test_a_fleet_without_cameras_is_never_stale() -> None:
    assert live.sweep_state(NOW).stale_since is None


def test_the_counters_of_a_tick_add_up_over_its_batches() -> None:
    live.note_planned(NOW, 120, NOW)
    live.note_batch(NOW, live.Counts(done=50, late=2), NOW)
    live.note_batch(NOW, live.Counts(done=40), NOW)
    live.note_batch(NOW, live.Counts(skipped=18, lost=10, elsewhere=2), NOW)
    assert live.counts(NOW) == live.Counts(planned=120, done=90, late=2, skipped=18, lost=10, elsewhere=2)


def test_the_scheduler_leaves_a_sign_of_life() -> None:
    live.note_heartbeat(NOW)
    assert live.sweep_state(NOW).heartbeat_at == NOW
