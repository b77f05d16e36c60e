"""What a camera should see: a picture small enough to store with the camera, and how much of it is seen again."""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from webapp.video.opencv import cv2
from webapp.video.quality.edges import Edges
from webapp.video.quality.measures import SKETCH, Light, Measures

_Map = NDArray[np.float32]

_FORMAT = struct.Struct(">BBffff")
"""Version, whether by night, lower quarter, contrast, the edges' share and width (negative: none); then the sketch."""
_VERSION = 1
_CELLS = SKETCH[0] * SKETCH[1]

_SMOOTHING = 0.6
"""Cells. Forgives a camera that trembles in the wind."""
_WINDOW = (5, 5)
_LAMPS = 3.0
"""Cells. Brightness that changes over more than these is light, not a thing: it falls on another view just so."""
_LEAST_SLOPE = 1.5
"""Levels per cell: with less, a window has nothing to be recognised by."""
_LEAST_SHARE = 0.1
_ALIKE, _GONE = 0.5, 0.15


class InvalidReference(ValueError):
    """Stored text that is no reference of ours."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture somebody called right, by day or by night."""

    light: Light
    lower_quarter: float
    contrast: float
    edges: Edges
    sketch: bytes = field(repr=False)

    @classmethod
    def of(cls, measures: Measures) -> Reference:
        return cls(measures.light, measures.lower_quarter, measures.contrast, measures.edges, measures.sketch)

    def stored(self) -> str:
        """As text of about 1,750 characters; Reference.restored reads it."""
        width = -1.0 if self.edges.width is None else self.edges.width
        numbers = (self.lower_quarter, self.contrast, self.edges.share, width)
        packed = _FORMAT.pack(_VERSION, self.light is Light.NIGHT, *numbers) + self.sketch
        return base64.b64encode(packed).decode("ascii")

    @classmethod
    def restored(cls, text: str) -> Reference:
        """Raises InvalidReference for anything that stored() did not give."""
        try:
            packed = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidReference("This is not a stored reference picture.") from error
        if len(packed) != _FORMAT.size + _CELLS or packed[0] != _VERSION or packed[1] > 1:
            raise InvalidReference("This is not a reference picture of this version: set a new one.")
        _, is_night, *numbers = _FORMAT.unpack_from(packed)
        if not all(math.isfinite(number) for number in numbers):
            raise InvalidReference("This reference picture is damaged: set a new one.")
        lower_quarter, contrast, share, width = numbers
        light = Light.NIGHT if is_night else Light.DAY
        edges = Edges(share, width if width >= 0 else None)
        return cls(light, lower_quarter, contrast, edges, packed[_FORMAT.size :])


@dataclass(frozen=True, slots=True)
class Likeness:
    """What became of a reference's structure, all in shares of it."""

    reference: Reference
    alike: float
    """Seen again in its place. The same view has above 0.7, in a crowd above 0.4; another one by chance 0.1 to 0.4."""
    gone: float
    """Nothing is there instead, as behind a cloth."""
    foreign: float
    """As much is there that is not of this view: people, or another view."""


def compare(sketch: bytes, references: Iterable[Reference]) -> Likeness | None:
    """How like the most similar reference a picture is; None when no reference has enough structure to tell.

    Only slopes count, each window's in its own scale: light may be stronger, weaker or elsewhere, and who walks through
    changes few windows.
    """
    here = _slopes(sketch)
    strength = _overlap(here, here)
    found = [likeness for reference in references if (likeness := _likeness(here, strength, reference))]
    return max(found, key=lambda likeness: likeness.alike, default=None)


def _likeness(here: tuple[_Map, _Map], strength_here: _Map, reference: Reference) -> Likeness | None:
    there = _slopes(reference.sketch)
    strength_there = _overlap(there, there)
    tells = strength_there > _LEAST_SLOPE**2
    if np.mean(tells) < _LEAST_SHARE:
        return None
    alike = _overlap(there, here) / np.sqrt(strength_there * strength_here + 1e-3)
    gone = (alike < _ALIKE) & (strength_here < _GONE * strength_there)
    foreign = (alike < _ALIKE) & (strength_here > _LEAST_SLOPE**2)
    share_foreign = float(np.count_nonzero(foreign) / np.count_nonzero(tells))
    return Likeness(reference, float(np.clip(alike[tells], 0, 1).mean()), float(gone[tells].mean()), share_foreign)


def _slopes(sketch: bytes) -> tuple[_Map, _Map]:
    cells = np.frombuffer(sketch, np.uint8).reshape(SKETCH[::-1]).astype(np.float32)
    smooth = cv2.GaussianBlur(cells, (0, 0), _SMOOTHING) - cv2.GaussianBlur(cells, (0, 0), _LAMPS)
    return (
        np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5), np.float32),
        np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5), np.float32),
    )


def _overlap(one: tuple[_Map, _Map], other: tuple[_Map, _Map]) -> _Map:
    product = one[0] * other[0] + one[1] * other[1]
    return np.asarray(cv2.boxFilter(product, -1, _WINDOW), np.float32)
