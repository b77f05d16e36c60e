"""What is kept of the sweeps: counts of each tick, their duration, totals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webapp.extensions import redis_client
from webapp.services import live, sweep_record
from webapp.services.live import Counts

NOW = datetime(2026, 11, 22, 5, 42, 30, tzinfo=UTC)
TICK = NOW.replace(second=0)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("app")


def sweep(tick: datetime, planned: int, took: float, **counts: int) -> None:
    live.note_planned(tick, planned, tick)
    if counts:
        live.note_batch(tick, Counts(**counts), tick + timedelta(seconds=took))


def test_a_sweep_takes_from_its_tick_to_the_end_of_its_last_batch() -> None:
    sweep(TICK, 100, 12.5, done=50)
    live.note_batch(TICK, Counts(done=50), TICK + timedelta(seconds=20))
    assert sweep_record.ticks(NOW, 5) == [sweep_record.Tick(TICK, Counts(100, 100), TICK + timedelta(seconds=20))]
    assert sweep_record.ticks(NOW, 5)[0].seconds == 20


def test_a_tick_that_nobody_planned_is_told_among_the_others() -> None:
    sweep(TICK - 2 * MINUTE, 10, 3, done=10)
    sweep(TICK, 10, 3, done=10)
    assert [tick.counts is None for tick in sweep_record.ticks(NOW, 60)] == [False, True, False]


def test_what_was_planned_and_never_heard_of_is_missing() -> None:
    sweep(TICK, 100, 3, done=60, skipped=10, lost=5)
    assert sweep_record.ticks(NOW, 1)[0].missing == 25


def test_what_somebody_else_was_at_is_not_missing() -> None:
    sweep(TICK, 100, 3, done=98, elsewhere=2)
    assert sweep_record.ticks(NOW, 1)[0].missing == 0


def test_a_sweep_with_nothing_to_do_took_no_time() -> None:
    sweep(TICK, 0, 0)
    assert sweep_record.ticks(NOW, 1)[0].seconds is None


def test_a_tick_settles_when_it_is_through_or_its_time_is_over() -> None:
    sweep(TICK - 3 * MINUTE, 10, 3, done=5)
    sweep(TICK - MINUTE, 10, 3, done=10)
    sweep(TICK, 10, 3, done=5)
    settled = sweep_record.settled(sweep_record.ticks(NOW, 60), NOW)
    assert [tick.start for tick in settled] == [TICK - MINUTE, TICK - 2 * MINUTE, TICK - 3 * MINUTE]


def test_the_totals_only_grow() -> None:
    sweep(TICK - MINUTE, 10, 3, done=10, late=1)
    sweep(TICK, 10, 3, done=7, skipped=3)
    assert sweep_record.totals() == Counts(planned=20, done=17, late=1, skipped=3)


def test_ticks_are_kept_for_a_day_and_no_longer() -> None:
    sweep(TICK, 10, 3, done=10)
    assert 0 < redis_client.ttl(live.tick_key(TICK)) <= 24 * 3600  # type: ignore[operator]
