"""A worker process: one queue, one forked process per job, recycled after a while, never ended by Redis being away."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
import time
from importlib import import_module
from typing import Any

import redis
from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from webapp import create_app
from webapp.extensions import db
from webapp.lifeline import die_with_parent

from . import QueueName

log = logging.getLogger(__name__)

JOBS_UNTIL_RECYCLED = 1000
WORKER_TTL_S = 60
WATCHDOG_GRACE_S = 15
"""Between RQ's alarm, which a job may survive, and the end of its process."""
M_ARENA_MAX = -8
"""As in malloc.h."""
HUNG = 70
"""Exit status of a job's process that the watchdog ended."""
LONGEST_PAUSE_S = 15.0


class CameraWorker(Worker):
    """An RQ worker whose forked processes have the app's context, a database connection of their own and a watchdog."""

    max_connection_wait_time = LONGEST_PAUSE_S

    def __init__(self, queue: QueueName, app: Flask) -> None:
        # Not the app's client: RQ raises the time-out on the pool it is given.
        connection = redis.Redis.from_url(app.extensions["camkeeper"].REDIS_URL)
        super().__init__(
            [queue.value],
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_S,
            log_job_description=False,
        )
        self.app = app
        self.own_pid = os.getpid()
        self.jobs_done = 0
        self.is_stopping = False

    def request_stop(self, signum: Any, frame: Any) -> None:
        self.is_stopping = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def execute_job(self, job: Job, queue: Queue) -> None:
        super().execute_job(job, queue)
        self.jobs_done += 1

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        die_with_parent(signal.SIGKILL, self.own_pid)
        _watch((job.timeout or Queue.DEFAULT_TIMEOUT) + WATCHDOG_GRACE_S)
        with self.app.app_context():
            db.engine.dispose(close=False)  # the parent's connections are the parent's
            super().main_work_horse(job, queue)


def _watch(seconds: float) -> None:
    """End this process when it is not over by then: RQ's alarm does not interrupt a call that hangs in C code."""
    timer = threading.Timer(seconds, os._exit, (HUNG,))
    timer.daemon = True
    timer.start()


def work(queue: QueueName, app: Flask) -> bool:
    """Work until told to stop (False) or until it is time for a fresh process (True)."""
    pause = 1.0
    while True:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(0))
        worker = None
        try:
            worker = CameraWorker(queue, app)
            worker.work(logging_level="WARNING", max_jobs=JOBS_UNTIL_RECYCLED)
        except RedisError as error:
            log.warning("Redis is away, trying again in %.0f s: %s", pause, error)
        if worker and worker.is_stopping:
            return False
        if worker and worker.jobs_done:
            return True
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


def bound_memory() -> None:
    """By default the C library keeps a pool of memory for each thread that ever held a picture: 270 MB for a batch at
    720p instead of 170."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_ARENA_MAX, 2)


def preload() -> None:
    """Import what jobs need before the first fork, so that no job pays for it. Nothing is opened yet: a process that
    forks while a capture opens would hang its child."""
    import_module("jobs.health")
    import_module("jobs.connection_tests")


def main(arguments: list[str]) -> None:
    if len(arguments) != 1 or arguments[0] not in list(QueueName):
        sys.exit(f"Name the one queue this worker serves: {', '.join(QueueName)}.")
    queue = QueueName(arguments[0])
    bound_memory()
    app = create_app()
    preload()
    log.info("A worker serves the queue %s.", queue)
    if work(queue, app):
        log.info("The worker of the queue %s goes on in a fresh process.", queue)
        os.execv(sys.executable, [sys.executable, "-m", "jobs.worker", queue])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
