"""The scenes: a place, who passes through it in one seamless loop, and the frames that come of it."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import cv2
import numpy as np

from simulator import indoors, outdoors
from simulator.canvas import Box, Canvas, Pixels, Spot, View
from simulator.figures import Facing, Look, Pose, draw_car, draw_forklift, draw_person
from simulator.lens import Grade, Lens
from simulator.videos import Picture, VideoKey

Layer = tuple[float, Callable[[Canvas, View], None]]
"""How far away something is, and how to draw it: the far ones come first."""
Cast = Callable[[float], list[Layer]]
"""All that moves, at a moment of the loop from 0 to 1."""
Stop = tuple[float, float, float]
"""A moment of the loop, and where somebody is then: metres to the right and away."""

_STEPS_PER_METRE = 0.62
_FROZEN_AT_SECONDS = 4


@dataclass(frozen=True, slots=True)
class Scene:
    view: View
    backdrop: Callable[[Canvas], None]
    cast: Cast
    clock: datetime.time
    """What the camera's clock says when the loop begins."""
    night: bool = False
    grade: Grade = (1.0, 1.0, 1.0)
    mirrored: bool = False


class Filming:
    """One video's frames. The backdrop is drawn once, at twice the size, so that its edges come out soft."""

    def __init__(self, key: VideoKey) -> None:
        self._key = key
        self._scene = SCENES[key.scene]
        width, height = key.size
        large = Canvas.blank(width * 2, height * 2)
        self._scene.backdrop(large)
        self._backdrop = np.asarray(cv2.resize(large.pixels, key.size, interpolation=cv2.INTER_AREA), np.uint8)
        self._lens = Lens(key.size, night=self._scene.night, picture=key.picture, grade=self._scene.grade)

    def frame(self, number: int) -> Pixels:
        """BGR, height x width x 3."""
        if self._key.picture is Picture.FROZEN:
            number = _FROZEN_AT_SECONDS * self._key.fps
        canvas = Canvas(self._backdrop.copy())
        moment = number / self._key.frames % 1 if self._key.picture is not Picture.FROZEN else 0.4
        for _, draw in sorted(self._scene.cast(moment), key=lambda layer: -layer[0]):
            draw(canvas, self._scene.view)
        pixels = np.asarray(cv2.flip(canvas.pixels, 1), np.uint8) if self._scene.mirrored else canvas.pixels
        return self._lens.develop(pixels, number, self._clock(number))

    def _clock(self, number: int) -> datetime.time:
        begin = datetime.datetime.combine(datetime.date.min, self._scene.clock)
        return (begin + datetime.timedelta(seconds=number // self._key.fps)).time()


def _walker(
    moment: float, look: Look, stops: list[Stop], rest: Facing = Facing.AWAY, *, reaches: bool = False
) -> list[Layer]:
    """Somebody on the way from stop to stop, out of sight before the first and after the last."""
    for (begin, *here), (end, *there) in pairwise(stops):
        if begin <= moment < end:
            share = (moment - begin) / (end - begin)
            right, away = (a + (b - a) * share for a, b in zip(here, there, strict=True))
            pose = _pose(right, away, (there[0] - here[0], there[1] - here[1]), share, rest, reaches)
            return [(away, partial(_draw_walker, pose=pose, look=look))]
    return []


def _pose(right: float, away: float, way: tuple[float, float], share: float, rest: Facing, reaches: bool) -> Pose:
    distance = math.hypot(*way)
    if distance < 0.01:
        return Pose(right, away, rest, None, reaches)
    stride = share * max(1, round(distance * _STEPS_PER_METRE)) % 1
    if abs(way[0]) > abs(way[1]) * 0.6:
        return Pose(right, away, Facing.RIGHT if way[0] > 0 else Facing.LEFT, stride)
    return Pose(right, away, Facing.AWAY if way[1] > 0 else Facing.CAMERA, stride)


def _draw_walker(canvas: Canvas, view: View, pose: Pose, look: Look) -> None:
    draw_person(canvas, view, pose, look)


def _openness(moment: float, opens: float, closes: float, takes: float = 0.05) -> float:
    """0 shut to 1 open."""
    return max(0.0, min(1.0, (moment - opens) / takes, (closes + takes - moment) / takes))


def _door(moment: float) -> list[Layer]:
    wall = indoors.WALL_AWAY
    opened = _openness(moment, 0.34, 0.52)
    layers: list[Layer] = [(wall + 0.2, partial(_draw_door, opened=opened, granted=0.28 <= moment < 0.55))]
    layers += _walker(
        *(moment, Look("#7a3f5f", "#2c2f3b")),
        [(0.02, -3.4, 3.6), (0.24, -0.35, 4.5), (0.34, -0.35, 4.5), (0.42, -1.0, 4.9), (0.50, -1.0, 5.19)],
        reaches=True,
    )
    layers += _walker(moment, Look("#7d3b36", "#3a3a40", "#a87455", "#1e1a18"), [(0.40, 3.6, 4.2), (0.75, -3.6, 4.0)])
    layers += _walker(
        *(moment, Look("#c46a2b", "#30343d", hair="#6b4a2c", height=1.66)),
        [(0.62, 3.3, 3.9), (0.76, 1.35, 4.3), (0.90, 1.35, 4.3), (0.999, 3.2, 3.7)],
    )
    return layers


def _draw_door(canvas: Canvas, view: View, opened: float, granted: bool) -> None:
    wall, hinge, width = indoors.WALL_AWAY, -1.55, 1.10
    view.wall(canvas, hinge, hinge + width, 0, 2.11, wall, "#3a3f41")
    view.wall(canvas, hinge, hinge + width, 0, 0.25, wall, "#4a4a46")
    angle = math.radians(75) * opened
    edge, depth = hinge + width * math.cos(angle), wall + 0.35 * width * math.sin(angle)
    leaf: list[Spot] = [(hinge, 0.01, wall), (edge, 0.01, depth), (edge, 2.11, depth), (hinge, 2.11, wall)]
    view.face(canvas, leaf, "#8d6f57", 1.0 - 0.25 * opened)
    grip = hinge + (edge - hinge) * 0.9
    view.face(
        canvas,
        [(grip - 0.07, 1.0, depth), (grip + 0.02, 1.0, depth), (grip + 0.02, 1.05, depth), (grip - 0.07, 1.05, depth)],
        "#d5d8da",
    )
    light = "#5fe08a" if granted else "#e2574c"
    canvas.disc(view.point((0.01, 1.17, wall)), (6, 6), light)


_GATES = (-1.75, -0.35, 1.05, 2.45)
_GATE_AWAY = 5.4


def _turnstile(moment: float) -> list[Layer]:
    lanes = {0: (0.10, 0.24), 1: (0.42, 0.56), 2: (0.72, 0.86)}
    layers: list[Layer] = [(_GATE_AWAY + 0.01, partial(_draw_gates, moment=moment, lanes=lanes))]
    looks = (Look("#34618e"), Look("#8a8f3c", "#3b3a36", "#b98560", "#221b17", 1.68), Look("#a63d3d", "#22252c"))
    for lane, look in enumerate(looks):
        opens = lanes[lane][0]
        middle = _GATES[lane] + 0.85
        stops = [(opens - 0.09, middle - 0.3, 8.6), (opens + 0.03, middle, 6.2), (opens + 0.26, middle, 2.3)]
        layers += _walker(moment, look, stops)
    layers += _walker(moment, Look("#5a5f66", "#2a2a2e"), [(0.30, -5.0, 9.4), (0.68, 5.2, 9.0)])
    layers += _walker(moment, Look("#6a8f74", hair="#7a5a36", height=1.64), [(0.55, 5.0, 8.2), (0.97, -5.2, 8.8)])
    return layers


def _draw_gates(canvas: Canvas, view: View, moment: float, lanes: dict[int, tuple[float, float]]) -> None:
    for number, right in enumerate(_GATES):
        box = Box(right, right + 0.26, 0, 0.98, _GATE_AWAY - 0.9, _GATE_AWAY + 0.5)
        view.box(canvas, box, "#b9bfc4")
        view.wall(canvas, right + 0.04, right + 0.22, 0.2, 0.9, _GATE_AWAY - 0.9, "#3a4046")
        opened = _openness(moment, *lanes[number]) if number in lanes else 0.0
        canvas.disc(view.point((right + 0.13, 0.78, _GATE_AWAY - 0.9)), (7, 7), "#57d98a" if opened else "#d8584e")
        if number + 1 < len(_GATES):
            _draw_flaps(canvas, view, right + 0.26, _GATES[number + 1], opened)


def _draw_flaps(canvas: Canvas, view: View, left: float, right: float, opened: float) -> None:
    reach = (right - left) / 2 * (1 - 0.88 * opened) - 0.02
    for begin, end in ((left, left + reach), (right - reach, right)):
        corners: list[Spot] = [(begin, 0.25, _GATE_AWAY), (end, 0.25, _GATE_AWAY), (end, 1.15, _GATE_AWAY)]
        pane = [view.point(spot) for spot in [*corners, (begin, 1.15, _GATE_AWAY)]]
        canvas.glass(pane, "#d7eef5", 0.45)
        canvas.line(pane[2], pane[3], "#f0f6f8", 2)


def _corridor(moment: float) -> list[Layer]:
    layers = _walker(moment, Look("#3f4a63", "#2b2b30"), [(0.0, 0.45, 18.0), (0.90, 0.40, 2.6), (0.97, 0.38, 1.2)])
    layers += _walker(
        moment, Look("#8b4b3b", "#2f3640", hair="#8a6a3c", height=1.67), [(0.12, -0.5, 2.0), (0.98, -0.45, 15.0)]
    )
    layers += _walker(
        *(moment, Look("#4f7a57", "#3a3732", "#9a6d4e", "#181513", 1.8)),
        [(0.40, 1.2, 9.2), (0.50, 0.1, 8.6), (0.62, -1.2, 7.4)],
    )
    return layers


def _lobby(moment: float) -> list[Layer]:
    layers: list[Layer] = [(9.3, partial(_draw_walker, pose=Pose(4.2, 9.9), look=Look("#35506e", hair="#50351f")))]
    layers += [(8.5, indoors.desk)]
    layers += _walker(
        moment,
        Look("#6e4a7e"),
        [(0.0, -1.2, 11.6), (0.28, 3.2, 7.9), (0.52, 3.2, 7.9), (0.72, 0.2, 4.6), (0.88, -0.6, 2.0)],
    )
    layers += _walker(moment, Look("#b8894a", "#33373c", height=1.82), [(0.15, -5.6, 4.6), (0.60, 5.4, 4.9)])
    layers += _walker(moment, Look("#44706b", "#2a2d31", "#8f6348", "#171412"), [(0.55, 2.0, 2.2), (0.98, -2.6, 11.6)])
    return layers


_TABLES = ((-3.6, 9.0), (0.0, 9.2), (3.6, 9.0), (-2.6, 6.0), (2.2, 6.0))


def _canteen(moment: float) -> list[Layer]:
    layers: list[Layer] = [(away, partial(_draw_table, right=right, away=away)) for right, away in _TABLES]
    seats = (
        (-4.0, 9.72, "#7b4a44"),
        (0.45, 9.92, "#3f5f86"),
        (4.0, 9.72, "#5d7a4d"),
        (-2.2, 6.72, "#86683f"),
        (2.6, 6.72, "#6b4b78"),
    )
    for number, (right, away, shirt) in enumerate(seats):
        nod = 0.02 * math.sin(2 * math.pi * (moment * 3 + number / 5))
        # Whoever sits is drawn a little further down, legs behind the table.
        layers.append((away, partial(_draw_walker, pose=Pose(right + nod, away), look=Look(shirt, height=1.32))))
    layers += _walker(moment, Look("#e4e4de", "#dcdcd6"), [(0.0, -4.5, 12.9), (0.5, 2.2, 12.9), (1.0, -4.5, 12.9)])
    layers += _walker(
        moment,
        Look("#a4553b", hair="#5a3d22"),
        [(0.05, 5.0, 12.6), (0.35, 1.0, 11.0), (0.60, -0.2, 7.6), (0.9, -0.4, 2.2)],
    )
    layers += _walker(moment, Look("#38605e", "#2f2f35", "#a87a58"), [(0.45, -6.0, 4.2), (0.93, 6.0, 4.4)])
    return layers


def _draw_table(canvas: Canvas, view: View, right: float, away: float) -> None:
    indoors.table(canvas, view, right, away)


_PARKED = (
    (0, "#4a3ab0"),
    (1, "#b54048"),
    (3, "#2e86b5"),
    (4, "#d8d9d6"),
    (6, "#7a6236"),
    (7, "#5b7b93"),
    (8, "#2c3034"),
)


def _car_park(moment: float) -> list[Layer]:
    layers: list[Layer] = [
        (outdoors.BAY_AWAY, partial(_draw_parked, bay=bay, colour=colour)) for bay, colour in _PARKED
    ]
    for begin, end, away, colour, facing in (
        (0.05, 0.42, 10.4, "#b8bcbf", Facing.RIGHT),
        (0.58, 0.98, 13.2, "#8c2f2b", Facing.LEFT),
    ):
        if begin <= moment < end:
            share = (moment - begin) / (end - begin)
            right = (-11 + 22 * share) * (1 if facing is Facing.RIGHT else -1)
            layers.append((away, partial(_draw_moving, right=right, away=away, colour=colour, facing=facing)))
    layers += _walker(moment, Look("#c98f3c"), [(0.10, -8.6, 16.0), (0.55, -2.0, 8.4), (0.90, 6.4, 6.8)])
    layers += _walker(moment, Look("#4d5b7c", hair="#7a5a36"), [(0.35, 8.0, 6.6), (0.95, 1.5, 16.4)])
    return layers


def _draw_parked(canvas: Canvas, view: View, bay: int, colour: str) -> None:
    facing = Facing.AWAY if bay % 3 == 1 else Facing.CAMERA
    draw_car(canvas, view, outdoors.BAYS[bay], outdoors.BAY_AWAY, colour, facing)


def _draw_moving(canvas: Canvas, view: View, right: float, away: float, colour: str, facing: Facing) -> None:
    draw_car(canvas, view, right, away, colour, facing)


def _dock(moment: float) -> list[Layer]:
    layers: list[Layer] = []
    ahead = 1 if moment < 0.5 else -1
    right = -9.5 + 19 * (moment / 0.5 if ahead > 0 else (1 - moment) / 0.5)
    away = 9.2 if ahead > 0 else 11.2
    layers.append((away, partial(_draw_loaded, right=right, away=away, ahead=ahead)))
    layers += _walker(
        moment,
        Look("#31527a", vest=True),
        [(0.08, 0.2, 14.8), (0.45, -3.4, 8.4), (0.62, -3.4, 8.4), (0.95, 0.4, 14.8)],
        Facing.CAMERA,
    )
    layers += _walker(moment, Look("#6a3b2e", hair="#1c1917", vest=True), [(0.30, 7.4, 7.4), (0.85, -7.4, 7.0)])
    return layers


def _draw_loaded(canvas: Canvas, view: View, right: float, away: float, ahead: int) -> None:
    draw_forklift(canvas, view, right, away, ahead)


_DAY = {
    "door": Scene(indoors.DOOR_VIEW, indoors.door, _door, datetime.time(7, 54, 40)),
    "turnstile": Scene(indoors.TURNSTILE_VIEW, indoors.turnstile, _turnstile, datetime.time(7, 58, 12)),
    "corridor": Scene(indoors.CORRIDOR_VIEW, indoors.corridor, _corridor, datetime.time(9, 12, 30)),
    "lobby": Scene(indoors.LOBBY_VIEW, indoors.lobby, _lobby, datetime.time(8, 31, 5)),
    "canteen": Scene(indoors.CANTEEN_VIEW, indoors.canteen, _canteen, datetime.time(12, 7, 21)),
    "car-park": Scene(outdoors.CAR_PARK_VIEW, outdoors.car_park, _car_park, datetime.time(8, 2, 44)),
    "dock": Scene(outdoors.DOCK_VIEW, outdoors.dock, _dock, datetime.time(10, 40, 15)),
}


def _by_night(scene: Scene) -> Scene:
    return replace(scene, clock=datetime.time(2, 17, 33), night=True)


def _elsewhere(scene: Scene, grade: Grade) -> Scene:
    """The same kind of place from its other side and in another light."""
    return replace(scene, clock=scene.clock.replace(minute=49), grade=grade, mirrored=True)


_GRADES: dict[str, Grade] = {
    "door": (1.0, 0.90, 0.78),
    "turnstile": (0.80, 0.92, 1.0),
    "corridor": (0.76, 0.88, 1.0),
    "lobby": (1.0, 0.92, 0.80),
    "canteen": (0.84, 0.98, 1.0),
    "car-park": (1.0, 0.86, 0.68),
}

SCENES = (
    _DAY
    | {f"{name}-b": _elsewhere(_DAY[name], grade) for name, grade in _GRADES.items()}
    | {f"{name}-night": _by_night(_DAY[name]) for name in ("door", "corridor", "car-park", "dock")}
)
