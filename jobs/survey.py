"""How the queues and their workers are, as RQ keeps it in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker

from webapp.extensions import redis_client
from webapp.services.queue_state import QueueState, WorkerState

from . import QueueAway, QueueName


def queues(now: datetime) -> list[QueueState]:
    """Every queue with those of its workers that were heard of lately. Raises QueueAway."""
    connection: redis.Redis = redis_client._get_current_object()  # type: ignore[attr-defined]
    try:
        workers = Worker.all(connection=connection)
        return [_queue(name, workers, connection, now) for name in QueueName]
    except RedisError:
        raise QueueAway from None


def _queue(name: QueueName, workers: Sequence[BaseWorker], connection: redis.Redis, now: datetime) -> QueueState:
    queue = Queue(name, connection=connection, serializer=JSONSerializer)
    serving = [_worker(worker) for worker in workers if name in worker.queue_names()]
    waiting = queue.get_job_ids()
    return QueueState(
        name=name.value,
        waiting=len(waiting),
        oldest_at=_waits_since(waiting, connection),
        workers=tuple(worker for worker in serving if worker.is_heard(now)),
    )


def _waits_since(waiting: Sequence[str], connection: redis.Redis) -> datetime | None:
    """Since when the first in the queue waits."""
    try:
        job = Job.fetch(waiting[0], connection=connection, serializer=JSONSerializer) if waiting else None
    except NoSuchJobError:  # it was taken meanwhile, or its time is over
        return None
    return _aware(job.enqueued_at) if job else None


def _worker(worker: BaseWorker) -> WorkerState:
    return WorkerState(
        host=worker.hostname or "",
        pid=worker.pid or 0,
        is_busy=worker.get_state() == "busy",
        heard_at=_aware(worker.last_heartbeat),
    )


def _aware(moment: datetime | None) -> datetime | None:
    """RQ leaves out the zone where it means UTC."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
