"""Frozen pictures: the same again and again, down to the sensor's noise.

No two pictures of a live sensor are equal pixel by pixel, not even of an empty corridor at night: the noise differs,
and the encoder's rounding with it. Averages and perceptual hashes hide just that and would call the corridor frozen. So
what is compared are single pixels scattered over the picture, and they must be equal, not similar. A few may differ:
some cameras go on writing their clock over a dead picture. A dead picture that an encoder packs anew each time,
rounding otherwise, is not recognised: two pictures cannot tell that from noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

SPACING = timedelta(seconds=20)
"""Sightings nearer to one another prove nothing: until the next keyframe a camera sends everybody the same one."""
KEPT = 5

_UNCLIPPED = (4, 250)
"""Levels beyond these are cut off, noise and all."""
_LEAST_SAMPLES = 48


@dataclass(frozen=True, slots=True)
class Sighting:
    at: datetime
    samples: bytes = field(repr=False)
    """Those of Measures."""


def remember(earlier: Sequence[Sighting], now: Sighting) -> tuple[Sighting, ...]:
    """The history for the next check, newest first: with this sighting, unless the one before it is too near."""
    if earlier and now.at - earlier[0].at < SPACING:
        return tuple(earlier)
    return (now, *earlier)[:KEPT]


def unchanged(samples: bytes, earlier: Sequence[Sighting], checks: int) -> float:
    """The share of samples that equal those of each of the last `checks` sightings, of the least like one.

    0 with fewer sightings, or with a picture too dark or too bright to tell.
    """
    if len(earlier) < checks:
        return 0.0
    return min(_equal(samples, sighting.samples) for sighting in earlier[:checks])


def _equal(one: bytes, other: bytes) -> float:
    if len(one) != len(other):
        return 0.0
    here, there = np.frombuffer(one, np.uint8), np.frombuffer(other, np.uint8)
    darkest, brightest = _UNCLIPPED
    tells = (here >= darkest) & (here <= brightest) | (there >= darkest) & (there <= brightest)
    if np.count_nonzero(tells) < _LEAST_SAMPLES:
        return 0.0
    return float(np.mean(here[tells] == there[tells]))
