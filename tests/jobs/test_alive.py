"""The containers' health check: it knows a living process of this host from a dead one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from flask import Flask

from jobs import QueueName, alive
from jobs.worker import CameraWorker
from webapp.models import utc_now
from webapp.services import live


@pytest.fixture
def connection(app: Flask) -> redis.Redis:
    return redis.Redis(connection_pool=app.extensions["redis_pool"])


@pytest.fixture
def worker(app: Flask) -> Iterator[CameraWorker]:
    worker = CameraWorker(QueueName.CHECKS, app)
    worker.register_birth()
    worker.heartbeat()
    yield worker
    worker.register_death()
    worker.connection.close()


def test_a_worker_is_found_by_its_queue(worker: CameraWorker, connection: redis.Redis) -> None:
    assert alive.worker_is_alive(connection, "checks")
    assert not alive.worker_is_alive(connection, "now")


def test_a_worker_that_fell_silent_is_dead(worker: CameraWorker, connection: redis.Redis) -> None:
    long_ago = (utc_now() - timedelta(seconds=alive.WORKER_SILENT_S + 1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    connection.hset(worker.key, "last_heartbeat", long_ago)
    assert not alive.worker_is_alive(connection, "checks")


def test_a_worker_of_another_host_does_not_count(worker: CameraWorker, connection: redis.Redis) -> None:
    connection.hset(worker.key, "hostname", "elsewhere")
    assert not alive.worker_is_alive(connection, "checks")


@pytest.mark.parametrize(("seconds", "lives"), [(0, True), (29, True), (31, False)])
def test_the_scheduler_lives_by_its_heartbeat(connection: redis.Redis, seconds: int, lives: bool) -> None:
    live.note_heartbeat(utc_now() - timedelta(seconds=seconds))
    assert alive.scheduler_is_alive(connection) is lives


def test_a_scheduler_never_heard_of_is_dead(connection: redis.Redis) -> None:
    assert not alive.scheduler_is_alive(connection)


@pytest.mark.parametrize("arguments", [[], ["everything"], ["tick", "now"]])
def test_it_wants_one_name(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="Name one of: scheduler, tick, checks, now, slow"):
        alive.main(arguments)


def test_its_exit_status_is_the_answer(
    app: Flask, worker: CameraWorker, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("REDIS_URL", app.extensions["camkeeper"].REDIS_URL)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert (alive.main(["checks"]), alive.main(["now"])) == (0, 1)


def test_without_redis_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("REDIS_URL", "unix:///nowhere/redis.sock")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with pytest.raises(SystemExit, match="Redis does not answer"):
        alive.main(["checks"])
