"""What can be wrong with a picture, in words, and when a finding counts. Needs no OpenCV, so pages may use it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Finding(StrEnum):
    BLACK = "black"
    OVEREXPOSED = "overexposed"
    BLOCKED = "blocked"
    LOW_CONTRAST = "low_contrast"
    BLURRED = "blurred"
    MOVED = "moved"
    FROZEN = "frozen"

    @property
    def short(self) -> str:
        return EXPLANATIONS[self].short

    @property
    def sentence(self) -> str:
        return EXPLANATIONS[self].sentence

    @property
    def remedy(self) -> str:
        return EXPLANATIONS[self].remedy


class Explanation(NamedTuple):
    short: str
    """Two words at most, for a tile."""
    sentence: str
    remedy: str


EXPLANATIONS: dict[Finding, Explanation] = {
    Finding.BLACK: Explanation(
        "black picture",
        "The picture is black.",
        "Look whether the lens is covered, the room dark and the camera's infra-red lamp on.",
    ),
    Finding.OVEREXPOSED: Explanation(
        "over-exposed",
        "Most of the picture is so bright that nothing can be told apart.",
        "Look for a lamp or the sun in the view, at night for dirt or webs that throw the lamp's light back; "
        "then check the exposure settings.",
    ),
    Finding.BLOCKED: Explanation(
        "view blocked",
        "Something covers the lens or stands right in front of it.",
        "Look what is in front of the camera: tape, paint, a bag, a parked vehicle, a web.",
    ),
    Finding.LOW_CONTRAST: Explanation(
        "low contrast",
        "Everything in the picture has nearly the same brightness.",
        "Clean the dome; look for fog, steam, glare, or too little light.",
    ),
    Finding.BLURRED: Explanation(
        "blurred picture",
        "Nothing in the picture has sharp edges.",
        "Focus the camera again and wipe the lens.",
    ),
    Finding.MOVED: Explanation(
        "moved view",
        "The camera shows another view than its reference picture.",
        "Turn the camera back, or say that this view is right now.",
    ),
    Finding.FROZEN: Explanation(
        "frozen picture",
        "The same picture came again and again, down to the noise.",
        "Restart the camera: its sensor or encoder hangs.",
    ),
}


class Sensitivity(StrEnum):
    """How readily a picture is found at fault."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of one check."""

    finding: Finding
    score: float
    """How far beyond its limit: 0 just so, 1 as bad as can be."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What is known of a camera's picture after its last check with a picture."""

    raised: frozenset[Finding] = frozenset()
    suspected: frozenset[Finding] = frozenset()
    """Found by the last check alone."""


def confirm(previous: Confirmed, found: Iterable[Finding]) -> Confirmed:
    """Two checks in a row raise a finding, one check without it clears it.

    Only for checks that brought a picture: without one there is no news of it, and the state stays.
    """
    now = frozenset(found)
    raised = now & (previous.raised | previous.suspected)
    return Confirmed(raised, now - raised)
