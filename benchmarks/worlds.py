"""Places drawn by chance, as cameras see them by day and by night: pictures that nothing was tuned on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from webapp.video.opencv import cv2

Pixels = NDArray[np.uint8]
Light = NDArray[np.float32]
Colour = tuple[int, int, int]

SIZE = (640, 360)
WIDE, HIGH = 1280, 800
"""The world is larger than a picture, so that a camera that turned sees something new."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX


class World:
    """A place, the part of it that a camera shows, and how that camera exposes."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        drawn = _KINDS[seed % len(_KINDS)](chance)
        self._drawn = np.asarray(cv2.GaussianBlur(drawn, (0, 0), chance.uniform(0.5, 1.0)), np.uint8)
        self._corner = (int(chance.integers(220, 420)), int(chance.integers(150, 290)))
        self._levels = {False: chance.uniform(85, 150), True: chance.uniform(55, 110)}
        self._infra_red = chance.dirichlet((2, 2, 2)).astype(np.float32)

    def view(self, chance: Generator, *, by_night: bool, people: int = 0, turned: bool = False) -> Pixels:
        """What the lens throws on the sensor."""
        scene = self._turned(chance) if turned else self._straight(chance)
        for _ in range(people):
            _draw_person(scene, chance)
        return self._lit(scene.astype(np.float32), chance, by_night)

    def _straight(self, chance: Generator) -> Pixels:
        """The same part as ever, but for a little wind."""
        left, top = (at + int(chance.integers(-3, 4)) for at in self._corner)
        return self._drawn[top : top + SIZE[1], left : left + SIZE[0]].copy()

    def _turned(self, chance: Generator) -> Pixels:
        """Knocked aside by a sixth of the picture or more, twisted, perhaps zoomed."""
        angle, distance = chance.uniform(0, 2 * np.pi), chance.uniform(0.17, 0.33) * SIZE[0]
        middle = np.array(self._corner) + np.array(SIZE) / 2
        aside = distance * np.array([np.cos(angle), 0.6 * np.sin(angle)])
        matrix = cv2.getRotationMatrix2D(tuple(middle), chance.uniform(-14, 14), chance.uniform(1.0, 1.6))
        matrix = np.hstack((matrix[:, :2], matrix[:, 2:] + (aside + np.array(SIZE) / 2 - middle)[:, None]))
        return np.asarray(cv2.warpAffine(self._drawn, matrix, SIZE, borderMode=cv2.BORDER_REFLECT), np.uint8)

    def _lit(self, scene: Light, chance: Generator, by_night: bool) -> Pixels:
        if by_night:
            scene = np.repeat((scene @ self._infra_red)[:, :, None], 3, axis=2) * _lamp(chance)
        else:
            scene = scene * _daylight(chance)
        level = self._levels[by_night] * chance.uniform(0.85, 1.15)
        return np.asarray(np.clip(scene * (level / max(1.0, float(scene.mean()))), 0, 255), np.uint8)


@dataclass(frozen=True, slots=True)
class Sensor:
    """What a camera adds to what it sees: noise, and its encoder's artefacts."""

    noise: float
    quality: int

    @classmethod
    def by_chance(cls, chance: Generator, *, by_night: bool) -> Sensor:
        return cls(chance.uniform(2, 6) if by_night else chance.uniform(0.7, 3), int(chance.integers(30, 91)))

    def picture(self, seen: Pixels, chance: Generator) -> Pixels:
        """As a check gets it, clock and name written over it."""
        noisy = np.clip(seen + chance.normal(0, self.noise, (*seen.shape[:2], 1)), 0, 255).astype(np.uint8)
        _, jpeg = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        return stamped(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8), chance)


def stamped(picture: Pixels, chance: Generator) -> Pixels:
    frame = picture.copy()
    clock = (
        f"2027-{chance.integers(1, 13):02}-{chance.integers(1, 29):02} {timedelta(seconds=int(chance.integers(86400)))}"
    )
    for text, place in ((clock, (400, 22)), ("Camera 12", (10, 348))):
        cv2.putText(frame, text, place, _FONT, 0.55, (0, 0, 0), 4, cv2.LINE_AA)
        cv2.putText(frame, text, place, _FONT, 0.55, (255, 255, 255), 1, cv2.LINE_AA)
    return frame


