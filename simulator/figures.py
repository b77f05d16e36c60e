"""Who and what moves through the scenes: people, cars and a fork-lift, drawn at a place in metres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from simulator.canvas import Box, Canvas, Point, View


class Facing(Enum):
    LEFT = auto()
    RIGHT = auto()
    CAMERA = auto()
    AWAY = auto()

    @property
    def is_sideways(self) -> bool:
        return self in (Facing.LEFT, Facing.RIGHT)


@dataclass(frozen=True, slots=True)
class Look:
    shirt: str
    trousers: str = "#2b2f3a"
    skin: str = "#c99a78"
    hair: str = "#33271f"
    height: float = 1.75
    vest: bool = False
    """A high-visibility vest over the shirt."""


@dataclass(frozen=True, slots=True)
class Pose:
    right: float
    away: float
    facing: Facing = Facing.CAMERA
    stride: float | None = None
    """Where in a double step (0 to 1); None stands still."""
    reaches: bool = False
    """One arm up, to a card reader."""


_SHOES = "#191a1d"
_VEST = "#d8e04a"


class _Body:
    """A person's joints on the picture, from heights in metres of somebody 1.75 m tall."""

    def __init__(self, canvas: Canvas, view: View, pose: Pose, look: Look) -> None:
        self.canvas = canvas
        self.pose = pose
        self.look = look
        self.feet = view.point((pose.right, 0, pose.away))
        self.unit = view.scale(pose.away) * look.height / 1.75
        swing = 0.0 if pose.stride is None else math.sin(2 * math.pi * pose.stride)
        self.swing = swing
        self.bob = 0.0 if pose.stride is None else 0.02 * abs(swing)

    def at(self, right: float, up: float) -> Point:
        mirrored = -right if self.pose.facing is Facing.LEFT else right
        return self.feet[0] + self.unit * mirrored, self.feet[1] - self.unit * (up - self.bob)

    def limb(self, points: list[Point], width: float, colour: str, light: float) -> None:
        joints = [self.at(*point) for point in points]
        for begin, end in pairwise(joints):
            self.canvas.line(begin, end, colour, width * self.unit, light)

    def leg(self, side: int, light: float) -> None:
        swing = side * self.swing
        if self.pose.facing.is_sideways:
            hip, knee, ankle = (
                (0.0, 0.88),
                (0.19 * swing + 0.05, 0.48),
                (0.34 * swing - 0.04, 0.07 + 0.05 * max(0, -swing)),
            )
            toe = (ankle[0] + 0.13, ankle[1] - 0.03)
        else:
            lift = 0.07 * max(0.0, swing)
            hip, knee, ankle = (side * 0.09, 0.88), (side * 0.10, 0.48 + lift), (side * 0.10, 0.07 + lift)
            toe = (side * 0.12, ankle[1] - 0.03)
        self.limb([hip, knee, ankle], 0.145, self.look.trousers, light)
        self.limb([ankle, toe], 0.10, _SHOES, 1.0)

    def arm(self, side: int, light: float) -> None:
        swing = -side * self.swing
        if self.pose.reaches and side > 0:
            joints = [(0.19, 1.40), (0.36, 1.24), (0.55, 1.36)]
        elif self.pose.facing.is_sideways:
            joints = [(0.0, 1.40), (0.13 * swing - 0.03, 1.14), (0.27 * swing + 0.04, 0.90)]
        else:
            joints = [(side * 0.20, 1.40), (side * 0.26, 1.14), (side * 0.25, 0.88 + 0.05 * max(0.0, swing))]
        self.limb(joints, 0.105, self.look.shirt, light)
        self.canvas.disc(self.at(*joints[-1]), (0.055 * self.unit, 0.06 * self.unit), self.look.skin, light)

    def torso(self) -> None:
        half = (0.10, 0.09) if self.pose.facing.is_sideways else (0.17, 0.13)
        outline = [(-half[0], 1.40), (half[0], 1.40), (half[1], 0.90), (-half[1], 0.90)]
        colour = _VEST if self.look.vest else self.look.shirt
        self.canvas.polygon([self.at(*point) for point in outline], colour)
        self.limb([*outline, outline[0]], 0.10, colour, 1.0)
        self.limb([(half[0] + 0.02, 1.38), (half[1] + 0.03, 0.92)], 0.04, colour, 0.85)
        if self.look.vest:
            self.limb([(-half[1] - 0.03, 1.10), (half[1] + 0.03, 1.10)], 0.05, "#eef0f0", 1.0)

    def head(self) -> None:
        self.limb([(0.0, 1.44), (0.01, 1.52)], 0.11, self.look.skin, 0.85)
        centre, radii = self.at(0.01, 1.63), (0.098 * self.unit, 0.125 * self.unit)
        if self.pose.facing is Facing.AWAY:
            self.canvas.disc(centre, radii, self.look.hair)
            return
        self.canvas.disc(centre, radii, self.look.skin)
        self._hair()
        if self.pose.facing is Facing.CAMERA:
            self._face()

    def _hair(self) -> None:
        shift = -0.02 if self.pose.facing.is_sideways else 0.01
        radii = (0.108 * self.unit, 0.12 * self.unit)
        self.canvas.disc(self.at(shift, 1.665), radii, self.look.hair, arc=(180, 360))
        if self.pose.facing.is_sideways:
            self.canvas.disc(self.at(-0.055, 1.64), (0.05 * self.unit, 0.09 * self.unit), self.look.hair)

    def _face(self) -> None:
        for right in (-0.03, 0.05):
            self.canvas.disc(self.at(right, 1.635), (0.012 * self.unit, 0.010 * self.unit), "#2a211d")
        self.canvas.line(self.at(-0.01, 1.565), self.at(0.03, 1.565), "#8c5f4d", 0.012 * self.unit)


