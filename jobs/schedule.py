"""The metronome: rq-scheduler behind a loop of our own that survives whatever Redis and its contents do."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq_scheduler import Scheduler

from webapp import create_app
from webapp.extensions import redis_client, settings
from webapp.models import utc_now
from webapp.services import live
from webapp.services.housekeeping import tasks

from . import LONGEST_S, QueueAway, QueueName, survey

log = logging.getLogger(__name__)

QUARANTINE = "scheduler:quarantine"
LONGEST_PAUSE_S = 15.0
STOPS = (signal.SIGTERM, signal.SIGINT)
LOOK_EVERY_S = 15
UNSERVED_FOR = timedelta(seconds=60)
"""How long nobody must have served a queue before that is told: a worker that is made anew is back in seconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timetable: either every so many seconds, on the grid that counts from 1970, or by cron in UTC."""

    id: str
    """Fixed, so that a restart replaces the entry instead of adding another; letters, digits, _ and - only."""
    func: str
    queue: QueueName
    every: int | None = None
    cron: str | None = None
    timeout: int = 60


def timetable() -> tuple[Entry, ...]:
    return (
        Entry("sweep-tick", "jobs.health.tick", QueueName.TICK, every=settings.CHECK_INTERVAL_SECONDS, timeout=30),
        Entry("forget-tests", "jobs.connection_tests.forget_old", QueueName.SLOW, cron="11 * * * *"),
        Entry("go-on-imports", "jobs.imports.go_on", QueueName.SLOW, every=60),
        Entry("forget-imports", "jobs.imports.forget_old", QueueName.SLOW, cron="41 * * * *", timeout=300),
        Entry("go-on-reports", "jobs.reports.go_on", QueueName.SLOW, every=60),
        Entry("give-up-clips", "jobs.clips.give_up", QueueName.SLOW, every=60),
        Entry("measure-storage", "jobs.status.measure_storage", QueueName.SLOW, cron="23 * * * *", timeout=600),
        Entry("roll-up", "jobs.history.roll_up", QueueName.SLOW, cron="4 * * * *", timeout=LONGEST_S),
        Entry("make-partitions", "jobs.history.make_partitions", QueueName.SLOW, cron="34 */6 * * *"),
        Entry("go-on-bulk", "jobs.bulk.go_on", QueueName.SLOW, every=60),
        *_clean_ups(),
        Entry("forget-bulk", "jobs.bulk.forget_old", QueueName.SLOW, cron="17 4 * * *"),
    )


def _clean_ups() -> Iterator[Entry]:
    for task in tasks.TASKS:
        func = f"jobs.housekeeping.{task.name}"
        yield Entry(f"housekeeping-{task.name}", func, QueueName.SLOW, cron=task.cron, timeout=LONGEST_S)


class JsonJob(Job):
    """A job in JSON: rq-scheduler would pickle, and whoever writes pickles to Redis runs code in our workers."""

    def __init__(self, id: str | None = None, connection: Any = None, serializer: Any = None) -> None:
        super().__init__(id, connection, serializer or JSONSerializer)


class Metronome(Scheduler):  # type: ignore[misc]
    """A scheduler without its lock: two that run at once enqueue a tick twice, which plans once, while the lock of one
    that was killed would cost ticks."""

    job_class = JsonJob

    def beat(self) -> None:
        """One round: put what is missing on the schedule, and what is due on its queue. May raise RedisError."""
        self.restore()
        self.enqueue_jobs()
        live.note_heartbeat(utc_now())

    def restore(self) -> None:
        """Register the entries that are not there: all of them after Redis lost its data."""
        present = {id.decode() for id in self.connection.zrange(self.scheduled_jobs_key, 0, -1)}
        for entry in timetable():
            if entry.id not in present:
                self.register(entry)

    def reset(self) -> None:
        """Make the schedule ours: register every entry as it is now, and drop those of an earlier version."""
        known = {entry.id for entry in timetable()}
        for job in self._readable(self.connection.zrange(self.scheduled_jobs_key, 0, -1)):
            if job.id not in known and (job.func_name or "").startswith("jobs."):
                self.cancel(job)
                job.delete()
        for entry in timetable():
            self.register(entry)

    def register(self, entry: Entry) -> None:
        """Put an entry on the schedule; what goes by seconds runs at once, so that a start does not wait for a tick."""
        # Without a result_ttl of -1 the entry would expire with the result of its first run.
        common = {"id": entry.id, "queue_name": entry.queue.value, "timeout": entry.timeout, "result_ttl": -1}
        common["description"] = entry.func
        if entry.every:
            self.schedule(utc_now(), entry.func, interval=entry.every, **common)
        else:
            self.cron(entry.cron, entry.func, **common)

    def get_jobs_to_queue(self, with_times: bool = False) -> Iterator[Job]:
        return self._readable(self.connection.zrangebyscore(self.scheduled_jobs_key, 0, int(time.time())))

    def enqueue_job(self, job: Job) -> None:
        # A tick that still waits is out of date: while no worker runs, one waits and not one for every minute.
        self.get_queue_for_job(job).remove(job)
        super().enqueue_job(job)
        if every := job.meta.get("interval"):
            # Left alone the next run would count from now, and drift past a whole tick in the end.
            self.connection.zadd(self.scheduled_jobs_key, {job.id: _next_on_grid(every).timestamp()})

    def _readable(self, ids: list[bytes]) -> Iterator[Job]:
        """The jobs behind the ids; one that cannot be read is put aside instead of stopping all the others."""
        for id in ids:
            try:
                job = self.job_class.fetch(id.decode(), connection=self.connection)
                job.func_name  # noqa: B018 - reads the payload
            except RedisError:
                raise
            except NoSuchJobError:
                self.cancel(id)
            except Exception as error:
                log.error("The schedule entry %r cannot be read and is put aside: %s", id, type(error).__name__)
                self.connection.hset(QUARANTINE, id, utc_now().isoformat())
                self.cancel(id)
            else:
                yield job


class Watch:
    """Looks now and then which queues nobody serves, and tells the pages of those that stay so."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self._without: dict[str, datetime] = {}

    def look(self, now: datetime) -> None:
        """May raise RedisError."""
        if self._looked_at and now - self._looked_at < timedelta(seconds=LOOK_EVERY_S):
            return
        self._looked_at = now
        try:
            found = survey.queues(now)
        except QueueAway as error:
            raise RedisError(str(error)) from None
        self._without = {q.name: self._without.get(q.name, now) for q in found if not q.workers}
        live.note_unserved({name: since for name, since in self._without.items() if now - since >= UNSERVED_FOR})


