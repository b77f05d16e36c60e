"""The circuit breaker: after some failures in a row, stop asking for a while, then let one call try."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .interface import StorageError, StorageUnavailable


class Breaker:
    """StorageUnavailable is a failure; a missing key is an answer. Each process has its own.

    Half open needs no flag that could get stuck: whoever comes first after the pause is the trial and, by coming,
    starts the next pause for everyone else. Its success closes the breaker; if it fails or dies, the pause stands.
    """

    def __init__(
        self, threshold: int = 5, pause_seconds: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._threshold = threshold
        self._pause = pause_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._quiet_until = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._threshold

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around one call to the store. Raises StorageUnavailable at once while open."""
        self._enter()
        try:
            yield
        except StorageUnavailable:
            self._failed()
            raise
        except StorageError:
            self._succeeded()
            raise
        self._succeeded()

    def _enter(self) -> None:
        with self._lock:
            if not self.is_open:
                return
            wait = self._quiet_until - self._clock()
            if wait > 0:
                raise StorageUnavailable(
                    f"Storage failed {self._failures} times in a row and is left alone for another {wait:.0f} s. "
                    "Look whether the store is running; we try again by ourselves."
                )
            self._quiet_until = self._clock() + self._pause

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self.is_open:
                self._quiet_until = self._clock() + self._pause

    def _succeeded(self) -> None:
        with self._lock:
            self._failures = 0
