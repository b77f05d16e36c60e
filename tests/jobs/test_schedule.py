"""The metronome on a real Redis: one entry whatever happens, no tick lost, nothing that stops it for good."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq_scheduler import Scheduler

from jobs import QueueName
from jobs.schedule import QUARANTINE, Metronome, keep_time, timetable
from tests.servers import redis_server
from tests.waiting import wait_for
from webapp.embedded_redis import redis_command
from webapp.extensions import redis_client
from webapp.models import utc_now
from webapp.services import live

ENTRIES = {
    b"sweep-tick",
    b"forget-tests",
    b"forget-bulk",
    b"go-on-bulk",
    b"go-on-imports",
    b"forget-imports",
    b"measure-storage",
    b"roll-up",
    b"make-partitions",
    b"housekeeping-snapshots",
    b"housekeeping-health",
    b"housekeeping-history",
    b"housekeeping-database",
    b"go-on-reports",
    b"give-up-clips",
}


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"CHECK_INTERVAL_SECONDS": 5}


@pytest.fixture
def connection(app: Flask) -> redis.Redis:
    return redis.Redis(connection_pool=app.extensions["redis_pool"])


@pytest.fixture
def metronome(connection: redis.Redis) -> Metronome:
    return Metronome(connection=connection, queue_name=QueueName.TICK)


def scheduled(connection: redis.Redis) -> set[bytes]:
    return set(connection.zrange(Scheduler.scheduled_jobs_key, 0, -1))


def waiting(connection: redis.Redis, queue: QueueName = QueueName.TICK) -> list[str]:
    return Queue(queue, connection=connection, serializer=JSONSerializer).job_ids


def make_due(connection: redis.Redis, id: str = "sweep-tick") -> None:
    connection.zadd(Scheduler.scheduled_jobs_key, {id: time.time() - 1})


def test_every_function_of_the_timetable_exists(app: Flask) -> None:
    for entry in timetable():
        module, _, name = entry.func.rpartition(".")
        assert callable(getattr(importlib.import_module(module), name))


def test_ten_restarts_leave_one_entry_each(metronome: Metronome, connection: redis.Redis) -> None:
    for _ in range(10):
        metronome.reset()
    assert scheduled(connection) == ENTRIES


def test_entries_never_expire_and_are_json(metronome: Metronome, connection: redis.Redis) -> None:
    metronome.reset()
    job = Job.fetch("sweep-tick", connection=connection, serializer=JSONSerializer)
    assert (job.func_name, list(job.args), job.result_ttl) == ("jobs.health.tick", [], -1)
    assert connection.ttl("rq:job:sweep-tick") == -1


def test_an_entry_of_an_earlier_version_is_dropped(metronome: Metronome, connection: redis.Redis) -> None:
    metronome.schedule(utc_now(), "jobs.health.gone", interval=60, id="old-sweep")
    metronome.reset()
    assert scheduled(connection) == ENTRIES
    assert not connection.exists("rq:job:old-sweep")


def test_somebody_elses_entry_is_left_alone(metronome: Metronome, connection: redis.Redis) -> None:
    metronome.schedule(utc_now() + timedelta(hours=1), "elsewhere.work", interval=60, id="theirs")
    metronome.reset()
    assert scheduled(connection) == ENTRIES | {b"theirs"}


def test_the_first_tick_comes_at_once(metronome: Metronome, connection: redis.Redis) -> None:
    metronome.reset()
    metronome.beat()
    assert waiting(connection) == ["sweep-tick"]


def test_the_next_tick_lies_on_the_grid(metronome: Metronome, connection: redis.Redis) -> None:
    metronome.reset()
    metronome.beat()
    due = connection.zscore(Scheduler.scheduled_jobs_key, "sweep-tick")
    assert due is not None
    assert due % 5 == 0
    assert 0 < due - time.time() <= 5


def test_ticks_that_nobody_takes_do_not_pile_up(metronome: Metronome, connection: redis.Redis) -> None:
    metronome.reset()
    for _ in range(5):
        make_due(connection)
        metronome.beat()
    assert waiting(connection) == ["sweep-tick"]


def test_after_a_flush_the_schedule_is_back_with_the_next_beat(metronome: Metronome, connection: redis.Redis) -> None:
    metronome.reset()
    metronome.beat()
    connection.flushdb()
    metronome.beat()
    assert scheduled(connection) == ENTRIES
    assert waiting(connection) == ["sweep-tick"]


def test_an_unreadable_entry_is_put_aside_and_the_others_run(metronome: Metronome, connection: redis.Redis) -> None:
    metronome.reset()
    connection.hset("rq:job:broken", mapping={"data": b"\x80\x05garbage", "created_at": "never", "origin": "tick"})
    make_due(connection, "broken")
    make_due(connection)
    metronome.beat()
    assert waiting(connection) == ["sweep-tick"]
    assert connection.hkeys(QUARANTINE) == [b"broken"]
    assert scheduled(connection) == ENTRIES


def test_a_pickled_entry_is_never_unpickled(metronome: Metronome, connection: redis.Redis) -> None:
    Scheduler(connection=connection).schedule(utc_now(), "os.getpid", interval=60, id="pickled")
    make_due(connection, "pickled")
    metronome.beat()
    assert connection.hkeys(QUARANTINE) == [b"pickled"]


def test_an_entry_whose_job_is_gone_is_registered_anew(metronome: Metronome, connection: redis.Redis) -> None:
    metronome.reset()
    connection.delete("rq:job:sweep-tick")
    make_due(connection)
    metronome.beat()
    metronome.beat()
    assert waiting(connection) == ["sweep-tick"]


def test_cron_is_read_in_utc(connection: redis.Redis, tmp_path: Path) -> None:
    """In a process of its own, because the time zone is the process's."""
    environ = os.environ | {"TZ": "Asia/Kolkata", "REDIS_URL": _url(connection), "DATA_DIR": str(tmp_path)}
    script = "import threading, jobs.schedule as s; s.keep_time = lambda stop: s.Metronome("
    script += "connection=s.redis_client, queue_name='tick').reset(); s.main()"
    subprocess.run([sys.executable, "-c", script], env=environ, check=True, capture_output=True)
    due = connection.zscore(Scheduler.scheduled_jobs_key, "forget-tests")
    assert due is not None
    assert datetime.fromtimestamp(due, UTC).minute == 11