def draw_person(canvas: Canvas, view: View, pose: Pose, look: Look) -> None:
    body = _Body(canvas, view, pose, look)
    canvas.shadow(body.feet, (0.42 * body.unit, 0.13 * body.unit), 0.5)
    body.arm(-1, 0.75)
    body.leg(-1, 0.75)
    body.leg(1, 1.0)
    body.torso()
    body.arm(1, 0.92)
    body.head()


_GLASS = "#20272e"
_TYRE = "#131416"


def draw_car(canvas: Canvas, view: View, right: float, away: float, colour: str, facing: Facing) -> None:
    """A car whose middle is `right` and whose near side is `away` metres from the camera."""
    length, width = (4.3, 1.8) if facing.is_sideways else (1.8, 4.2)
    centre = view.point((right, 0, away + width / 2))
    canvas.shadow(centre, (0.62 * length * view.scale(away), 0.30 * width * view.scale(away)), 0.55)
    if facing.is_sideways:
        _draw_car_from_the_side(canvas, view, right, away, colour, facing)
    else:
        _draw_car_from_the_front(canvas, view, right, away, colour, facing)


def _draw_car_from_the_side(canvas: Canvas, view: View, right: float, away: float, colour: str, facing: Facing) -> None:
    ahead = 1 if facing is Facing.RIGHT else -1
    slopes = (0.45, 0.75) if ahead > 0 else (0.75, 0.45)
    view.box(canvas, Box(right - 2.15, right + 2.15, 0.28, 0.86, away, away + 1.8, (0.08, 0.08)), colour)
    rear, front = (right - 1.75, right + 1.0) if ahead > 0 else (right - 1.0, right + 1.75)
    view.box(canvas, Box(rear, front, 0.86, 1.42, away + 0.05, away + 1.75, slopes, (0.15, 0.15)), colour)
    windows = [
        (rear + slopes[0] * 0.45, 0.9),
        (front - slopes[1] * 0.45, 0.9),
        (front - slopes[1], 1.36),
        (rear + slopes[0], 1.36),
    ]
    view.face(canvas, [(x, y, away + 0.05) for x, y in windows], _GLASS)
    pillar = (rear + front) / 2
    view.wall(canvas, pillar - 0.05, pillar + 0.05, 0.88, 1.38, away + 0.04, colour, 0.9)
    view.wall(canvas, right + ahead * 2.12 - 0.1, right + ahead * 2.12 + 0.1, 0.62, 0.74, away, "#f4f1d8")
    view.wall(canvas, right - ahead * 2.10 - 0.08, right - ahead * 2.10 + 0.08, 0.62, 0.76, away, "#a3201c")
    for axle in (-1.35, 1.35):
        _wheel(canvas, view, right + axle, away)


