"""One reading of the whole system, with its parts there and away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from webapp.extensions import db, redis_client, settings
from webapp.models import Camera
from webapp.services import live, system_facts, system_status
from webapp.services.live import Counts
from webapp.services.queue_state import QueueState, WorkerState
from webapp.services.sweep_plan import tick_of
from webapp.services.system_checks import Check, Level


def served(now: datetime) -> list[QueueState]:
    worker = WorkerState("host", 7, False, now)
    return [QueueState(name, 0, None, (worker,)) for name in ("tick", "checks", "now", "slow")]


def keep_up(now: datetime) -> None:
    live.note_heartbeat(now)
    tick = tick_of(now) - timedelta(minutes=1)
    live.note_planned(tick, 100, tick)
    live.note_batch(tick, Counts(done=100), tick + timedelta(seconds=12))
    live.note_planned(tick_of(now), 0, now)


def by_name(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_system_that_keeps_up_is_well(either_app: Flask, now: datetime) -> None:
    keep_up(now)
    found = system_status.read(served(now), now)
    assert found.level == Level.OK, [check for check in found.checks if check.level != Level.OK]
    assert found.capacity
    assert found.capacity.cameras == 100
    assert found.database_bytes
    assert found.cameras == {}


@pytest.mark.usefixtures("app")
def test_what_fails_comes_first(now: datetime) -> None:
    keep_up(now)
    queues = served(now)
    queues[3] = QueueState("slow", 0, None, ())
    found = system_status.read(queues, now)
    assert found.checks[0].name == "workers slow"
    assert found.level == Level.FAILING


def test_without_redis_it_says_only_that(app: Flask, now: datetime) -> None:
    pool = app.extensions["redis_pool"]
    pool.disconnect()
    pool.connection_kwargs["path"] = "/nowhere/redis.sock"
    found = by_name(system_status.read(None, now).checks)
    assert found["redis"].level == Level.FAILING
    assert found["database"].level == Level.OK
    assert "scheduler" not in found


@pytest.mark.usefixtures("app")
def test_without_a_database_the_rest_is_told(now: datetime) -> None:
    keep_up(now)
    db.session.remove()
    db.engine.dispose()
    for file in settings.DATA_DIR.glob("camkeeper.db*"):
        file.unlink()
    (settings.DATA_DIR / "camkeeper.db").mkdir()
    found = system_status.read(served(now), now)
    assert by_name(found.checks)["database"].level == Level.FAILING
    assert found.cameras is None
    assert found.database_bytes is None


def test_an_outgrown_embedded_mode_is_named(
    app: Flask, make_camera: Callable[..., Camera], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_status, "EMBEDDED_CAMERAS", 1)
    for _ in range(2):
        make_camera()
    assert by_name(system_status.read(served(now), now).checks)["size"].level == Level.WARNING


def test_cameras_are_counted_by_what_is_shown(app: Flask, make_camera: Callable[..., Camera], now: datetime) -> None:
    make_camera(status="live", next_due_at=now + timedelta(minutes=1))
    make_camera(status="live", next_due_at=now - timedelta(hours=1))
    assert system_status.count_cameras(now) == {"live": 1, "unknown": 1}


@pytest.mark.usefixtures("app")
def test_the_storage_is_measured_once_and_remembered(now: datetime) -> None:
    assert system_facts.measured_storage() is None
    system_facts.measure_storage(now)
    assert system_facts.measured_storage() == system_facts.Measured(0, 0, now)
    assert 0 < redis_client.ttl(system_facts.MEASURED) <= system_facts.MEASURED_FOR.total_seconds()  # type: ignore[operator]


def test_a_database_on_another_host_may_have_another_clock(postgres_app: Flask) -> None:
    assert abs(system_facts.clock_skew()) < timedelta(seconds=2)
