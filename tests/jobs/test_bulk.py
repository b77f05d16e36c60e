"""Bulk actions by real workers: from the queue to the end, through a kill, and out of the way of a single check."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import insert, select

import jobs
from jobs import QueueName, bulk
from simulator.running import RunningFarm, running_farm
from tests.jobs.workers import Worker
from tests.waiting import wait_for
from webapp.extensions import db
from webapp.models import AuditEntry, BulkAction, Camera, Role, Status, User, WorkState, new_id, utc_now
from webapp.schemas import BulkInput, parse
from webapp.services.bulk import progress, starting
from webapp.services.bulk.choice import Choice
from webapp.services.rights import EVERYTHING

GOOD = "/sim/none/door-h264-360p-gop2-key"
SILENT = "/sim/silent/door-h264-360p-gop2-key"


@pytest.fixture(scope="module")
def farm() -> Iterator[RunningFarm]:
    with running_farm() as found:
        yield found


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"CHECK_DEADLINE_SECONDS": 2.0}


@pytest.fixture
def operator(make_user: Callable[..., User]) -> User:
    return make_user(Role.OPERATOR)


def fleet(*urls: str) -> tuple[str, ...]:
    moments = dict.fromkeys(("status_since", "created_at", "updated_at"), utc_now())
    known = {"name": "Gate", "version": 1, "next_due_at": utc_now() + timedelta(hours=1), **moments}
    rows = [{"id": new_id(), "rtsp_url": url, **known} for url in urls]
    db.session.execute(insert(Camera), rows)
    db.session.commit()
    return tuple(row["id"] for row in rows)


def noted(user: User, ids: tuple[str, ...], action: str, **fields: str) -> BulkAction:
    given = parse(BulkInput, {"action": action, **fields})
    return starting.start(Choice(ids), given, starting.Agreed(len(ids)), user, EVERYTHING, EVERYTHING, utc_now())


def state(found: BulkAction) -> str:
    db.session.rollback()  # what is read next is what is there now
    return str(db.session.scalar(select(BulkAction.state).where(BulkAction.id == found.id)))


def done(found: BulkAction) -> int:
    db.session.rollback()
    return progress.progress(found, utc_now()).done


def versions() -> Counter[int]:
    db.session.rollback()
    return Counter(db.session.scalars(select(Camera.version)))


def test_a_worker_does_all_of_it_as_the_person_who_started_it(operator: User, start: Callable[..., Worker]) -> None:
    found = noted(operator, fleet(*["rtsp://10.20.4.14/s"] * 150), "tag", tags="night")
    start(QueueName.SLOW)
    bulk.start(found.id)
    wait_for(lambda: state(found) == WorkState.DONE, 30)
    assert versions() == {2: 150}
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "camera.update")).all()
    assert {entry.user_id for entry in entries} == {operator.id}
    assert len(entries) == 150


def test_one_that_was_killed_is_gone_on_with_from_where_it_was(operator: User, start: Callable[..., Worker]) -> None:
    found = noted(operator, fleet(*["rtsp://10.20.4.14/s"] * 1500), "tag", tags="night")
    worker = start(QueueName.SLOW)
    bulk.start(found.id)
    wait_for(lambda: done(found), 30)
    os.kill(worker.pid, signal.SIGKILL)
    wait_for(lambda: not worker.horses())
    time.sleep(0.3)
    half = done(found)
    assert 0 < half < 1500
    assert (state(found), done(found)) == (WorkState.RUNNING, half)
    start(QueueName.SLOW)
    bulk.start(found.id)
    wait_for(lambda: state(found) == WorkState.DONE, 30)
    assert versions() == {2: 1500}


def test_what_lost_its_worker_is_taken_up_again_by_itself_and_once(app: Flask, operator: User) -> None:
    found, fresh = (noted(operator, fleet("rtsp://10.20.4.14/s"), "tag", tags="night") for _ in range(2))
    found.progress_at = utc_now() - 2 * progress.PATIENCE
    db.session.commit()
    bulk.go_on()
    bulk.go_on()
    connection = redis.Redis(connection_pool=app.extensions["redis_pool"])
    waiting = Queue(QueueName.SLOW, connection=connection, serializer=JSONSerializer).get_jobs()
    assert [(job.func_name, job.args) for job in waiting] == [("jobs.bulk.run", [found.id])]
    bulk.run(found.id)
    assert (state(found), state(fresh)) == (WorkState.DONE, WorkState.QUEUED)
    assert list(progress.left_behind(utc_now())) == []


def test_many_checks_go_among_the_batches_of_the_sweep_and_keep_nobody_waiting_who_asks_for_one(
    app: Flask, operator: User, start: Callable[..., Worker], farm: RunningFarm
) -> None:
    start(QueueName.CHECKS), start(QueueName.NOW)
    many = fleet(*[farm.url(f"{SILENT}/{n}") for n in range(60)], farm.url(f"{GOOD}/1"))
    [one] = fleet(farm.url(f"{GOOD}/2"))
    found = noted(operator, many, "check")
    bulk.run_here(found.id)
    assert state(found) == WorkState.DONE
    connection = redis.Redis(connection_pool=app.extensions["redis_pool"])
    assert len(Queue(QueueName.NOW, connection=connection, serializer=JSONSerializer)) == 0
    began = time.monotonic()
    jobs.check_now(one)
    wait_for(lambda: status(one) == Status.LIVE)
    assert time.monotonic() - began < 3
    wait_for(lambda: status(many[-1]) == Status.LIVE, 30)


def status(camera_id: str) -> str:
    db.session.rollback()
    return str(db.session.scalar(select(Camera.status).where(Camera.id == camera_id)))


def test_with_redis_away_checks_are_left_to_the_next_sweep(app: Flask, operator: User) -> None:
    ids = fleet("rtsp://10.20.4.14/s")
    found = noted(operator, ids, "check")
    app.extensions["redis_pool"].connection_kwargs["path"] = "/nowhere"
    app.extensions["redis_pool"].reset()
    bulk.run_here(found.id)
    assert state(found) == WorkState.DONE
    assert db.session.get_one(Camera, ids[0]).next_due_at <= utc_now()
