"""Each part judged: when it is well, when it warns, when it fails, and what it says to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webapp.services import system_checks as checks
from webapp.services.capacity import Capacity
from webapp.services.live import Counts, SweepState
from webapp.services.queue_state import QueueState, WorkerState
from webapp.services.sweep_record import Tick
from webapp.services.system_checks import Check, Level
from webapp.services.system_facts import Disk

NOW = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
WORKER = WorkerState("host", 7, True, NOW)


def state(beat: float | None = 1, stale: bool = False) -> SweepState:
    heartbeat = None if beat is None else NOW - timedelta(seconds=beat)
    return SweepState(NOW, NOW, heartbeat, NOW if stale else None)


def queue(name: str = "checks", waits: float = 0, *workers: WorkerState) -> QueueState:
    return QueueState(name, 3, NOW - timedelta(seconds=waits), workers)


def ticks(*counts: Counts | None) -> list[Tick]:
    return [Tick(NOW, found, NOW) for found in counts]


@pytest.mark.parametrize(
    ("check", "level", "says"),
    [
        (checks.scheduler(state(), NOW), Level.OK, "signs of life"),
        (checks.scheduler(state(31), NOW), Level.FAILING, "no sign of life since 2026-11-22 05:41:29 UTC"),
        (checks.scheduler(state(None), NOW), Level.FAILING, "no sign of life yet"),
        (checks.workers(queue("checks", 0, WORKER)), Level.OK, "1 worker serves the queue checks, 1 busy"),
        (checks.workers(queue("slow")), Level.FAILING, "No worker serves the queue slow. Imports"),
        (checks.waiting(queue("checks", 60), NOW, 60), Level.OK, "3 jobs"),
        (checks.waiting(queue("checks", 120), NOW, 60), Level.WARNING, "waited for 2 min"),
        (checks.waiting(queue("slow", 120), NOW, 60), Level.OK, "3 jobs"),
        (checks.sweep(state(stale=True), NOW), Level.FAILING, "No check has come to its end since"),
        (checks.sweep(state(), NOW), Level.OK, "written 0 s ago"),
        (checks.losses(ticks(Counts(10, 10))), Level.OK, "in the last 1 sweeps"),
        (checks.losses(ticks(Counts(10, 5, 2, 3, 1))), Level.WARNING, "2 late, 3 skipped, 1 lost, 1 without a result"),
        (checks.losses(ticks(Counts(10, 10), None)), Level.WARNING, "1 sweep was not run at all"),
        (checks.room(None), Level.OK, "nothing can be said"),
        (checks.room(Capacity(10, 50.0, 60, 2, None)), Level.WARNING, "10 cameras took 50 of 60 s"),
        (checks.room(Capacity(10, 70.0, 60, 2, None)), Level.FAILING, "70 of 60 s"),
        (checks.size(500, 500), Level.OK, "500 of the 500"),
        (checks.size(501, 500), Level.WARNING, "501 cameras are more than the 500"),
        (checks.free(Disk(20, 100)), Level.OK, "20 B of 100 B"),
        (checks.free(Disk(5, 100)), Level.WARNING, "are free"),
        (checks.free(Disk(2, 100)), Level.FAILING, "are free"),
        (checks.clocks(timedelta(seconds=1)), Level.OK, "agree"),
        (checks.clocks(timedelta(seconds=-3600)), Level.WARNING, "3,600 s behind this host's"),
    ],
)
def test_it_is_judged(check: Check, level: Level, says: str) -> None:
    assert check.level == level
    assert says in check.sentence
    assert bool(check.remedy) is (level is not Level.OK)


def test_what_does_not_answer_fails_with_a_remedy() -> None:
    found = {check.name: check for check in checks.answering({"storage": "does not answer"})}
    assert [found[name].level for name in ("database", "redis", "storage")] == [Level.OK, Level.OK, Level.FAILING]
    assert "Start the storage" in found["storage"].remedy


def test_the_advice_names_one_worker_more() -> None:
    assert "--scale checks=5" in checks.room(Capacity(10, 70.0, 60, 4, None)).remedy


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "0 B"), (999, "999 B"), (512_000, "512 kB"), (1_440_000, "1.4 MB"), (76e9, "76 GB"), (3.2e12, "3.2 TB")],
)
def test_sizes_read_as_disks_are_sold(number: float, told: str) -> None:
    assert checks.told_bytes(number) == told
