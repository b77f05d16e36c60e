"""What the readings of one span come to: counts, percentiles, frame rates. Pure; services.rollups says it in SQL."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..models import OUTCOME_CODES
from ..outcomes import Outcome

OURS = frozenset(code for outcome, code in OUTCOME_CODES.items() if outcome.is_ours)
OUTCOMES: dict[int, Outcome] = {code: outcome for outcome, code in OUTCOME_CODES.items()}


class Raw(NamedTuple):
    """What a roll-up needs of a row of camera_health."""

    outcome: int
    is_connected: bool
    latency_ms: float | None
    fps_actual: float | None


@dataclass(frozen=True, slots=True)
class Digest:
    """The fields of a roll-up, named as its columns."""

    good: int
    failed: int
    ours: int
    worst_outcome: int | None
    """Code of the most frequent outcome among the failed ones; of equally frequent ones the lowest."""
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    fps_low: float | None
    fps_mean: float | None


def digest(readings: Sequence[Raw]) -> Digest:
    """Latency is that of good checks alone: one that broke off after the connect did not take long because it was
    fast."""
    good = [reading for reading in readings if reading.is_connected]
    failed = [r.outcome for r in readings if not r.is_connected and r.outcome not in OURS]
    latencies = sorted(r.latency_ms for r in good if r.latency_ms is not None)
    rates = [r.fps_actual for r in readings if r.fps_actual is not None]
    return Digest(
        good=len(good),
        failed=len(failed),
        ours=len(readings) - len(good) - len(failed),
        worst_outcome=_most_frequent(failed),
        latency_p50_ms=_percentile(latencies, 0.5),
        latency_p95_ms=_percentile(latencies, 0.95),
        fps_low=min(rates, default=None),
        fps_mean=math.fsum(rates) / len(rates) if rates else None,
    )


def _most_frequent(codes: Sequence[int]) -> int | None:
    counts = Counter(codes)
    return min(counts, key=lambda code: (-counts[code], code), default=None)


def _percentile(values: Sequence[float], share: float) -> float | None:
    """Of sorted values, between two of them in proportion: what PostgreSQL calls percentile_cont."""
    if not values:
        return None
    place = share * (len(values) - 1)
    low, high = values[math.floor(place)], values[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))