def _url(connection: redis.Redis) -> str:
    return f"unix://{connection.connection_pool.connection_kwargs['path']}"


@pytest.fixture
def beating(app: Flask) -> Iterator[threading.Event]:
    """The real loop in a thread."""
    stop = threading.Event()

    def run() -> None:
        with app.app_context():
            keep_time(stop)

    thread = threading.Thread(target=run)
    thread.start()
    yield stop
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.usefixtures("beating")
def test_no_tick_is_skipped_and_each_comes_within_a_fifth_of_a_second(connection: redis.Redis) -> None:
    moments = []
    for _ in range(3):
        wait_for(lambda: connection.lpop("rq:queue:tick"))
        moments.append(time.time())
    assert [round(moment % 5, 3) < 0.2 for moment in moments[1:]] == [True, True]
    assert moments[2] - moments[1] == pytest.approx(5, abs=0.3)


@pytest.mark.usefixtures("beating")
def test_its_heart_beats() -> None:
    wait_for(lambda: live.sweep_state(utc_now()).heartbeat_at is not None)


@pytest.fixture
def own_redis(overrides: dict[str, Any]) -> Iterator[None]:
    with redis_server() as url:
        overrides["REDIS_URL"] = url
        yield


def test_it_survives_the_loss_of_redis(
    own_redis: None, app: Flask, beating: threading.Event, connection: redis.Redis
) -> None:
    wait_for(lambda: scheduled(connection) == ENTRIES)
    pid = int(redis_client.info("server")["process_id"])  # type: ignore[index]
    path = Path(app.extensions["redis_pool"].connection_kwargs["path"])
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not _answers(connection))
    with subprocess.Popen(redis_command(path, path.parent)) as server:
        try:
            wait_for(lambda: _answers(connection) and scheduled(connection) == ENTRIES)
        finally:
            server.terminate()


def _answers(connection: redis.Redis) -> bool:
    try:
        return bool(connection.ping())
    except redis.RedisError:
        return False


def test_its_process_ends_when_told_to_however_often(connection: redis.Redis, tmp_path: Path) -> None:
    environ = os.environ | {"REDIS_URL": _url(connection), "DATA_DIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-m", "jobs.schedule"], env=environ) as process:
        try:
            wait_for(lambda: scheduled(connection) == ENTRIES, 30)
            for _ in range(3):
                process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
