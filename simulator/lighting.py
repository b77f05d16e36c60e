"""Light on a backdrop: lamps, dark corners and the unevenness of real walls and floors."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.canvas import REFERENCE, Canvas, Point

Light = NDArray[np.floating]
Lamp = tuple[float, float, float, float]
"""Where on the picture (x, y), how far it reaches, and how much it adds to the light there."""


def shine(canvas: Canvas, ambient: float, lamps: Iterable[Lamp]) -> None:
    """Darkens everything to `ambient` (1: as drawn) and adds pools of light."""
    height, width = canvas.pixels.shape[:2]
    x = np.linspace(0, REFERENCE[0], width, dtype=np.float32)[None, :]
    y = np.linspace(0, REFERENCE[1], height, dtype=np.float32)[:, None]
    light = np.full((height, width), ambient, np.float32)
    for lamp_x, lamp_y, reach, strength in lamps:
        light += strength * np.exp(-((x - lamp_x) ** 2 + (y - lamp_y) ** 2) / (2 * reach**2))
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
    mask = Canvas.blank(*canvas.pixels.shape[1::-1])
    for begin, end in seams:
        mask.line(begin, end, "#ffffff", width)
    blur = width * canvas.scale
    soft = cv2.GaussianBlur(mask.pixels[:, :, 0], (0, 0), blur).astype(np.float32) / 255
    _multiply(canvas, 1 - strength * soft)


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
    canvas.pixels[:] = np.clip(canvas.pixels * light[:, :, None], 0, 255).astype(np.uint8)