def _next_on_grid(every: int) -> datetime:
    return datetime.fromtimestamp((time.time() // every + 1) * every, UTC)


def keep_time(stop: threading.Event) -> None:
    """Beat every second until told to stop; while Redis is away, try again ever more slowly."""
    pause, is_ours, watch = 1.0, False, Watch()
    while not stop.is_set():
        try:
            metronome = Metronome(connection=redis_client, queue_name=QueueName.TICK)
            if not is_ours:
                metronome.reset()
                is_ours = True
            metronome.beat()
            watch.look(utc_now())
            pause = 1.0
            stop.wait(1.02 - time.time() % 1)
        except RedisError as error:
            log.warning("Redis is away, trying again in %.0f s: %s", pause, error)
            stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)


def _end(*_: object) -> None:
    """Exit, and pay no heed to further signals: Python takes its handlers away before it is gone."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def main() -> None:
    os.environ["TZ"] = "UTC"  # rq-scheduler reads cron in the zone of its process
    time.tzset()
    warnings.filterwarnings("ignore", category=FutureWarning, module="rq_scheduler")  # about that very zone
    for number in STOPS:
        # Not an event that is set: a second signal during the first one's handler would wait for its lock for ever.
        signal.signal(number, _end)
    with create_app().app_context():
        log.info("The scheduler runs: %s", ", ".join(entry.id for entry in timetable()))
        keep_time(threading.Event())


if __name__ == "__main__":
    main()
