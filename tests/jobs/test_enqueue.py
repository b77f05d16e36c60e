"""What goes onto the queues: ids only, in JSON, with our limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

import jobs
from jobs import QueueAway, QueueName
from webapp.extensions import settings
from webapp.models import Camera


@pytest.fixture
def connection(app: Flask) -> redis.Redis:
    return redis.Redis(connection_pool=app.extensions["redis_pool"])


def waiting(connection: redis.Redis, queue: QueueName) -> list[Job]:
    return list(Queue(queue, connection=connection, serializer=JSONSerializer).jobs)


def test_check_now_waits_on_its_own_queue(connection: redis.Redis) -> None:
    jobs.check_now("7f0c")
    [job] = waiting(connection, QueueName.NOW)
    assert (job.func_name, list(job.args)) == ("jobs.health.check_camera", ["7f0c"])
    assert (job.result_ttl, job.failure_ttl, job.ttl) == (0, 3600, 30)
    assert job.timeout == 2 * settings.CHECK_DEADLINE_SECONDS + 15


def test_asking_twice_asks_once(connection: redis.Redis) -> None:
    for _ in range(5):
        jobs.check_now("7f0c")
    assert len(waiting(connection, QueueName.NOW)) == 1


def test_a_snapshot_does_not_take_the_place_of_a_check_nor_the_other_way_round(connection: redis.Redis) -> None:
    jobs.take_snapshot("7f0c", "the-user-id")
    jobs.check_now("7f0c")
    snapshot, check = waiting(connection, QueueName.NOW)
    assert (snapshot.func_name, list(snapshot.args)) == ("jobs.health.take_snapshot", ["7f0c", "the-user-id"])
    assert check.func_name == "jobs.health.check_camera"


def test_jobs_are_json_and_their_description_holds_no_argument(connection: redis.Redis) -> None:
    jobs.test_connection("the-test-id")
    [job] = waiting(connection, QueueName.NOW)
    assert json.loads(job.data)[0] == "jobs.connection_tests.run"
    assert job.description == "jobs.connection_tests.run"


def test_a_tick_puts_its_batches_on_the_checks_queue(
    connection: redis.Redis, make_camera: Callable[..., Camera], monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs import health

    ids = sorted(make_camera().id for _ in range(settings.CHECK_BATCH + 2))
    health.tick()
    health.tick()
    found = waiting(connection, QueueName.CHECKS)
    assert [len(job.args[1]) for job in found] == [settings.CHECK_BATCH, 2]
    assert sorted(id for job in found for id in job.args[1]) == ids
    tick = found[0].args[0]
    assert tick % 60 == 0
    assert datetime.fromtimestamp(tick, UTC) <= datetime.now(UTC)
    assert found[0].id.startswith(f"check-{tick}-0-")
    assert found[0].ttl == 2 * settings.CHECK_INTERVAL_SECONDS


def test_with_redis_away_it_says_so_at_once(app: Flask) -> None:
    pool = app.extensions["redis_pool"]
    pool.disconnect()
    pool.connection_kwargs["path"] = "/nowhere/redis.sock"
    with pytest.raises(QueueAway, match="Redis does not answer"):
        jobs.check_now("7f0c")


def test_every_named_function_exists() -> None:
    from importlib import import_module

    for name in ("jobs.health.check_camera", "jobs.health.check_batch", "jobs.connection_tests.run"):
        module, _, function = name.rpartition(".")
        assert callable(getattr(import_module(module), function))
