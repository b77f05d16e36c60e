"""The one exception by which any phase of a check ends early, and the deadline all phases share."""

from __future__ import annotations

import time
from dataclasses import dataclass

from webapp.outcomes import Outcome


class CheckFailed(Exception):
    """The check is over: `outcome` says how it ended, `detail` what exactly was seen (safe to show)."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock. Seconds everywhere."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    def sooner(self, seconds: float) -> Deadline:
        """This deadline, or the one `seconds` from now if that comes first."""
        return Deadline(min(self.at, time.monotonic() + seconds))

    def left(self) -> float:
        return self.at - time.monotonic()

    def left_or_fail(self, detail: str) -> float:
        """Seconds left, always above zero; raises a time-out with `detail` when there are none."""
        left = self.left()
        if left <= 0:
            raise CheckFailed(Outcome.TIMEOUT, detail)
        return left
