"""What the sweeps of the last day came to: planned, done, late, skipped, lost, and how long each took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..extensions import redis_client
from . import live
from .live import Counts
from .sweep_plan import interval, tick_of


@dataclass(frozen=True, slots=True)
class Tick:
    """One interval; `counts` is None when it was never planned: the scheduler, or the worker of its queue, was away."""

    start: datetime
    counts: Counts | None = None
    ended_at: datetime | None = None
    """When the last of its batches so far came to its end."""

    @property
    def missing(self) -> int:
        """Planned and not heard of: still to come, or spoiled by a fault of our own."""
        c = self.counts or Counts()
        return max(0, c.planned - c.done - c.skipped - c.lost - c.elsewhere)

    @property
    def seconds(self) -> float | None:
        """From the start of the interval to the end of its last batch; None when there was nothing to check."""
        if self.ended_at is None or self.counts is None or not self.counts.done:
            return None
        return max(0.0, (self.ended_at - self.start).total_seconds())


def ticks(now: datetime, count: int) -> list[Tick]:
    """The last ticks, the running one first, in one round trip; none from before the first that is known."""
    starts = [tick_of(now) - number * interval() for number in range(min(count, live.KEEP_TICKS))]
    with redis_client.pipeline(transaction=False) as pipe:
        for start in starts:
            pipe.hgetall(live.tick_key(start))
        found = [_tick(start, fields) for start, fields in zip(starts, pipe.execute(), strict=True)]
    while found and found[-1].counts is None:
        found.pop()
    return found


def _tick(start: datetime, fields: Mapping[bytes, bytes]) -> Tick:
    if not fields:
        return Tick(start)
    ended_at = datetime.fromtimestamp(float(fields.get(b"ended_at", 0)), UTC)
    return Tick(start, live.counts_in(fields), ended_at)


def totals() -> Counts:
    """Of all sweeps since Redis was last empty."""
    return live.counts_in(redis_client.hgetall(live.TOTALS))  # type: ignore[arg-type]


def settled(found: Sequence[Tick], now: datetime) -> list[Tick]:
    """Those whose interval, and the one after it in which a late batch may still end, are over."""
    return [tick for tick in found if now - tick.start >= 2 * interval() or _is_through(tick, now)]


def _is_through(tick: Tick, now: datetime) -> bool:
    return tick.counts is not None and not tick.missing and now - tick.start >= timedelta(seconds=1)
