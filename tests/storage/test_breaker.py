"""The breaker opens after failures in a row, tries again, and never stays shut for ever."""

from __future__ import annotations

import pytest

from tests.servers import StorageOptions, free_port
from tests.storage import JPEG, at_most, s3_at
from webapp.storage import (
    Breaker,
    NotFound,
    S3Storage,
    StorageUnavailable,
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(StorageUnavailable, match="away"), breaker.guard():
            raise StorageUnavailable("away")


def assert_shut(breaker: Breaker) -> None:
    with pytest.raises(StorageUnavailable, match=r"left alone for another \d+ s"), breaker.guard():
        pytest.fail("it let somebody through")


def test_the_breaker_opens_after_five_failures_in_a_row(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    fail(breaker, 4)
    with breaker.guard():
        pass
    fail(breaker, 5)
    assert_shut(breaker)


def test_half_open_it_lets_one_try_and_closes_on_success(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    fail(breaker, 5)
    clock.now += 30
    with breaker.guard():  # the trial; while it runs:
        assert_shut(breaker)
    fail(breaker, 4)
    with breaker.guard():
        pass


def test_half_open_a_failed_trial_opens_it_again(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    fail(breaker, 5)
    clock.now += 30
    fail(breaker)
    clock.now += 29
    assert_shut(breaker)
    clock.now += 1
    with breaker.guard():
        pass


def test_a_trial_that_is_killed_does_not_keep_it_shut_for_ever(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    fail(breaker, 5)
    clock.now += 30
    with pytest.raises(KeyboardInterrupt), breaker.guard():
        raise KeyboardInterrupt
    clock.now += 30
    with breaker.guard():
        pass


def test_a_missing_key_is_an_answer_and_no_failure(clock: Clock) -> None:
    breaker = Breaker(clock=clock)
    fail(breaker, 4)
    with pytest.raises(NotFound), breaker.guard():
        raise NotFound("a.jpg")
    fail(breaker, 4)
    assert not breaker.is_open


def test_a_store_that_is_away_costs_nothing_once_the_breaker_is_open(clock: Clock) -> None:
    storage = s3_at(f"127.0.0.1:{free_port()}", breaker=Breaker(clock=clock))
    for _ in range(5):
        with pytest.raises(StorageUnavailable, match="refuses the connection"):
            storage.put("a.jpg", JPEG)
    with at_most(0.2):
        for _ in range(1000):
            with pytest.raises(StorageUnavailable, match="left alone"):
                storage.put("a.jpg", JPEG)


def test_writing_works_again_when_the_store_is_back(options: StorageOptions, clock: Clock) -> None:
    storage = S3Storage(
        options.S3_ENDPOINT,
        options.S3_ACCESS_KEY,
        options.S3_SECRET_KEY,
        options.S3_BUCKET,
        breaker=(breaker := Breaker(clock=clock)),
    )
    fail(breaker, 5)
    with pytest.raises(StorageUnavailable):
        storage.put("a.jpg", JPEG)
    clock.now += 30
    storage.put("a.jpg", JPEG)
    assert storage.delete_prefix("a/") == ()
    assert storage.get("a.jpg").data == JPEG
