"""The figures of a report: of one camera, or of many together, whose seconds add up. Pure, and plain in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from ...models import Status
from ..availability import Availability
from ..outages import Outage


@dataclass(frozen=True, slots=True)
class Figures:
    """All spans in seconds."""

    up: float = 0
    down: float = 0
    unknown: float = 0
    excluded: float = 0
    """In maintenance or switched off."""
    outages: int = 0
    longest: float = 0
    """The longest outage, as much of it as lies in the period."""
    repaired: int = 0
    """Outages that ended in the period, and we saw it."""
    repair: float = 0
    """What the repaired outages took together, from their true beginning, without the time we know nothing of."""

    @property
    def uptime(self) -> float | None:
        """Of the time that was measured; None when none was."""
        known = self.up + self.down
        return self.up / known if known else None

    @property
    def measured(self) -> float | None:
        """The share that we know of, of all that we ought to know; None when that is nothing."""
        wanted = self.up + self.down + self.unknown
        return (self.up + self.down) / wanted if wanted else None

    @property
    def mean_time_to_repair(self) -> float | None:
        return self.repair / self.repaired if self.repaired else None

    def plain(self) -> dict[str, Any]:
        """With what follows from it, for whoever reads the JSON."""
        told = {name: round(value, 1) for name, value in asdict(self).items()}
        shares = {"uptime": self.uptime, "measured": self.measured}
        repair = self.mean_time_to_repair
        return (
            told
            | {name: None if share is None else round(share, 6) for name, share in shares.items()}
            | {"mean_time_to_repair": None if repair is None else round(repair, 1)}
        )


NAMES = frozenset(f.name for f in fields(Figures))


def of(found: Availability, failed: Iterable[Outage], start: datetime, end: datetime) -> Figures:
    """Of one camera; `failed` are its outages that touch the period."""
    offline = [outage for outage in failed if outage.severity == Status.OFFLINE]
    return Figures(
        up=found.up_s,
        down=found.down_s,
        unknown=found.unknown_s,
        excluded=found.excluded_s,
        outages=found.outages,
        longest=max((within(outage, start, end, found.down_s) for outage in offline), default=0.0),
        repaired=found.repaired,
        repair=found.repair_s,
    )


def within(outage: Outage, start: datetime, end: datetime, down: float) -> float:
    """How much of it lies in the period, without what we know nothing of where it lies in it as a whole.

    Never more than the camera was `down` in all: one that we lost sight of is no longer known to last.
    """
    begins, ends = max(outage.start, start), min(outage.end or end, end)
    is_whole = begins == outage.start and ends == outage.end
    unknown = outage.unmeasured if is_whole else timedelta(0)
    return min(down, max(0.0, (ends - begins - unknown).total_seconds()))


def together(some: Iterable[Figures]) -> Figures:
    """Weighted by time, not the mean of percentages; the longest outage is the longest of all."""
    found = list(some)
    sums = {name: sum(getattr(each, name) for each in found) for name in NAMES - {"longest"}}
    return Figures(**sums, longest=max((each.longest for each in found), default=0.0))


def read(plain: Mapping[str, Any]) -> Figures:
    return Figures(**{name: value for name, value in plain.items() if name in NAMES})
