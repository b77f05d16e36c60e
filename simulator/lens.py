"""From a drawn scene to a camera's picture: lens, sensor noise, infra-red at night, a spoilt view, and the clock."""

from __future__ import annotations

import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.canvas import Canvas, Pixels
from simulator.videos import Picture

Grade = tuple[float, float, float]
"""How much of red, green and blue the camera shows, each at most 1."""

_NOISES = 8
_NOISE_LEVEL = 24
_BLUR = 9.0
_TURN_DEGREES, _CLOSER = 13.0, 2.1
_DATE = datetime.date(2026, 11, 22)


class Lens:
    """Develops the frames of one video; the same frame number always gives the same noise."""

    def __init__(self, size: tuple[int, int], *, night: bool, picture: Picture, grade: Grade) -> None:
        self._night = night
        self._picture = picture
        self._light = _falloff(size, 0.42 if night else 0.80, 0.42 if night else 0.25, grade)
        self._noises = _noises(size, 5.0 if night else 2.2)
        self._moved = cv2.getRotationMatrix2D((size[0] * 0.80, size[1] * 0.22), _TURN_DEGREES, _CLOSER)
        self._scale = size[0] / 1280

    def develop(self, drawn: Pixels, number: int, clock: datetime.time) -> Pixels:
        """The finished picture; `drawn` stays as it is."""
        frame = self._spoilt(_infra_red(drawn) if self._night else drawn)
        if self._picture is not Picture.BLACK:
            frame = np.asarray(cv2.multiply(frame, self._light, scale=1 / 255), np.uint8)
        noise = self._noises[number * 5 % _NOISES]
        frame = np.asarray(cv2.addWeighted(frame, 1.0, noise, 1.0, -_NOISE_LEVEL), np.uint8)
        _stamp(frame, clock)
        return frame

    def _spoilt(self, frame: Pixels) -> Pixels:
        match self._picture:
            case Picture.BLACK:
                return np.full_like(frame, 5)
            case Picture.BLURRED:
                return np.asarray(cv2.GaussianBlur(frame, (0, 0), _BLUR * self._scale), np.uint8)
            case Picture.MOVED:
                size = (frame.shape[1], frame.shape[0])
                moved = cv2.warpAffine(frame, self._moved, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
                return np.asarray(moved, np.uint8)
            case Picture.OVEREXPOSED:
                return np.asarray(cv2.convertScaleAbs(frame, alpha=1.9, beta=95), np.uint8)
            case _:
                return frame


def _infra_red(frame: Pixels) -> Pixels:
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    levels = (255 * (np.arange(256) / 255) ** 1.25 * 0.92).astype(np.uint8)
    return np.asarray(cv2.cvtColor(cv2.LUT(grey, levels), cv2.COLOR_GRAY2BGR), np.uint8)


def _falloff(size: tuple[int, int], edge: float, sharpness: float, grade: Grade) -> Pixels:
    """What a lens, and at night the camera's own lamp, leave of the light towards the edges, in each colour."""
    x = np.linspace(-1, 1, size[0])[None, :]
    y = np.linspace(-1, 1, size[1])[:, None]
    light = edge + (1 - edge) * np.exp(-((x**2 + 0.8 * (y - 0.15) ** 2) ** 1.3) / (2 * sharpness))
    return np.asarray(255 * light[:, :, None] * np.array(grade[::-1]), np.uint8)


def _noises(size: tuple[int, int], strength: float) -> list[NDArray[np.uint8]]:
    chance = np.random.default_rng(11)
    shape = (size[1], size[0], 1)
    grey = [chance.normal(_NOISE_LEVEL, strength, shape) for _ in range(_NOISES)]
    return [np.repeat(np.clip(noise, 0, 255).astype(np.uint8), 3, axis=2) for noise in grey]


def _stamp(frame: Pixels, clock: datetime.time) -> None:
    canvas = Canvas(frame)
    text = f"{_DATE} {clock:%H:%M:%S}"
    canvas.text(text, (30, 52), 0.95, "#101010", 7)
    canvas.text(text, (30, 52), 0.95, "#f4f4f4", 2)
