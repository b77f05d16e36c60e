"""What is found out about queues and workers, on a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

import jobs
from jobs import QueueName, survey
from jobs.schedule import UNSERVED_FOR, Watch
from jobs.worker import CameraWorker
from webapp.extensions import redis_client
from webapp.models import utc_now
from webapp.services import live
from webapp.services.queue_state import WORKER_SILENT, QueueState


@pytest.fixture
def worker(app: Flask) -> Iterator[CameraWorker]:
    worker = CameraWorker(QueueName.CHECKS, app)
    worker.register_birth()
    worker.heartbeat()
    yield worker
    worker.register_death()
    worker.connection.close()


def look(name: str) -> QueueState:
    return next(queue for queue in survey.queues(utc_now()) if queue.name == name)


def test_a_worker_is_found_at_its_queue(worker: CameraWorker) -> None:
    (found,) = look("checks").workers
    assert (found.pid, found.is_busy) == (worker.pid, False)
    assert look("now").workers == ()


def test_a_worker_that_fell_silent_does_not_count(worker: CameraWorker) -> None:
    later = utc_now() + WORKER_SILENT + timedelta(seconds=1)
    assert all(not queue.workers for queue in survey.queues(later))


@pytest.mark.usefixtures("app")
def test_a_queue_tells_how_long_its_first_job_waits() -> None:
    assert look("now").oldest_at is None
    before = utc_now()
    jobs.check_now("one")
    jobs.check_now("two")
    found = look("now")
    assert found.waiting == 2
    assert found.oldest_at is not None
    assert before - timedelta(seconds=1) < found.oldest_at < utc_now() + timedelta(seconds=1)


@pytest.mark.usefixtures("app")
def test_a_job_whose_time_is_over_waits_for_nothing() -> None:
    jobs.check_now("one")
    redis_client.delete("rq:job:now-one")
    assert look("now").oldest_at is None


def test_without_redis_nothing_is_known(app: Flask) -> None:
    pool = app.extensions["redis_pool"]
    pool.disconnect()
    pool.connection_kwargs["path"] = "/nowhere/redis.sock"
    with pytest.raises(jobs.QueueAway):
        survey.queues(utc_now())


class TestWatch:
    """The scheduler's look at queues that nobody serves."""

    def test_it_tells_only_of_those_that_stay_without_a_worker(self, worker: CameraWorker) -> None:
        watch, now = Watch(), utc_now()
        watch.look(now)
        assert live.sweep_state(now).unserved == {}
        watch.look(now + UNSERVED_FOR)
        assert set(live.sweep_state(now).unserved) == {"tick", "now", "slow"}
        assert live.sweep_state(now).unserved["slow"] == now

    @pytest.mark.usefixtures("app")
    def test_open_pages_learn_of_it_once(self) -> None:
        watch, now = Watch(), utc_now()
        watch.look(now)
        watch.look(now + UNSERVED_FOR)
        seq = live.changes_since(0).seq
        watch.look(now + 2 * UNSERVED_FOR)
        assert live.changes_since(seq).seq == seq

    @pytest.mark.usefixtures("app")
    def test_it_is_believed_for_two_minutes(self) -> None:
        live.note_unserved({"slow": utc_now()})
        assert 0 < redis_client.ttl(live.UNSERVED) <= live.BELIEVE_UNSERVED_SECONDS  # type: ignore[operator]
