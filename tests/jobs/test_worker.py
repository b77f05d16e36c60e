"""Worker processes for real: a job from the queue to the database, and what happens when processes are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy import select

import jobs
from jobs import QueueName
from simulator.running import RunningFarm, running_farm
from tests.jobs.workers import ROOT, Worker
from tests.waiting import wait_for
from webapp.embedded_redis import redis_command
from webapp.extensions import db
from webapp.models import Camera, CameraHealth, Status, new_id, utc_now
from webapp.services.sweep_plan import tick_of

GOOD = "/sim/none/door-h264-360p-gop2-key"
SILENT = "/sim/silent/door-h264-360p-gop2-key"


@pytest.fixture(scope="module")
def farm() -> Iterator[RunningFarm]:
    with running_farm() as found:
        yield found


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"CHECK_DEADLINE_SECONDS": 2.0}


def add(url: str) -> str:
    camera = Camera(id=new_id(), name="Gate", rtsp_url=url, next_due_at=utc_now())
    db.session.add(camera)
    db.session.commit()
    return camera.id


def stored(camera_id: str) -> Camera:
    camera = db.session.get(Camera, camera_id, populate_existing=True)
    assert camera is not None
    db.session.commit()
    return camera


def check(*ids: str) -> None:
    """Put a batch of the tick we are in on the queue."""
    tick = int(tick_of(utc_now()).timestamp())
    name = f"check-{tick}-{new_id()}"
    jobs.enqueue(QueueName.CHECKS, "jobs.health.check_batch", tick, ids, job_id=name, timeout=30)


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_batch_goes_from_the_queue_to_the_database_and_leaves_nothing_in_redis(
    app: Flask, start: Callable[..., Worker], farm: RunningFarm
) -> None:
    camera_id = add(farm.url(f"{GOOD}/1"))
    worker = start()
    check(camera_id)
    wait_for(lambda: stored(camera_id).picture_hash)
    assert stored(camera_id).status == Status.LIVE
    server = redis.Redis(connection_pool=app.extensions["redis_pool"])
    wait_for(lambda: not server.keys("rq:job:*"))
    assert camera_id not in "".join(worker.said)


def test_check_now_answers_in_three_seconds_while_the_checks_workers_are_busy(
    start: Callable[..., Worker], farm: RunningFarm
) -> None:
    checks, _ = start(), start(QueueName.NOW)
    for number in range(3):
        check(*[add(farm.url(f"{SILENT}/{number}{n}")) for n in range(20)])
    wait_for(checks.horses)
    camera_id = add(farm.url(f"{GOOD}/2"))
    started = time.monotonic()
    jobs.check_now(camera_id)
    wait_for(lambda: stored(camera_id).status == Status.LIVE)
    assert time.monotonic() - started < 3


def test_cameras_of_a_killed_batch_are_checked_again(start: Callable[..., Worker], farm: RunningFarm) -> None:
    camera_id = add(farm.url(f"{SILENT}/50"))
    worker = start()
    check(camera_id)
    wait_for(lambda: stored(camera_id).claimed_until)
    [horse] = worker.horses()
    os.kill(horse, signal.SIGKILL)
    wait_for(lambda: not lives(horse))
    claimed_until = stored(camera_id).claimed_until
    assert stored(camera_id).outcome is None
    assert claimed_until is not None
    wait_for(lambda: utc_now() > claimed_until)
    check(camera_id)
    wait_for(lambda: stored(camera_id).outcome == "timeout")
    rows = db.session.scalars(select(CameraHealth)).all()
    assert len(rows) == 1


def test_a_job_dies_with_its_worker(start: Callable[..., Worker], farm: RunningFarm) -> None:
    worker = start()
    check(add(farm.url(f"{SILENT}/60")))
    wait_for(worker.horses)
    [horse] = worker.horses()
    os.kill(worker.pid, signal.SIGKILL)
    wait_for(lambda: not lives(horse), 2)


def test_told_to_stop_it_finishes_its_batch_first(start: Callable[..., Worker], farm: RunningFarm) -> None:
    camera_id = add(farm.url(f"{SILENT}/70"))
    worker = start()
    check(camera_id)
    wait_for(lambda: stored(camera_id).claimed_until)
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(8) == 0
    assert stored(camera_id).outcome == "timeout"


def test_an_idle_worker_stops_at_once(start: Callable[..., Worker]) -> None:
    worker = start()
    time.sleep(0.3)
    started = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(5) == 0
    assert time.monotonic() - started < 2


def test_after_its_share_of_jobs_it_goes_on_in_a_fresh_process(start: Callable[..., Worker], farm: RunningFarm) -> None:
    worker = start(code="import jobs.worker as w; w.JOBS_UNTIL_RECYCLED = 1; w.main(['checks'])")
    first, second = add(farm.url(f"{GOOD}/80")), add(farm.url(f"{GOOD}/81"))
    check(first)
    wait_for(lambda: stored(first).status == Status.LIVE)
    check(second)
    wait_for(lambda: stored(second).status == Status.LIVE)
    assert worker.process.poll() is None
    assert b"jobs.worker\0checks" in Path(f"/proc/{worker.pid}/cmdline").read_bytes()


@pytest.fixture
def own_redis(overrides: dict[str, Any], tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a Redis at the place this test's settings name; it may be started again."""
    path = tmp_path / "r.sock"
    overrides["REDIS_URL"] = f"unix://{path}"
    servers: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        servers.append(subprocess.Popen(redis_command(path, tmp_path), stdout=subprocess.DEVNULL))
        with redis.Redis.from_url(overrides["REDIS_URL"]) as server:
            wait_for(lambda: _answers(server))
        return servers[-1]

    start()
    yield start
    for server in servers:
        server.kill()
        server.wait()


def _answers(server: redis.Redis) -> bool:
    try:
        return bool(server.ping())
    except redis.RedisError:
        return False


def test_it_survives_the_loss_of_redis(
    own_redis: Callable[[], subprocess.Popen[bytes]], app: Flask, start: Callable[..., Worker], farm: RunningFarm
) -> None:
    worker = start()
    server = redis.Redis.from_url(app.extensions["camkeeper"].REDIS_URL)
    os.kill(int(server.info("server")["process_id"]), signal.SIGKILL)  # type: ignore[index]
    wait_for(lambda: not _answers(server))
    time.sleep(0.5)
    own_redis()
    camera_id = add(farm.url(f"{GOOD}/90"))
    check(camera_id)
    wait_for(lambda: stored(camera_id).status == Status.LIVE)
    assert worker.process.poll() is None


def test_it_waits_for_a_redis_that_is_not_there_yet_and_can_be_stopped_meanwhile(
    overrides: dict[str, Any], tmp_path: Path
) -> None:
    environ = os.environ | {"DATA_DIR": str(tmp_path), "REDIS_URL": f"unix://{tmp_path}/nobody.sock"}
    worker = Worker(QueueName.NOW, environ)
    wait_for(lambda: any("Redis is away" in line for line in worker.said))
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(3) == 0
    worker.end()


def test_a_process_that_hangs_beyond_its_time_is_ended_by_its_watchdog() -> None:
    code = "import time; from jobs.worker import _watch; _watch(0.2); time.sleep(60)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 70


def test_a_worker_without_a_queue_says_which_there_are() -> None:
    done = subprocess.run([sys.executable, "-m", "jobs.worker"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "tick, checks, now, slow" in done.stderr
