"""The estimate of how many cameras would fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webapp.services.capacity import estimate
from webapp.services.live import Counts
from webapp.services.sweep_record import Tick

NOW = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)


def tick(cameras: int, seconds: float) -> Tick:
    return Tick(NOW, Counts(planned=cameras, done=cameras), NOW + timedelta(seconds=seconds))


def test_it_says_how_many_would_fit_in_two_digits() -> None:
    found = estimate([tick(2000, 41)], workers=4, interval=60, batch=50)
    assert found is not None
    assert found.sentence == "2,000 cameras took 41 of 60 s with 4 workers; about 2,900 would fit."
    assert not found.is_tight


def test_with_a_batch_or_less_for_each_worker_it_does_not_guess() -> None:
    found = estimate([tick(24, 8)], workers=2, interval=60, batch=50)
    assert found is not None
    assert found.fits is None
    assert found.sentence == "24 cameras took 8 of 60 s with 2 workers."


def test_one_slow_sweep_changes_nothing() -> None:
    found = estimate([tick(2000, 59), tick(2000, 20), tick(2000, 21)], workers=4, interval=60, batch=50)
    assert found is not None
    assert found.seconds == 21


@pytest.mark.parametrize(("seconds", "tight", "over"), [(47, False, False), (48, True, False), (61, True, True)])
def test_it_is_tight_before_it_is_over(seconds: float, tight: bool, over: bool) -> None:
    found = estimate([tick(2000, seconds)], workers=4, interval=60, batch=50)
    assert found is not None
    assert (found.is_tight, found.is_over) == (tight, over)


@pytest.mark.parametrize(("ticks", "workers"), [([], 4), ([Tick(NOW)], 4), ([tick(2000, 41)], 0)])
def test_without_a_sweep_or_a_worker_there_is_no_estimate(ticks: list[Tick], workers: int) -> None:
    assert estimate(ticks, workers, 60, 50) is None
