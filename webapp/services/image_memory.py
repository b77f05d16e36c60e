"""What a camera's row remembers of its last pictures: just enough to judge the next one. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from ..video.quality.finding import Finding, Sensitivity
from ..video.quality.frozen import KEPT, SPACING, Sighting, unchanged
from ..video.quality.judging import LIMITS
from ..video.quality.reference import Reference

_LEAST_EQUAL = LIMITS[Sensitivity.HIGH].equal_above


@dataclass(frozen=True, slots=True)
class Still:
    """A picture, and how many sightings in a row, itself the first, were equal to it.

    It stands for all of them, so that the row of a healthy camera grows by one picture's samples and not by five.
    """

    first: Sighting
    last_at: datetime
    count: int = 1

    @property
    def history(self) -> tuple[Sighting, ...]:
        return (self.first,) * self.count

    def then(self, now: Sighting) -> Still:
        """With one more sighting, unless it is too near to the last one to prove anything."""
        if abs(now.at - self.last_at) < SPACING:
            return self
        if unchanged(now.samples, (self.first,), 1) > _LEAST_EQUAL:
            return Still(self.first, now.at, min(self.count + 1, KEPT))
        return Still(now, now.at)


@dataclass(frozen=True, slots=True)
class Candidate:
    """The view that becomes the reference of its light when enough good pictures agree with it."""

    reference: Reference
    seen: int = 1


@dataclass(frozen=True, slots=True)
class Memory:
    suspected: frozenset[Finding] = frozenset()
    """Found by the last check alone."""
    still: Still | None = None
    candidate: Candidate | None = None

    @classmethod
    def restored(cls, stored: Any) -> Self:
        """What stored() gave; nothing is remembered of what cannot be read."""
        try:
            return cls(_suspected(stored), _still(stored), _candidate(stored)) if stored else cls()
        except (AttributeError, KeyError, TypeError, ValueError):
            return cls()

    def stored(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.suspected:
            found["suspected"] = sorted(self.suspected)
        if self.still:
            samples = base64.b64encode(self.still.first.samples).decode("ascii")
            moments = (self.still.first.at.isoformat(), self.still.last_at.isoformat())
            found["still"] = [samples, *moments, self.still.count]
        if self.candidate:
            found["candidate"] = [self.candidate.reference.stored(), self.candidate.seen]
        return found


def _suspected(stored: dict[str, Any]) -> frozenset[Finding]:
    return frozenset(Finding(name) for name in stored.get("suspected", ()))


def _still(stored: dict[str, Any]) -> Still | None:
    if "still" not in stored:
        return None
    samples, first_at, last_at, count = stored["still"]
    first = Sighting(datetime.fromisoformat(first_at), base64.b64decode(samples, validate=True))
    return Still(first, datetime.fromisoformat(last_at), int(count))


def _candidate(stored: dict[str, Any]) -> Candidate | None:
    if "candidate" not in stored:
        return None
    text, seen = stored["candidate"]
    return Candidate(Reference.restored(text), int(seen))
