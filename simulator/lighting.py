"""Light on a backdrop: lamps, dark corners and the unevenness of real walls and floors."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.canvas import REFERENCE, Canvas, Point

Light = NDArray[np.float32]
Lamp = tuple[float, float, float, float]
"""Where on the picture (x, y), how far it reaches, and how much it adds to the light there."""

_COARSE = 8
"""Soft shadows are made this much smaller, for speed."""


def shine(canvas: Canvas, ambient: float, lamps: Iterable[Lamp]) -> None:
    """Darkens everything to `ambient` (1: as drawn) and adds pools of light."""
    height, width = canvas.pixels.shape[:2]
    x: Light = np.linspace(0, REFERENCE[0], width, dtype=np.float32)[None, :]
    y: Light = np.linspace(0, REFERENCE[1], height, dtype=np.float32)[:, None]
    light = np.full((height, width), ambient, np.float32)
    for lamp_x, lamp_y, reach, strength in lamps:
        across, down = (np.exp(-(away**2) / (2 * reach**2)) for away in (x - lamp_x, y - lamp_y))
        light += strength * across * down
    _multiply(canvas, light)


def weather(canvas: Canvas, seed: int, strength: float = 0.05) -> None:
    """Uneven paint, dust and wear: coarse and fine blotches."""
    chance = np.random.default_rng(seed)
    height, width = canvas.pixels.shape[:2]
    light = np.ones((height, width), np.float32)
    for cells, share in ((12, 0.5), (60, 0.3), (240, 0.2)):
        blotches = chance.normal(0, strength * share * 2, (max(2, cells * 9 // 16), cells)).astype(np.float32)
        light += cv2.resize(blotches, (width, height), interpolation=cv2.INTER_CUBIC)
    _multiply(canvas, light)


def corner_shade(
    canvas: Canvas, seams: Iterable[tuple[Point, Point]], strength: float = 0.45, width: float = 26
) -> None:
    """Darkness where surfaces meet."""
    large = canvas.pixels.shape[1::-1]
    mask = Canvas.blank(large[0] // _COARSE, large[1] // _COARSE)
    for begin, end in seams:
        mask.line(begin, end, "#ffffff", width)
    soft = cv2.GaussianBlur(mask.pixels[:, :, 0], (0, 0), width * mask.scale)
    _multiply(canvas, 1 - cv2.resize(soft, large).astype(np.float32) * np.float32(strength / 255))


def fade(canvas: Canvas, top: float, bottom: float, upper: str, lower: str) -> None:
    """A band of sky or wall that runs from one colour into another."""
    steps = 64
    for step in range(steps):
        begin, end = (top + (bottom - top) * at / steps for at in (step, step + 1))
        canvas.rectangle(0, begin, REFERENCE[0], end + 1, _mixed(upper, lower, step / (steps - 1)))


def _mixed(first: str, second: str, share: float) -> str:
    channels = (
        round(int(first[at : at + 2], 16) * (1 - share) + int(second[at : at + 2], 16) * share) for at in (1, 3, 5)
    )
    return "#" + "".join(f"{value:02x}" for value in channels)


def _multiply(canvas: Canvas, light: Light) -> None:
    cv2.multiply(canvas.pixels, cv2.merge([light] * 3), dst=canvas.pixels, dtype=cv2.CV_8U)
