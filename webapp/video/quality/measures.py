"""The numbers of one picture, from which every finding is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from webapp.video.decode import Frame
from webapp.video.opencv import cv2
from webapp.video.quality.edges import Edges, edges

SKETCH = (48, 27)
"""Columns and rows of a sketch."""
SAMPLES = 256

_LONG_SIDE = 320
_GREY_CHROMA = 4
_COLOURED_SHARE = 0.05


class Light(StrEnum):
    DAY = "day"
    NIGHT = "night"
    """By infra-red: without colour."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Levels run from 0 to 255, lengths are in pixels of a picture whose longer side has 320."""

    light: Light
    brightest: float
    """The level that all but 2 % of the picture stay below."""
    lower_quarter: float
    """The level that three quarters of the picture are above, by their strongest colour."""
    contrast: float
    """Levels between the darkest and the brightest 5 %."""
    edges: Edges
    sketch: bytes = field(repr=False)
    """The picture as SKETCH cells of grey."""
    samples: bytes = field(repr=False)
    """Single pixels, not averaged: the sensor's noise is in them. See frozen.py."""


def measure(frame: Frame) -> Measures:
    """For pictures of any size, meant for the thumbnail's. Raises ValueError for an empty frame."""
    if frame.size == 0:
        raise ValueError("There is no picture to measure.")
    view = _without_overlays(frame)
    small = _shrunk(view)
    cells = cv2.resize(small, SKETCH, interpolation=cv2.INTER_AREA)
    sketch = cv2.cvtColor(cells, cv2.COLOR_BGR2GRAY)
    darkest, brighter, brightest = np.percentile(sketch, (5, 95, 98))
    weakest, strongest = _extremes(cells)
    return Measures(
        _light(strongest - weakest),
        float(brightest),
        float(np.percentile(strongest, 25)),
        float(brighter - darkest),
        edges(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), float(brighter - darkest)),
        sketch.tobytes(),
        _samples(view),
    )


def _without_overlays(frame: Frame) -> Frame:
    """The picture without its upper and lower eighth, where cameras write clock and name: those are sharp, bright and
    in their place whatever the camera sees."""
    margin = frame.shape[0] // 8
    return frame[margin : frame.shape[0] - margin]


def _shrunk(view: Frame) -> Frame:
    scale = min(1.0, _LONG_SIDE / max(view.shape[:2]))
    size = max(1, round(view.shape[1] * scale)), max(1, round(view.shape[0] * scale))
    return cv2.resize(view, size, interpolation=cv2.INTER_AREA)


def _extremes(cells: Frame) -> tuple[Frame, Frame]:
    """Of each cell the weakest and the strongest colour; numpy takes ten times as long along so short an axis."""
    blue, green, red = cv2.split(cells)
    return cv2.min(cv2.min(blue, green), red), cv2.max(cv2.max(blue, green), red)


def _light(chroma: Frame) -> Light:
    return Light.DAY if np.mean(chroma > _GREY_CHROMA) > _COLOURED_SHARE else Light.NIGHT


def _places() -> NDArray[np.float64]:
    """Where the samples lie, as shares of the height and width: scattered, so that no pattern falls in step with them,
    and for ever the same."""
    number = np.arange(1, SAMPLES + 1)
    return np.stack([number * 0.7548776662466927 % 1, number * 0.5698402909980532 % 1])


_PLACES = _places()


def _samples(view: Frame) -> bytes:
    rows, columns = (_PLACES * np.array([[view.shape[0]], [view.shape[1]]])).astype(np.intp)
    return np.asarray(view[rows, columns, 1], np.uint8).tobytes()
