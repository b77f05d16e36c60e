"""Imports by a real worker, also one that is killed in the middle: no row is lost, and none is stored twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

import jobs
import jobs.imports
from jobs import QueueName
from tests.services.imports.conftest import clock, make_person
from tests.waiting import wait_for
from webapp.extensions import db, redis_client
from webapp.models import Camera, Import, Role, User, WorkState
from webapp.schemas import ImportOptions, parse
from webapp.services.imports import applying, course, drafts
from webapp.services.rights import EVERYTHING

ROOT = Path(__file__).parents[2]
ROWS = 1200


@pytest.fixture
def person(app: Flask) -> User:
    return make_person(Role.ADMIN)


@pytest.fixture
def slow_worker(app: Flask, overrides: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    environ = os.environ | {
        "DATA_DIR": str(overrides["DATA_DIR"]),
        "REDIS_URL": overrides["REDIS_URL"],
        "CAMERA_ALLOWED_NETWORKS": "10.0.0.0/8",
    }
    process = subprocess.Popen([sys.executable, "-m", "jobs.worker", "slow"], env=environ, cwd=ROOT)
    yield process
    process.terminate()
    process.wait(20)


def upload(person: User, rows: int) -> Import:
    lines = [f"Camera {n},C{n},10.0.{n // 250}.{n % 250}" for n in range(rows)]
    import_ = drafts.create(person, "a.csv", "\n".join(["name,code,rtsp_url", *lines]).encode(), clock())
    drafts.start_check(import_, parse(ImportOptions, import_.options), EVERYTHING, clock())
    return import_


def state(import_id: str) -> Import:
    db.session.rollback()
    return db.session.get_one(Import, import_id, populate_existing=True)


def horse_of(worker: subprocess.Popen[bytes]) -> int:
    """The process of the job."""
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    return int(children[0])


def test_a_worker_that_is_killed_in_the_middle_loses_no_row(person: User, slow_worker: subprocess.Popen[bytes]) -> None:
    import_id = upload(person, ROWS).id
    jobs.work_on_import(import_id, "check")
    wait_for(lambda: state(import_id).state == WorkState.CHECKED)
    applying.start(state(import_id), False, clock())
    jobs.work_on_import(import_id, "apply")
    wait_for(lambda: state(import_id).done > 0)
    os.kill(horse_of(slow_worker), signal.SIGKILL)
    stored = db.session.scalar(select(func.count(Camera.id))) or 0
    assert 0 < stored < ROWS
    assert state(import_id).state == WorkState.RUNNING

    db.session.execute(update(Import).values(progress_at=clock() - 2 * course.LIFELESS))
    db.session.commit()
    jobs.imports.go_on()
    wait_for(lambda: state(import_id).state == WorkState.DONE)
    assert state(import_id).counts["created"] == ROWS
    assert db.session.scalar(select(func.count(Camera.id))) == ROWS


def test_what_waits_for_a_worker_is_not_asked_for_again(person: User) -> None:
    import_ = upload(person, 1)
    jobs.work_on_import(import_.id, "check")
    make_lifeless(import_)
    jobs.imports.go_on()
    assert waiting() == 1


def test_what_redis_forgot_is_asked_for_again(person: User) -> None:
    import_ = upload(person, 1)
    jobs.imports.go_on()
    assert waiting() == 0, "it may be on its way"
    make_lifeless(import_)
    jobs.imports.go_on()
    assert waiting() == 1


def make_lifeless(import_: Import) -> None:
    import_.progress_at -= course.LIFELESS + timedelta(seconds=1)
    db.session.commit()


def waiting() -> int:
    return int(redis_client.llen(f"rq:queue:{QueueName.SLOW}"))  # type: ignore[arg-type]
