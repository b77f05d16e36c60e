"""One run of a clean-up while it works: what it counts, what stands in its way, and when it has to stop."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from ...storage import DeleteFailure

PIECE = 500
"""Rows and files that are dealt with at once: others who write wait for no more than that."""
LONGEST = timedelta(minutes=50)
"""A worker gives its job an hour."""
TELL_EVERY_S = 1.0


class TimeIsUp(Exception):
    """The next run goes on where this one stops."""

    def __init__(self) -> None:
        super().__init__("The time for one run was up; the next one goes on from there.")


class Work:
    """What every step is given. A dry one counts the same and changes nothing: each step asks `is_dry` where it would.

    `tell` is called now and then with the work itself, to note how far it is.
    """

    def __init__(self, now: datetime, is_dry: bool, tell: Callable[[Work], None] | None = None) -> None:
        self.now = now
        self.is_dry = is_dry
        self.found: Counter[str] = Counter()
        self.problems: list[str] = []
        self._tell = tell
        self._told_at = time.monotonic()
        self._ends_at = self._told_at + LONGEST.total_seconds()

    def count(self, **found: int) -> None:
        """Add to what was found, by name. Raises TimeIsUp when this was enough for one run."""
        self.found.update({name: number for name, number in found.items() if number})
        self.go_on()

    def go_on(self) -> None:
        """Note how far it is, and stop when the time is up."""
        if self._tell and time.monotonic() - self._told_at >= TELL_EVERY_S:
            self._tell(self)
            self._told_at = time.monotonic()
        if time.monotonic() > self._ends_at:
            raise TimeIsUp

    def trouble(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)

    def refused(self, failures: Sequence[DeleteFailure]) -> None:
        """The store kept these, so we keep their records, and the next run tries again."""
        if failures:
            self.found["refused"] += len(failures)
            self.trouble(f"The store refused to delete files, the first with: {failures[0].reason}")

    @property
    def problem(self) -> str | None:
        return " ".join(self.problems)[:500] or None
