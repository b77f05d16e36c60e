"""From the numbers of a picture to what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from webapp.video.quality.finding import Finding, Found, Sensitivity
from webapp.video.quality.frozen import Sighting, unchanged
from webapp.video.quality.measures import Light, Measures
from webapp.video.quality.reference import Likeness, Reference, compare


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a picture stops being well. Units as in Measures, Likeness and unchanged()."""

    black_below: float
    bright_above: float
    plain_below: float
    gone_above: float
    contrast_below: float
    width_above: float
    alike_below: float
    equal_above: float
    frozen_checks: int


LIMITS = {
    Sensitivity.LOW: Limits(16, 205, 0.015, 0.50, 24, 2.6, 0.33, 0.995, 5),
    Sensitivity.MEDIUM: Limits(24, 195, 0.030, 0.36, 32, 2.1, 0.42, 0.990, 3),
    Sensitivity.HIGH: Limits(36, 180, 0.060, 0.28, 40, 1.8, 0.50, 0.985, 2),
}

_WHITE = 210
"""A picture is over-exposed only when something in it is as bright as this; else it is fog."""
_DARKER_BY_NIGHT = 45
"""Levels. By infra-red only what stands close is bright, so less is already too much."""
_BRIGHTER, _PLAINER, _FLATTER, _SOFTER = 1.15, 0.5, 0.5, 1.25
"""A view that was called right although it is bright, plain, flat or soft is at fault only when it became this many
times brighter, plainer, flatter or softer."""
_OTHER_LIGHT = 0.85
"""So much less alike a picture must be to be of another view, when all views called right are by another light."""


def findings(
    measures: Measures, history: Sequence[Sighting], references: Sequence[Reference], sensitivity: Sensitivity
) -> tuple[Found, ...]:
    """All that is wrong with a picture, from the earlier sightings (newest first) and the views called right.

    Where nothing can be seen, no more is said than why: a black picture is not also blocked, blurred and moved, nor
    frozen, because there is only noise to tell that by, and encoders take it away where there is nothing else.
    """
    likeness = compare(measures.sketch, references)
    limits = _for_light(LIMITS[sensitivity], measures.light, references)
    right = likeness.reference if likeness else next(iter(references), None)
    if right:
        limits = _for_view(limits, right)
    blind = _exposure(measures, limits) or _blocked(measures, likeness, limits)
    if blind:
        return (blind,)
    return (*_clarity(measures, limits), *_moved(likeness, limits), *_frozen(measures, history, limits))


def _for_light(limits: Limits, light: Light, references: Sequence[Reference]) -> Limits:
    bright_above = limits.bright_above - (_DARKER_BY_NIGHT if light is Light.NIGHT else 0)
    is_known = any(reference.light is light for reference in references)
    alike_below = limits.alike_below * (1 if is_known else _OTHER_LIGHT)
    return replace(limits, bright_above=bright_above, alike_below=alike_below)


def _for_view(limits: Limits, right: Reference) -> Limits:
    return replace(
        limits,
        bright_above=max(limits.bright_above, right.lower_quarter * _BRIGHTER),
        plain_below=min(limits.plain_below, right.edges.share * _PLAINER),
        contrast_below=min(limits.contrast_below, right.contrast * _FLATTER),
        width_above=max(limits.width_above, (right.edges.width or 0.0) * _SOFTER),
    )


def _exposure(measures: Measures, limits: Limits) -> Found | None:
    if measures.brightest < limits.black_below:
        return Found(Finding.BLACK, _beyond(measures.brightest, limits.black_below, 0))
    if measures.lower_quarter > limits.bright_above and measures.brightest >= _WHITE:
        return Found(Finding.OVEREXPOSED, _beyond(measures.lower_quarter, limits.bright_above, 255))
    return None


def _blocked(measures: Measures, likeness: Likeness | None, limits: Limits) -> Found | None:
    if measures.edges.share < limits.plain_below:
        return Found(Finding.BLOCKED, _beyond(measures.edges.share, limits.plain_below, 0))
    if likeness and likeness.gone > max(limits.gone_above, likeness.foreign):
        return Found(Finding.BLOCKED, _beyond(likeness.gone, limits.gone_above, 1))
    return None


def _clarity(measures: Measures, limits: Limits) -> Iterator[Found]:
    if measures.contrast < limits.contrast_below:
        yield Found(Finding.LOW_CONTRAST, _beyond(measures.contrast, limits.contrast_below, 0))
    width = measures.edges.width
    if width is not None and width > limits.width_above:
        yield Found(Finding.BLURRED, _beyond(width, limits.width_above, 3 * limits.width_above))


def _moved(likeness: Likeness | None, limits: Limits) -> Iterator[Found]:
    if likeness and likeness.alike < limits.alike_below:
        yield Found(Finding.MOVED, _beyond(likeness.alike, limits.alike_below, 0))


def _frozen(measures: Measures, history: Sequence[Sighting], limits: Limits) -> Iterator[Found]:
    equal = unchanged(measures.samples, history, limits.frozen_checks)
    if equal > limits.equal_above:
        yield Found(Finding.FROZEN, _beyond(equal, limits.equal_above, 1))


def _beyond(value: float, limit: float, worst: float) -> float:
    """How far a value lies on its way from the limit to the worst, 0 to 1."""
    return max(0.0, min(1.0, (value - limit) / (worst - limit)))
