"""Background work: the four queues, and putting jobs on them with our defaults. Arguments are ids and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from webapp.extensions import redis_client, settings
from webapp.models import new_id

FAILURE_TTL_S = 3600
NOW_TTL_S = 30
"""Work somebody waits for in front of a page is worth nothing half a minute later."""

CLIP_S = 900
LONGEST_S = 3600
"""What one job on the queue SLOW may take."""

Argument = str | int | Sequence[str]


class QueueName(StrEnum):
    """One queue, one kind of worker: what somebody waits for never stands behind a sweep."""

    TICK = "tick"
    CHECKS = "checks"
    NOW = "now"
    SLOW = "slow"


class QueueAway(Exception):
    """Background work cannot be started, because Redis does not answer."""

    def __init__(self) -> None:
        super().__init__("This cannot be started now, because Redis does not answer. Try again in a minute.")


def check_now(camera_id: str) -> None:
    """Check this camera as soon as a worker is free; asking again within seconds asks once. Raises QueueAway."""
    enqueue(QueueName.NOW, "jobs.health.check_camera", camera_id, job_id=f"now-{camera_id}", ttl=NOW_TTL_S)


def take_snapshot(camera_id: str, user_id: str) -> None:
    """Check this camera as soon as a worker is free, and keep the picture. Raises QueueAway."""
    # A name of its own, not check_now's: a check that waits already must not come in place of a picture to keep.
    name = f"snapshot-{camera_id}"
    enqueue(QueueName.NOW, "jobs.health.take_snapshot", camera_id, user_id, job_id=name, ttl=NOW_TTL_S)


def call_view_right(camera_id: str, user_id: str) -> None:
    """Have the camera's latest picture called right by this person, and check the camera. Raises QueueAway."""
    name = f"view-{camera_id}"
    enqueue(QueueName.NOW, "jobs.health.call_view_right", camera_id, user_id, job_id=name, ttl=NOW_TTL_S)


def test_connection(test_id: str) -> None:
    """Run the test that connection_tests.create() stored. Raises QueueAway."""
    enqueue(QueueName.NOW, "jobs.connection_tests.run", test_id, job_id=f"test-{test_id}", ttl=NOW_TTL_S)


def work_on_import(import_id: str, act: str) -> None:
    """Have a worker check, try_out, apply or undo it: whatever its state says comes next. Raises QueueAway."""
    # Never the same name twice: a job that ends takes its name with it, also from a namesake that still waits.
    name = f"import-{import_id}-{new_id()[:8]}"
    enqueue(QueueName.SLOW, f"jobs.imports.{act}", import_id, job_id=name, timeout=LONGEST_S)


def make_report(report_id: str) -> None:
    """Have a worker make a report. Raises QueueAway."""
    name = f"report-{report_id}-{new_id()[:8]}"
    enqueue(QueueName.SLOW, "jobs.reports.make", report_id, job_id=name, timeout=LONGEST_S)


def make_clip(clip_id: str) -> None:
    """Have a worker record, convert or look through a clip. Raises QueueAway."""
    enqueue(QueueName.SLOW, "jobs.clips.make", clip_id, job_id=f"clip-{clip_id}", timeout=CLIP_S)


def enqueue(
    queue: QueueName, func: str, *args: Argument, job_id: str, ttl: int | None = None, timeout: float | None = None
) -> None:
    """Put one call on a queue. `func` is named, not imported, so that the web process never loads the video code.

    `ttl` and `timeout` in seconds; the default timeout is enough for one check. A job of the same id that still waits
    is replaced. Raises QueueAway.
    """
    enqueue_all(queue, func, {job_id: args}, ttl, timeout)


def enqueue_all(
    queue: QueueName,
    func: str,
    calls: Mapping[str, tuple[Argument, ...]],
    ttl: int | None = None,
    timeout: float | None = None,
) -> None:
    """Put many calls on a queue in one round trip: job id → arguments. Raises QueueAway."""
    timeout = timeout or 2 * settings.CHECK_DEADLINE_SECONDS + 15
    target = Queue(queue, connection=redis_client._get_current_object(), serializer=JSONSerializer)  # type: ignore[attr-defined]
    jobs = [
        # The default description is the call with its arguments, and descriptions are logged.
        Queue.prepare_data(
            func,
            args,
            job_id=job_id,
            description=func,
            timeout=math.ceil(timeout),
            ttl=ttl,
            result_ttl=0,
            failure_ttl=FAILURE_TTL_S,
        )
        for job_id, args in calls.items()
    ]
    try:
        with target.connection.pipeline() as pipe:
            for job_id in calls:
                pipe.lrem(target.key, 0, job_id)
            target.enqueue_many(jobs, pipeline=pipe)
            pipe.execute()
    except RedisError:
        raise QueueAway from None


def is_waiting(queue: QueueName, name: str) -> bool:
    """Whether a job whose id begins with `name` waits on the queue. Raises QueueAway."""
    try:
        waiting = Queue(queue, connection=redis_client._get_current_object()).get_job_ids()  # type: ignore[attr-defined]
    except RedisError:
        raise QueueAway from None
    return any(job_id.startswith(name) for job_id in waiting)
