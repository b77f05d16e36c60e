"""How many cameras the checks workers could do in an interval, judged by how long the last sweeps took. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .sweep_record import Tick

SWEEPS = 10
"""As many of the last sweeps count: one that was slow by chance changes nothing."""
TIGHT = 0.8
"""Share of the interval from which a sweep leaves too little room for cameras that stop answering."""


@dataclass(frozen=True, slots=True)
class Capacity:
    cameras: int
    """In a sweep."""
    seconds: float
    """That a sweep took."""
    interval: int
    workers: int
    fits: int | None
    """None: too few cameras to tell, because some worker had nothing to do."""

    @property
    def share(self) -> float:
        """Of the interval that a sweep takes."""
        return self.seconds / self.interval

    @property
    def is_tight(self) -> bool:
        return self.share >= TIGHT

    @property
    def is_over(self) -> bool:
        return self.share > 1

    @property
    def sentence(self) -> str:
        took = "less than 1" if self.seconds < 1 else f"{self.seconds:.0f}"
        plural = "s" if self.workers != 1 else ""
        cameras = f"{self.cameras:,} camera{'s' if self.cameras != 1 else ''}"
        said = f"{cameras} took {took} of {self.interval} s with {self.workers} worker{plural}"
        return f"{said}; about {self.fits:,} would fit." if self.fits is not None else f"{said}."


def estimate(settled: Sequence[Tick], workers: int, interval: int, batch: int) -> Capacity | None:
    """`settled`, newest first, are ticks that are over; `batch` is the size of a batch. None before the first sweep."""
    found = [(tick.counts.planned, tick.seconds) for tick in settled if tick.counts and tick.seconds is not None][
        :SWEEPS
    ]
    if not found or not workers:
        return None
    cameras = round(median(planned for planned, _ in found))
    seconds = median(took for _, took in found)
    # With a batch or less for each worker a sweep takes as long as its slowest camera, however many there are.
    tells = cameras > batch * workers
    return Capacity(
        cameras, seconds, interval, workers, _rounded(cameras * interval / max(seconds, 1)) if tells else None
    )


def _rounded(number: float) -> int:
    """Down to two digits: an estimate is no measurement."""
    step = 10 ** max(0, int(math.log10(max(number, 1))) - 1)
    return int(number // step * step)
