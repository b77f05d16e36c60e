"""Draws with a camera's eye: flat shapes on a picture, and solid ones in metres seen in perspective."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Point = tuple[float, float]
Spot = tuple[float, float, float]
"""Metres from below the camera: right, up, away."""

REFERENCE = (1280, 720)
"""All flat coordinates are those of a picture of this size."""

_FRACTION_BITS = 4
_NEAREST_METRES = 0.4


@lru_cache(maxsize=4096)
def bgr(colour: str, light: float = 1.0) -> tuple[int, int, int]:
    """'#rrggbb' as OpenCV wants it, made lighter or darker."""
    red, green, blue = (min(255, round(int(colour[at : at + 2], 16) * light)) for at in (1, 3, 5))
    return blue, green, red


class Canvas:
    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self.scale = pixels.shape[1] / REFERENCE[0]

    @classmethod
    def blank(cls, width: int, height: int) -> Canvas:
        return cls(np.zeros((height, width, 3), np.uint8))

    def polygon(self, points: Iterable[Point], colour: str, light: float = 1.0) -> None:
        corners = np.array([self._fixed(point) for point in points], np.int32)
        cv2.fillPoly(self.pixels, [corners], bgr(colour, light), cv2.LINE_AA, _FRACTION_BITS)

    def line(self, begin: Point, end: Point, colour: str, width: float = 1.0, light: float = 1.0) -> None:
        """Round at both ends."""
        thickness = max(1, round(width * self.scale))
        cv2.line(
            self.pixels,
            self._fixed(begin),
            self._fixed(end),
            bgr(colour, light),
            thickness,
            cv2.LINE_AA,
            _FRACTION_BITS,
        )

    def disc(self, centre: Point, radii: Point, colour: str, light: float = 1.0, arc: Point = (0, 360)) -> None:
        """A filled ellipse, or the part of it between two angles (degrees, clockwise from the right)."""
        axes = self._fixed(radii)
        cv2.ellipse(
            *(
                self.pixels,
                self._fixed(centre),
                axes,
                0,
                *arc,
                bgr(colour, light),
                cv2.FILLED,
                cv2.LINE_AA,
                _FRACTION_BITS,
            )
        )

    def rectangle(self, left: float, top: float, right: float, bottom: float, colour: str, light: float = 1.0) -> None:
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], colour, light)

    def glass(self, points: Iterable[Point], colour: str, opacity: float) -> None:
        """A polygon one can see through."""
        corners = np.array([self._fixed(point) for point in points], np.int32)
        left, top, width, height = cv2.boundingRect(corners >> _FRACTION_BITS)
        area = self._area(left, top, left + width + 1, top + height + 1)
        if area is None:
            return
        (x, y), under = area
        over = under.copy()
        moved = corners - np.array([x, y], np.int32) * (1 << _FRACTION_BITS)
        cv2.fillPoly(over, [moved], bgr(colour), cv2.LINE_AA, _FRACTION_BITS)
        cv2.addWeighted(over, opacity, under, 1 - opacity, 0, dst=under)

    def text(self, text: str, left_bottom: Point, size: float, colour: str, width: float = 2) -> None:
        origin = (round(left_bottom[0] * self.scale), round(left_bottom[1] * self.scale))
        thickness = max(1, round(width * self.scale))
        cv2.putText(
            *(
                self.pixels,
                text,
                origin,
                cv2.FONT_HERSHEY_DUPLEX,
                size * self.scale,
                bgr(colour),
                thickness,
                cv2.LINE_AA,
            )
        )

    def shadow(self, centre: Point, radii: Point, strength: float) -> None:
        """A soft dark ellipse."""
        (x, y), (wide, high) = centre, radii
        left, top = round((x - wide) * self.scale), round((y - high) * self.scale)
        width, height = max(2, round(2 * wide * self.scale)), max(2, round(2 * high * self.scale))
        area = self._area(left, top, left + width, top + height)
        if area is None:
            return
        (begin_x, begin_y), under = area
        mask = cv2.resize(_soft_spot(), (width, height))[begin_y - top :, begin_x - left :]
        keep = 1 - strength * mask[: under.shape[0], : under.shape[1], None]
        under[:] = (under * keep).astype(np.uint8)

    def _area(self, left: int, top: int, right: int, bottom: int) -> tuple[tuple[int, int], Pixels] | None:
        """The part of a rectangle (pixels) that lies in the picture, and where it begins."""
        height, width = self.pixels.shape[:2]
        left, top, right, bottom = max(0, left), max(0, top), min(width, right), min(height, bottom)
        return ((left, top), self.pixels[top:bottom, left:right]) if left < right and top < bottom else None

    def _fixed(self, point: Point) -> tuple[int, int]:
        factor = self.scale * (1 << _FRACTION_BITS)
        return round(point[0] * factor), round(point[1] * factor)


@lru_cache
def _soft_spot() -> NDArray[np.float32]:
    across = np.linspace(-1, 1, 64, dtype=np.float32) ** 2
    spot: NDArray[np.float32] = np.clip(1 - (across[:, None] + across[None, :]), 0, 1) ** 0.8
    return spot


@dataclass(frozen=True)
class View:
    """Where a camera hangs and how it looks: level, `height` metres up, its lens shifted to `horizon`."""

    horizon: float
    focal: float
    height: float
    middle: float = REFERENCE[0] / 2

    def point(self, spot: Spot) -> Point:
        right, up, away = spot
        scale = self.scale(away)
        return self.middle + scale * right, self.horizon + scale * (self.height - up)

    def scale(self, away: float) -> float:
        """Reference pixels per metre at this distance."""
        return self.focal / max(away, _NEAREST_METRES)

    def face(self, canvas: Canvas, corners: Iterable[Spot], colour: str, light: float = 1.0) -> None:
        canvas.polygon([self.point(corner) for corner in corners], colour, light)

    def floor(self, canvas: Canvas, left: float, right: float, near: float, far: float, colour: str) -> None:
        self.face(canvas, [(left, 0, near), (right, 0, near), (right, 0, far), (left, 0, far)], colour)

    def wall(
        self,
        canvas: Canvas,
        left: float,
        right: float,
        bottom: float,
        top: float,
        away: float,
        colour: str,
        light: float = 1.0,
    ) -> None:
        """A rectangle that faces the camera."""
        corners = [(left, bottom, away), (right, bottom, away), (right, top, away), (left, top, away)]
        self.face(canvas, corners, colour, light)

    def side(
        self,
        canvas: Canvas,
        right: float,
        bottom: float,
        top: float,
        near: float,
        far: float,
        colour: str,
        light: float = 1.0,
    ) -> None:
        """A rectangle along the line of sight, such as a corridor's wall."""
        corners = [(right, bottom, near), (right, bottom, far), (right, top, far), (right, top, near)]
        self.face(canvas, corners, colour, light)

    def box(self, canvas: Canvas, box: Box, colour: str) -> None:
        """Only the faces that the camera sees: sides, top, front."""
        left, right = (box.left, box.right), (box.top_left, box.top_right)
        for bottom_x, top_x, visible in ((left[0], right[0], left[0] > 0), (left[1], right[1], left[1] < 0)):
            if visible:
                corners = [
                    *((bottom_x, box.bottom, box.near), (bottom_x, box.bottom, box.far)),
                    *((top_x, box.top, box.top_far), (top_x, box.top, box.top_near)),
                ]
                self.face(canvas, corners, colour, 0.72)
        if box.top < self.height:
            top = [(right[0], box.top_near), (right[1], box.top_near), (right[1], box.top_far), (right[0], box.top_far)]
            self.face(canvas, [(x, box.top, z) for x, z in top], colour, 1.15)
        front = [(left[0], box.bottom, box.near), (left[1], box.bottom, box.near)]
        self.face(canvas, [*front, (right[1], box.top, box.top_near), (right[0], box.top, box.top_near)], colour, 0.95)


@dataclass(frozen=True, slots=True)
class Box:
    """A block in metres; `taper` draws its top in on the left and right, `lean` at the near and far end."""

    left: float
    right: float
    bottom: float
    top: float
    near: float
    far: float
    taper: Point = (0.0, 0.0)
    lean: Point = (0.0, 0.0)

    @property
    def top_left(self) -> float:
        return self.left + self.taper[0]

    @property
    def top_right(self) -> float:
        return self.right - self.taper[1]

    @property
    def top_near(self) -> float:
        return self.near + self.lean[0]

    @property
    def top_far(self) -> float:
        return self.far - self.lean[1]
