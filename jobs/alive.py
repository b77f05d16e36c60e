"""Container health check: `python -m jobs.alive <queue>|scheduler` exits 0 while that process lives on this host."""

from __future__ import annotations

import socket
import sys
import time
from datetime import UTC, datetime

import redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.worker import BaseWorker

from webapp import config
from webapp.services.live import LAST_SWEEP, SCHEDULER_SILENT
from webapp.services.queue_state import WORKER_SILENT

from . import QueueName

WORKER_SILENT_S = WORKER_SILENT.total_seconds()
SCHEDULER_SILENT_S = SCHEDULER_SILENT.total_seconds()


def worker_is_alive(connection: redis.Redis, queue: str) -> bool:
    """Whether a worker of this queue on this host has been heard of lately."""
    workers = Worker.all(queue=Queue(queue, connection=connection))
    return any(worker.hostname == socket.gethostname() and _age(worker) < WORKER_SILENT_S for worker in workers)


def scheduler_is_alive(connection: redis.Redis) -> bool:
    beat = connection.hget(LAST_SWEEP, "heartbeat_at")
    return beat is not None and time.time() - float(beat) < SCHEDULER_SILENT_S


def _age(worker: BaseWorker) -> float:
    """Seconds since the worker was last heard of."""
    heartbeat = worker.last_heartbeat
    return (datetime.now(UTC) - heartbeat).total_seconds() if heartbeat else float("inf")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in ("scheduler", *QueueName):
        sys.exit(f"Name one of: scheduler, {', '.join(QueueName)}.")
    try:
        with redis.Redis.from_url(config.load().REDIS_URL, socket_timeout=3, socket_connect_timeout=3) as connection:
            name = arguments[0]
            lives = scheduler_is_alive(connection) if name == "scheduler" else worker_is_alive(connection, name)
    except RedisError as error:
        sys.exit(f"Redis does not answer, so nothing is known: {error}")
    return 0 if lives else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