def clouds(chance: Generator, width: int, height: int, coarsest: int, falls: float = 0.5) -> Light:
    """Noise of many scales, about 0, standard deviation 1."""
    total, strength, cells = np.zeros((height, width), np.float32), 1.0, coarsest
    while cells < width:
        layer = chance.normal(0, strength, (max(2, cells * height // width), cells)).astype(np.float32)
        total += cv2.resize(layer, (width, height), interpolation=cv2.INTER_CUBIC)
        strength, cells = strength * falls, cells * 2
    return np.asarray((total - total.mean()) / max(1e-6, float(total.std())), np.float32)


def _daylight(chance: Generator) -> Light:
    """Sun or lamps from a side, a colour of light, and every other time the shadow of something not in the picture."""
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, SIZE[0]), np.linspace(-0.5, 0.5, SIZE[1]))
    light = (1 + chance.uniform(-0.5, 0.5) * x + chance.uniform(-0.4, 0.4) * y).astype(np.float32)
    if chance.random() < 0.5:
        shade = np.ones_like(light)
        corners = (chance.uniform(-0.2, 1.2, (4, 2)) * SIZE).astype(np.int32)
        cv2.fillConvexPoly(shade, cv2.convexHull(corners), chance.uniform(0.55, 0.8))
        light *= cv2.GaussianBlur(shade, (0, 0), chance.uniform(1, 6))
    return light[:, :, None] * chance.uniform(0.85, 1.0, 3).astype(np.float32)


def _lamp(chance: Generator) -> Light:
    """The camera's own lamp: brightest near the middle."""
    x, y = np.meshgrid(np.linspace(-1, 1, SIZE[0]), np.linspace(-1, 1, SIZE[1]))
    away = (x - chance.uniform(-0.15, 0.15)) ** 2 + (y - chance.uniform(-0.15, 0.15)) ** 2
    edge = chance.uniform(0.25, 0.6)
    return np.asarray(edge + (1 - edge) * np.exp(-away / chance.uniform(0.7, 1.6)), np.float32)[:, :, None]


def _draw_person(scene: Pixels, chance: Generator) -> None:
    tall = chance.uniform(0.25, 0.8) * SIZE[1]
    x, feet = chance.uniform(0, SIZE[0]), chance.uniform(0.6, 1.1) * SIZE[1]
    parts = ((0.28, 0.10, 0.28), (0.62, 0.13, 0.20), (0.91, 0.06, 0.09))
    for up, half_width, half_height in parts:
        axes = (max(1, int(half_width * tall)), max(1, int(half_height * tall)))
        cv2.ellipse(scene, (int(x), int(feet - up * tall)), axes, 0, 0, 360, _colour(chance), -1, cv2.LINE_AA)


def _colour(chance: Generator, low: int = 20, high: int = 225) -> Colour:
    grey, tint = chance.uniform(low, high), chance.normal(0, 22, 3)
    blue, green, red = (int(v) for v in np.clip(grey + tint, 5, 245))
    return blue, green, red


def _surface(chance: Generator, low: int, high: int, wear: float) -> Pixels:
    """A painted or paved plane: one colour, uneven by `wear` levels."""
    blotches = clouds(chance, WIDE, HIGH, int(chance.integers(4, 12)), chance.uniform(0.45, 0.75))
    plain = np.array(_colour(chance, low, high), np.float32)
    return np.clip(plain + wear * blotches[:, :, None], 0, 255).astype(np.uint8)


def _box(scene: Pixels, chance: Generator, left: float, top: float, width: float, height: float) -> None:
    """A framed thing: window, door, board, cabinet; some with panes, some with words."""
    low, high = (int(left), int(top)), (int(left + width), int(top + height))
    cv2.rectangle(scene, low, high, _colour(chance), -1)
    cv2.rectangle(scene, low, high, _colour(chance), int(chance.integers(1, 6)))
    if chance.random() < 0.5:
        for line in range(1, int(chance.integers(2, 5))):
            x = int(left + width * line / 5)
            cv2.line(scene, (x, low[1]), (x, high[1]), _colour(chance), 2, cv2.LINE_AA)
    else:
        words = "".join(chance.choice(list("ABEHKLMNORT0123456789"), 5))
        cv2.putText(scene, words, (low[0] + 6, high[1] - 8), _FONT, width / 130, _colour(chance), 2, cv2.LINE_AA)


def _room(chance: Generator) -> Pixels:
    scene, floor = _surface(chance, 110, 210, 4), _surface(chance, 50, 140, 6)
    edge = int(chance.integers(430, 560))
    scene[edge:] = floor[edge:]
    cv2.line(scene, (0, edge), (WIDE, edge), _colour(chance), int(chance.integers(3, 14)))
    for _ in range(int(chance.integers(9, 16))):
        width, height = chance.uniform(50, 170, 2)
        _box(scene, chance, chance.uniform(0, WIDE - width), chance.uniform(80, edge - 30), width, height)
    for x in np.linspace(-600, WIDE + 600, int(chance.integers(9, 18))):
        cv2.line(scene, (int(x * 0.5 + WIDE / 4), edge), (int(x), HIGH), _colour(chance), 1, cv2.LINE_AA)
    return scene


def _street(chance: Generator) -> Pixels:
    scene, ground = _surface(chance, 150, 225, 6), _surface(chance, 60, 130, 10)
    horizon = int(chance.integers(300, 400))
    scene[horizon:] = ground[horizon:]
    left = 0.0
    while left < WIDE:
        width, height = chance.uniform(90, 260), chance.uniform(80, 240)
        top = horizon - height
        cv2.rectangle(scene, (int(left), int(top)), (int(left + width), horizon + 20), _colour(chance, 40, 200), -1)
        for x in np.arange(left + 12, left + width - 24, 34):
            for y in np.arange(top + 12, horizon - 16, 40):
                cv2.rectangle(scene, (int(x), int(y)), (int(x + 18), int(y + 24)), _colour(chance), -1)
        left += width + chance.uniform(-10, 60)
    for _ in range(int(chance.integers(5, 10))):
        begin, end = chance.uniform((0, horizon + 30), (WIDE, HIGH), (2, 2)).astype(int)
        cv2.line(scene, tuple(begin), tuple(end), _colour(chance, 150, 240), int(chance.integers(2, 8)), cv2.LINE_AA)
    return scene


def _clutter(chance: Generator) -> Pixels:
    scene = _surface(chance, 60, 200, 8)
    for _ in range(int(chance.integers(60, 140))):
        middle = chance.uniform((0, 0), (WIDE, HIGH))
        corners = middle + chance.normal(0, chance.uniform(12, 70), (int(chance.integers(3, 7)), 2))
        cv2.fillPoly(scene, [corners.astype(np.int32)], _colour(chance), cv2.LINE_AA)
    return scene


def _garden(chance: Generator) -> Pixels:
    """Foliage, gravel, bricks: texture everywhere."""
    leaves = clouds(chance, WIDE, HIGH, 10, 0.85)
    shades = np.array([_colour(chance, 40, 110), _colour(chance, 80, 160), _colour(chance, 120, 220)], np.uint8)
    scene = np.asarray(shades[np.digitize(leaves, (-0.5, 0.6))], np.uint8)
    top = int(chance.integers(300, 480))
    scene[top:] = _surface(chance, 70, 160, 14)[top:]
    for y in range(top, HIGH, int(chance.integers(24, 44))):
        cv2.line(scene, (0, y), (WIDE, y), _colour(chance, 40, 120), 2)
    return scene


def _bare_wall(chance: Generator) -> Pixels:
    """As hard as it gets: nearly nothing to see, a door, a pipe, a switch."""
    scene = _surface(chance, 110, 200, 5)
    edge = int(chance.integers(470, 580))
    scene[edge:] = _surface(chance, 50, 130, 5)[edge:]
    for left in (330, 700):
        _box(scene, chance, left + chance.uniform(-60, 60), chance.uniform(220, 300), chance.uniform(80, 150), 300)
    for _ in range(3):
        x, width = int(chance.integers(200, WIDE - 200)), int(chance.integers(3, 12))
        cv2.line(scene, (x, 0), (x + int(chance.integers(-40, 40)), edge), _colour(chance), width, cv2.LINE_AA)
    return scene


def _corridor(chance: Generator) -> Pixels:
    """Everything runs to one point, doors on both sides get smaller towards it."""
    scene = _surface(chance, 100, 190, 4)
    point = np.array((chance.uniform(500, 780), chance.uniform(300, 440)))
    corners = np.array(((0, 0), (WIDE, 0), (WIDE, HIGH), (0, HIGH)), np.float64)
    for begin, end in ((0, 1), (2, 3)):
        ceiling_or_floor = np.array((corners[begin], corners[end], point), np.int32)
        cv2.fillPoly(scene, [ceiling_or_floor], _colour(chance, 60, 220), cv2.LINE_AA)
    for side in (0, 1):
        upper, lower = np.array((side * WIDE, chance.uniform(60, 160))), np.array((side * WIDE, HIGH - 20.0))
        for near in np.arange(0.05, 0.85, chance.uniform(0.14, 0.22)):
            ways = [at + (point - at) * share for share in (near, near + 0.08) for at in (upper, lower)]
            door = np.array((ways[0], ways[1], ways[3], ways[2]), np.int32)
            cv2.fillPoly(scene, [door], _colour(chance), cv2.LINE_AA)
    return scene


def _shelves(chance: Generator) -> Pixels:
    """The same again and again: another part of it looks nearly alike."""
    scene = _surface(chance, 60, 120, 4)
    wide, high = int(chance.integers(70, 130)), int(chance.integers(60, 110))
    for left in range(0, WIDE, wide):
        for top in range(0, HIGH, high):
            for number in range(int(chance.integers(0, 4))):
                x, tall = left + 6 + number * wide // 4, int(chance.integers(high // 3, high - 10))
                low, far = (x, top + high - 6), (x + wide // 4 - 3, top + high - 6 - tall)
                cv2.rectangle(scene, low, far, _colour(chance), -1)
            cv2.rectangle(scene, (left, top + high - 6), (left + wide, top + high), (70, 90, 110), -1)
        cv2.rectangle(scene, (left - 4, 0), (left + 4, HIGH), (60, 60, 150), -1)
    return scene


def _yard(chance: Generator) -> Pixels:
    """Open ground under a large sky, a fence of thin wires, bare trees."""
    scene, ground = _surface(chance, 170, 230, 9), _surface(chance, 60, 130, 9)
    horizon = int(chance.integers(380, 480))
    scene[horizon:] = ground[horizon:]
    for _ in range(int(chance.integers(2, 6))):
        _grow(scene, chance, np.array((chance.uniform(150, WIDE - 150), horizon + 40.0)), -np.pi / 2, 110)
    for x in range(0, WIDE, int(chance.integers(16, 40))):
        cv2.line(scene, (x, horizon - 60), (x, horizon + 70), (120, 125, 120), 1, cv2.LINE_AA)
    for y in (-60, 5, 70):
        cv2.line(scene, (0, horizon + y), (WIDE, horizon + y), (80, 85, 80), 3, cv2.LINE_AA)
    return scene


def _grow(scene: Pixels, chance: Generator, root: NDArray[np.float64], angle: float, length: float) -> None:
    if length < 14:
        return
    tip = root + length * np.array((np.cos(angle), np.sin(angle)))
    begin, end = (tuple(int(v) for v in point) for point in (root, tip))
    cv2.line(scene, begin, end, (35, 45, 55), max(1, int(length / 12)), cv2.LINE_AA)
    for turn in (-1, 1):
        _grow(scene, chance, tip, angle + turn * chance.uniform(0.2, 0.7), length * chance.uniform(0.6, 0.8))


_KINDS: tuple[Callable[[Generator], Pixels], ...] = (
    *(_room, _street, _clutter, _garden, _bare_wall),
    *(_corridor, _shelves, _yard),
)