def _wheel(canvas: Canvas, view: View, right: float, away: float) -> None:
    unit, hub = view.scale(away), view.point((right, 0.32, away))
    canvas.disc(hub, (0.34 * unit, 0.34 * unit), _TYRE)
    canvas.disc(hub, (0.19 * unit, 0.19 * unit), "#8d9297")


def _draw_car_from_the_front(
    canvas: Canvas, view: View, right: float, away: float, colour: str, facing: Facing
) -> None:
    lamps = "#f0eddc" if facing is Facing.CAMERA else "#a3201c"
    for side in (-0.68, 0.68):
        view.wall(canvas, right + side - 0.14, right + side + 0.14, 0.0, 0.5, away + 0.1, _TYRE)
    cabin = Box(right - 0.84, right + 0.84, 0.86, 1.42, away + 1.0, away + 4.0, (0.14, 0.14), (0.75, 0.35))
    view.box(canvas, Box(right - 0.9, right + 0.9, 0.25, 0.86, away, away + 4.2, (0.04, 0.04)), colour)
    view.box(canvas, cabin, colour)
    screen = [(-0.76, 0.9, 1.04), (0.76, 0.9, 1.04), (0.64, 1.37, 1.68), (-0.64, 1.37, 1.68)]
    view.face(canvas, [(right + x, y, away + z) for x, y, z in screen], _GLASS)
    view.wall(canvas, right - 0.5, right + 0.5, 0.36, 0.52, away, "#16181a")
    view.wall(canvas, right - 0.26, right + 0.26, 0.54, 0.65, away, "#e8e8e2")
    for side in (-0.68, 0.68):
        view.wall(canvas, right + side - 0.17, right + side + 0.17, 0.60, 0.74, away, lamps)


def draw_forklift(canvas: Canvas, view: View, right: float, away: float, ahead: int) -> None:
    """Drives to the right when `ahead` is 1, to the left when -1, a load on its fork."""
    canvas.shadow(view.point((right, 0, away + 0.6)), (1.6 * view.scale(away), 0.35 * view.scale(away)), 0.5)
    view.box(canvas, _between(right, ahead, -1.2, 0.6, 0.2, 0.95, away), "#e0a021")
    for post in (-0.9, 0.45):
        view.box(canvas, _between(right, ahead, post, post + 0.07, 0.95, 2.0, away), "#23262a")
    view.box(canvas, _between(right, ahead, -1.0, 0.6, 2.0, 2.08, away), "#2b2f33")
    driver = Pose(right - 0.25 * ahead, away + 0.5, Facing.RIGHT if ahead > 0 else Facing.LEFT)
    _draw_driver(canvas, view, driver)
    view.box(canvas, _between(right, ahead, 0.65, 0.78, 0.1, 2.2, away), "#3a3f45")
    view.box(canvas, _between(right, ahead, 0.85, 1.95, 0.15, 0.27, away), "#8a6a42")
    view.box(canvas, _between(right, ahead, 0.90, 1.90, 0.27, 1.15, away), "#b08d5e")
    for axle in (-0.85, 0.35):
        unit, hub = view.scale(away), view.point((right + ahead * axle, 0.27, away))
        canvas.disc(hub, (0.28 * unit, 0.28 * unit), _TYRE)
        canvas.disc(hub, (0.13 * unit, 0.13 * unit), "#caa24a")


def _between(right: float, ahead: int, rear: float, front: float, bottom: float, top: float, away: float) -> Box:
    ends = sorted((right + ahead * rear, right + ahead * front))
    return Box(ends[0], ends[1], bottom, top, away, away + 1.1)


def _draw_driver(canvas: Canvas, view: View, pose: Pose) -> None:
    body = _Body(canvas, view, pose, Look("#3d5a80", vest=True))
    body.torso()
    body.arm(1, 1.0)
    body.head()
