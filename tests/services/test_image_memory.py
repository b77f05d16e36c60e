"""What a camera's row remembers of its pictures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from webapp.services.image_memory import Candidate, Memory, Still
from webapp.video.quality.edges import Edges
from webapp.video.quality.finding import Finding
from webapp.video.quality.frozen import KEPT, SPACING, Sighting
from webapp.video.quality.measures import SAMPLES, SKETCH, Light
from webapp.video.quality.reference import Reference

NOW = datetime(2026, 11, 22, 7, 55, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def picture(seed: int) -> bytes:
    return np.random.default_rng(seed).integers(10, 240, SAMPLES, np.uint8).tobytes()


def sighting(seed: int, minute: int = 0) -> Sighting:
    return Sighting(NOW + minute * MINUTE, picture(seed))


def test_it_survives_being_stored() -> None:
    reference = Reference(Light.NIGHT, 40.0, 90.0, Edges(0.5, None), bytes(SKETCH[0] * SKETCH[1]))
    memory = Memory(frozenset({Finding.BLURRED}), Still(sighting(1), NOW + MINUTE, 2), Candidate(reference, 2))
    assert Memory.restored(memory.stored()) == memory


@pytest.mark.parametrize(
    "damage",
    [None, {}, {"still": ["?", "x", "y", 1]}, {"suspected": ["gone"]}, {"candidate": ["", 1]}, {"still": [1]}, ["odd"]],
)
def test_nothing_is_remembered_of_what_cannot_be_read(damage: Any) -> None:
    assert Memory.restored(damage) == Memory()


def test_equal_pictures_are_counted_and_one_that_differs_begins_anew() -> None:
    still = Still(sighting(1), NOW)
    for minute in range(1, KEPT + 3):
        still = still.then(sighting(1, minute))
    assert (still.count, still.first, len(still.history)) == (KEPT, sighting(1), KEPT)
    assert still.then(sighting(2, 20)) == Still(sighting(2, 20), NOW + 20 * MINUTE)


@pytest.mark.parametrize("apart", [timedelta(0), SPACING / 2, -SPACING / 2])
def test_two_looks_at_one_keyframe_are_one_sighting(apart: timedelta) -> None:
    still = Still(sighting(1), NOW)
    assert still.then(Sighting(NOW + apart, picture(2))) is still


def test_the_memory_of_a_healthy_camera_is_small() -> None:
    assert len(str(Memory(still=Still(sighting(1), NOW)).stored())) < 500
