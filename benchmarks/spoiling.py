"""What goes wrong with a picture before it reaches the sensor, each fault in many forms and strengths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from benchmarks.worlds import SIZE, Light, Pixels, clouds
from webapp.video.opencv import cv2
from webapp.video.quality.finding import Finding


def black(seen: Pixels, chance: Generator) -> Pixels:
    """No light, or a glimmer of the scene; on some a small lamp shines."""
    dark = (seen * chance.uniform(0, 0.03) + chance.uniform(0, 9)).astype(np.uint8)
    if chance.random() < 0.3:
        place = (int(chance.integers(40, SIZE[0] - 40)), int(chance.integers(60, SIZE[1] - 60)))
        cv2.circle(dark, place, int(chance.integers(2, 7)), (90, 200, 240), -1, cv2.LINE_AA)
    return dark


def overexposed(seen: Pixels, chance: Generator) -> Pixels:
    """Far too much gain, or light scattered over everything."""
    gain, veil = chance.uniform(2.5, 5), chance.uniform(20, 120)
    return np.asarray(np.clip(seen.astype(np.float32) * gain + veil, 0, 255), np.uint8)


def hazy(seen: Pixels, chance: Generator) -> Pixels:
    keeps, veil = chance.uniform(0.06, 0.25), chance.uniform(60, 190)
    return np.asarray(np.clip(seen * keeps + veil * (1 - keeps), 0, 255), np.uint8)


def defocused(seen: Pixels, chance: Generator) -> Pixels:
    """A lens out of focus smears points into discs; grease smears them into bells."""
    if chance.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(seen, (0, 0), chance.uniform(4, 10)), np.uint8)
    radius = int(chance.integers(8, 19))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.float32)
    return np.asarray(cv2.filter2D(seen, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT), np.uint8)


def covered(seen: Pixels, chance: Generator) -> Pixels:
    """Tape, a hand, a bag, paint: out of focus, over two thirds of the picture or all of it."""
    hidden = _MASKS[int(chance.integers(len(_MASKS)))](chance)[:, :, None]
    shade = clouds(chance, *SIZE, 2, 0.3)[:, :, None] * chance.uniform(0, 8) + chance.uniform(25, 170)
    thing = shade * chance.uniform(0.75, 1.0, 3)
    if np.ptp(seen, axis=2).max() == 0:  # by infra-red everything is grey
        thing = np.repeat(thing.mean(axis=2, keepdims=True), 3, axis=2)
    return np.asarray(np.clip(seen * (1 - hidden) + thing * hidden, 0, 255), np.uint8)


def _all(_chance: Generator) -> Light:
    return np.ones(SIZE[::-1], np.float32)


def _from_a_side(chance: Generator) -> Light:
    part, axis = chance.uniform(0.68, 0.95), int(chance.integers(2))
    away = np.linspace(0, 1, SIZE[axis], dtype=np.float32)
    edge = 1 / (1 + np.exp((away - part) / chance.uniform(0.005, 0.04)))
    edge = edge if chance.random() < 0.5 else edge[::-1]
    return np.asarray(np.broadcast_to(edge[None, :] if axis == 0 else edge[:, None], SIZE[::-1]), np.float32)


def _sprayed(chance: Generator) -> Light:
    """Blots that leave a quarter free at most."""
    blots = clouds(chance, *SIZE, 5, 0.4)
    free = np.quantile(blots, chance.uniform(0.05, 0.25))
    return np.asarray(1 / (1 + np.exp((free - blots) / 0.08)), np.float32)


_MASKS: tuple[Callable[[Generator], Light], ...] = (_all, _from_a_side, _sprayed)

SPOILERS: dict[Finding, Callable[[Pixels, Generator], Pixels]] = {
    Finding.BLACK: black,
    Finding.OVEREXPOSED: overexposed,
    Finding.LOW_CONTRAST: hazy,
    Finding.BLURRED: defocused,
    Finding.BLOCKED: covered,
}
