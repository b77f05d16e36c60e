"""Judging the parts of the system: ok, warning or failing, with a sentence, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .capacity import Capacity
from .live import SweepState
from .queue_state import WITHOUT, QueueState
from .sweep_record import Tick
from .system_facts import Disk

MOST_SKEW = timedelta(seconds=2)
LOW_DISK, FULL_DISK = 0.10, 0.03
"""Share of the disk that is free."""
LATELY = 10
"""Ticks that are looked at for what went wrong."""
LONG_WAIT = timedelta(minutes=30)
"""For the first in the queue of long work."""


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"


SEVERITY = {Level.OK: 0, Level.WARNING: 1, Level.FAILING: 2}


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    level: Level
    sentence: str
    remedy: str = ""
    """What to do about it; empty when all is well."""


def worst(checks: Iterable[Check]) -> Level:
    return max((check.level for check in checks), key=SEVERITY.__getitem__, default=Level.OK)


def answering(failures: dict[str, str]) -> list[Check]:
    """Database, Redis and storage, by what readiness found to fail: name → why."""
    return [_answers(name, failures.get(name)) for name in ANSWERS]


ANSWERS = {
    "database": "Start the database, and look whether DATABASE_URL still leads to it.",
    "redis": "Start Redis, and look whether REDIS_URL still leads to it. Checks go on by themselves when it is back.",
    "storage": "Start the storage, and look whether it is full and whether its settings (STORAGE, S3_…) still hold."
    " Cameras are checked without it; their pictures stay old.",
}
"""What is asked whether it answers → what to do when it does not."""


def _answers(name: str, why: str | None) -> Check:
    told = "Redis" if name == "redis" else f"The {name}"
    if why is None:
        return Check(name, Level.OK, f"{told} answers.")
    return Check(name, Level.FAILING, f"{told} {why}.", ANSWERS[name])


def scheduler(state: SweepState, now: datetime) -> Check:
    if not state.is_scheduler_silent(now):
        return Check("scheduler", Level.OK, "The scheduler gives signs of life.")
    since = f"since {state.heartbeat_at:%Y-%m-%d %H:%M:%S} UTC" if state.heartbeat_at else "yet"
    remedy = "Start it (docker compose up -d scheduler; in the embedded mode restart Camkeeper) and look into its log."
    return Check("scheduler", Level.FAILING, f"The scheduler has given no sign of life {since}.", remedy)


def workers(queue: QueueState) -> Check:
    name = f"workers {queue.name}"
    if not queue.workers:
        remedy = f"Start one: python -m jobs.worker {queue.name} (docker compose up -d {queue.name})."
        return Check(name, Level.FAILING, f"No worker serves the queue {queue.name}. {WITHOUT[queue.name]}", remedy)
    count = len(queue.workers)
    said = f"{count} worker{'s serve' if count != 1 else ' serves'} the queue {queue.name}"
    return Check(name, Level.OK, f"{said}, {queue.busy} busy.")


def waiting(queue: QueueState, now: datetime, interval: int) -> Check:
    """Whether the first in the queue has waited too long: an interval for what belongs to a sweep."""
    name, waits = f"queue {queue.name}", queue.waits(now)
    limit = LONG_WAIT if queue.name == "slow" else timedelta(seconds=max(30, interval))
    said = f"{queue.waiting:,} job{'s' if queue.waiting != 1 else ''} in the queue {queue.name}"
    if waits <= limit:
        return Check(name, Level.OK, f"{said}.")
    why = f"{said}; the oldest has waited for {waits.total_seconds() / 60:.0f} min."
    return Check(name, Level.WARNING, why, f"Add a worker for the queue {queue.name}, or look what its workers are at.")


def sweep(state: SweepState, now: datetime) -> Check:
    if state.stale_since:
        said = f"No check has come to its end since {state.stale_since:%Y-%m-%d %H:%M:%S} UTC."
        return Check("sweep", Level.FAILING, said, "See to what fails here: scheduler, workers, Redis, database.")
    if state.done_at is None:
        return Check("sweep", Level.OK, "No sweep has run yet.")
    return Check("sweep", Level.OK, f"The last results were written {_ago(now - state.done_at)} ago.")


def _ago(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def losses(settled: Sequence[Tick]) -> Check:
    """What the last ticks left undone; `settled`, newest first, are ticks that are over."""
    lately = settled[:LATELY]
    counts = [tick.counts for tick in lately if tick.counts]
    unplanned = sum(tick.counts is None for tick in lately)
    found = {
        "late": sum(c.late for c in counts),
        "skipped": sum(c.skipped for c in counts),
        "lost": sum(c.lost for c in counts),
        "without a result": sum(tick.missing for tick in lately),
    }
    told = [f"{number:,} {what}" for what, number in found.items() if number]
    if unplanned:
        told.append(f"{unplanned} sweep{'s were' if unplanned != 1 else ' was'} not run at all")
    if not told:
        return Check("results", Level.OK, f"Nothing was late, skipped or lost in the last {len(lately)} sweeps.")
    planned = sum(c.planned for c in counts)
    said = f"Of {planned:,} checks in the last {len(lately)} sweeps: {', '.join(told)}."
    return Check("results", Level.WARNING, said, LOSSES)


LOSSES = (
    "Late or skipped: add a checks worker. Lost: the database was away or full. Without a result: look into the log of"
    " the checks workers. Sweeps that were not run: the scheduler, or the worker of the queue tick, was away."
)


def room(capacity: Capacity | None) -> Check:
    if capacity is None:
        return Check("capacity", Level.OK, "No sweep has come to its end yet, so nothing can be said.")
    if not capacity.is_tight:
        return Check("capacity", Level.OK, capacity.sentence)
    level = Level.FAILING if capacity.is_over else Level.WARNING
    more = capacity.workers + 1
    remedy = (
        f"Add a checks worker: docker compose up -d --scale checks={more}; CHECK_WORKERS={more} in the embedded mode."
    )
    return Check("capacity", level, capacity.sentence, remedy)


def size(cameras: int, limit: int) -> Check:
    """Whether the embedded mode has been outgrown."""
    if cameras <= limit:
        return Check("size", Level.OK, f"{cameras:,} of the {limit:,} cameras that the embedded mode is made for.")
    said = f"{cameras:,} cameras are more than the {limit:,} that the embedded mode is made for."
    return Check("size", Level.WARNING, said, "Move to PostgreSQL before checks fall behind: README, “Run it”.")


def free(disk: Disk) -> Check:
    said = f"{told_bytes(disk.free)} of {told_bytes(disk.total)} are free in the data folder."
    if disk.share > LOW_DISK:
        return Check("disk", Level.OK, said)
    level = Level.FAILING if disk.share < FULL_DISK else Level.WARNING
    return Check("disk", level, said, "Make room, or keep pictures for a shorter time (RETENTION_DAYS).")


def clocks(skew: timedelta) -> Check:
    seconds = skew.total_seconds()
    if abs(skew) <= MOST_SKEW:
        return Check("clocks", Level.OK, "The clocks of the database and of this host agree.")
    said = f"The database's clock is {abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} this host's."
    return Check("clocks", Level.WARNING, said, "Have both hosts set their clocks by NTP; times here may be wrong.")


def told_bytes(number: float) -> str:
    """512 kB, 1.4 GB: in powers of ten, as disks are sold."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit in ("B", "kB") or number >= 10 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"
