"""Why a camera has a problem, in one vocabulary: what a check found, what is wrong with its picture, what is slow.

All of them can be told as `short`, `sentence` and `remedy`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from ..outcomes import Explanation, Outcome
from ..video.quality.finding import Finding


class Slowness(StrEnum):
    """What is wrong with a stream that comes, besides its picture; stored where findings are."""

    LOW_FPS = "low_fps"
    HIGH_LATENCY = "high_latency"

    @property
    def short(self) -> str:
        return EXPLANATIONS[self].short

    @property
    def sentence(self) -> str:
        return EXPLANATIONS[self].sentence

    @property
    def remedy(self) -> str:
        return EXPLANATIONS[self].remedy


EXPLANATIONS: dict[Slowness, Explanation] = {
    Slowness.LOW_FPS: Explanation(
        "few frames",
        "The camera sends less than half of the frames that it is configured to send.",
        "Look whether the network to the camera is crowded and how many others watch it; in the dark some cameras "
        "lower the rate by themselves: see “slow shutter” in its settings.",
    ),
    Slowness.HIGH_LATENCY: Explanation(
        "slow to answer",
        "The camera has answered too slowly three times in a row.",
        "Look whether its link is crowded or weak (Wi-Fi, a long cable, a damaged plug), and whether the camera is "
        "busy with too many viewers. What counts as slow is the setting HIGH_LATENCY_MS.",
    ),
}

Reason = Outcome | Finding | Slowness


def finding_named(name: str | None) -> Finding | Slowness | None:
    """What StatusChange.finding or Camera.findings holds; None also for what this version does not know."""
    for kind in (Finding, Slowness):
        if name in set(kind):
            return kind(name)
    return None


def reason_of(change: Any) -> Reason | None:
    """Of a change of status, or an outage: what is wrong with the stream goes before “it answers”."""
    found = finding_named(change.finding)
    if found or change.reason in (None, Outcome.ONLINE):
        return found
    return Outcome(change.reason)
