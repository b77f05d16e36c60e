"""The rooms: what never moves in front of an indoor camera."""

from __future__ import annotations

from simulator.canvas import Box, Canvas, Spot, View
from simulator.lighting import corner_shade, shine, weather

DOOR_VIEW = View(horizon=96, focal=980, height=2.5)
TURNSTILE_VIEW = View(horizon=60, focal=860, height=2.9)
CORRIDOR_VIEW = View(horizon=250, focal=760, height=2.35, middle=655)
LOBBY_VIEW = View(horizon=190, focal=800, height=2.9)
CANTEEN_VIEW = View(horizon=110, focal=860, height=3.0)

WALL_AWAY = 5.2
"""Metres to the wall with the office door."""


def door(canvas: Canvas) -> None:
    view = DOOR_VIEW
    _room(canvas, view, (-4.6, 4.6), 2.9, WALL_AWAY, ("#8f9aa0", "#565c5e", "#c9cdcb"))
    view.wall(canvas, -4.6, 4.6, 0, 0.11, WALL_AWAY, "#4a5155")
    view.wall(canvas, -1.62, -0.38, 0, 2.18, WALL_AWAY, "#5a4637")
    _reader(canvas, view, 0.0, 1.12)
    view.wall(canvas, 1.05, 2.0, 1.0, 1.95, WALL_AWAY, "#e9e7df")
    view.wall(canvas, 1.09, 1.96, 1.04, 1.91, WALL_AWAY, "#d8d5c8")
    for line in range(5):
        view.wall(canvas, 1.16, 1.88 - 0.2 * (line % 2), 1.74 - 0.13 * line, 1.78 - 0.13 * line, WALL_AWAY, "#8d9296")
    view.wall(canvas, -1.25, -0.75, 2.3, 2.5, WALL_AWAY, "#1d7a46")
    view.wall(canvas, -1.08, -0.92, 2.35, 2.45, WALL_AWAY, "#dff1e4")
    _plant(canvas, view, 2.75, 4.7)
    _plant(canvas, view, -2.75, 4.7)
    weather(canvas, 1, 0.022)
    _shade_room(canvas, view, (-4.6, 4.6), 2.9, WALL_AWAY)
    shine(canvas, 0.82, [(470, 170, 330, 0.42), (960, 560, 420, 0.22)])


def turnstile(canvas: Canvas) -> None:
    view = TURNSTILE_VIEW
    _room(canvas, view, (-6, 6), 3.6, 11, ("#a9a39a", "#77736c", "#d6d2ca"))
    _tiles(canvas, view, (-6, 6), (1.2, 11), 1.0, "#6c6862")
    for left in (-4.6, -1.9, 0.8, 3.5):
        view.wall(canvas, left, left + 1.5, 0.1, 2.7, 11, "#3c4347")
        view.wall(canvas, left + 0.06, left + 1.44, 0.16, 2.64, 11, "#a8c3cf")
    view.wall(canvas, -6, 6, 2.95, 3.25, 11, "#2f4d6b")
    for right in (-5.2, 5.2):
        view.box(canvas, Box(right - 0.3, right + 0.3, 0, 3.6, 6.6, 7.2), "#b4aea4")
    weather(canvas, 2, 0.018)
    _shade_room(canvas, view, (-6, 6), 3.6, 11)
    shine(canvas, 0.84, [(640, 120, 360, 0.40), (640, 620, 420, 0.16)])


def corridor(canvas: Canvas) -> None:
    view, half, ceiling, end = CORRIDOR_VIEW, 1.35, 2.8, 20.0
    _room(canvas, view, (-half, half), ceiling, end, ("#c3b8a8", "#6f675c", "#ddd6cb"))
    view.wall(canvas, -0.55, 0.55, 0, 2.1, end, "#6d6256")
    for away in (2.6, 5.4, 8.6, 12.0, 16.0):
        for side in (-half, half):
            view.side(canvas, side, 0, 2.12, away, away + 1.12, "#574c40")
            view.side(canvas, side, 0, 2.06, away + 0.06, away + 1.06, "#84735f")
            view.side(canvas, side, 1.0, 1.08, away + 0.12, away + 0.24, "#d5d2ca")
        corners: list[Spot] = [(-0.35, ceiling, away + 2), (0.35, ceiling, away + 2), (0.35, ceiling, away + 0.9)]
        view.face(canvas, [*corners, (-0.35, ceiling, away + 0.9)], "#fffdf4")
    for side in (-half, half):
        view.side(canvas, side, 0, 0.1, 1.0, end, "#5d5347")
    view.side(canvas, half, 1.1, 1.7, 4.35, 4.75, "#b3261e")
    view.side(canvas, -half, 1.3, 1.95, 7.1, 8.0, "#e8e5da")
    weather(canvas, 3, 0.018)
    _shade_room(canvas, view, (-half, half), ceiling, end)
    shine(canvas, 0.80, [(655, 170, 240, 0.42), (655, 560, 300, 0.20)])


def lobby(canvas: Canvas) -> None:
    view, end = LOBBY_VIEW, 12.0
    _room(canvas, view, (-6.5, 6.5), 3.8, end, ("#b9b4ab", "#948d84", "#e4e1da"))
    _tiles(canvas, view, (-6.5, 6.5), (1.2, end), 1.3, "#857e75")
    for left in (-5.9, -3.9, -1.9, 0.1):
        view.wall(canvas, left, left + 1.9, 0.05, 3.4, end, "#4b5256")
        view.wall(canvas, left + 0.06, left + 1.84, 0.12, 3.34, end, "#cfe3ea")
        view.wall(canvas, left + 0.06, left + 1.84, 0.12, 1.1, end, "#a9bfae")
    view.wall(canvas, 2.6, 5.9, 1.2, 2.7, end, "#345b7c")
    view.wall(canvas, 3.0, 4.6, 1.75, 2.1, end, "#e9eff3")

    _plant(canvas, view, 1.9, 11.0)
    _plant(canvas, view, -5.4, 9.5)
    _sofa(canvas, view)
    weather(canvas, 4, 0.018)
    _shade_room(canvas, view, (-6.5, 6.5), 3.8, end)
    shine(canvas, 0.86, [(430, 250, 340, 0.38), (430, 640, 360, 0.16)])


def canteen(canvas: Canvas) -> None:
    view, end = CANTEEN_VIEW, 13.0
    _room(canvas, view, (-6.5, 6.5), 3.3, end, ("#cdb79d", "#8b7a66", "#e6ddd0"))
    _tiles(canvas, view, (-6.5, 6.5), (1.2, end), 0.8, "#7d6d5a")
    view.box(canvas, Box(-5.5, 3.0, 0, 1.05, 11.6, 12.4), "#b9bec0")
    view.wall(canvas, -5.2, 2.7, 1.45, 2.0, end, "#33424a")
    for left in (-5.0, -3.1, -1.2, 0.7):
        view.wall(canvas, left, left + 1.6, 1.5, 1.95, end, "#ece9dd")
    view.wall(canvas, 4.2, 5.6, 0, 2.2, end, "#6a5a49")
    weather(canvas, 5, 0.018)
    _shade_room(canvas, view, (-6.5, 6.5), 3.3, end)
    shine(canvas, 0.84, [(420, 130, 300, 0.30), (900, 130, 300, 0.30), (640, 560, 400, 0.18)])


def table(canvas: Canvas, view: View, right: float, away: float) -> None:
    """A canteen table and its four chairs."""
    for side in (-0.45, 0.45):
        _chair(canvas, view, right + side, away + 0.75)
    for leg_right, leg_away in ((-0.75, 0.05), (0.7, 0.05), (-0.75, 0.65), (0.7, 0.65)):
        leg = Box(right + leg_right, right + leg_right + 0.06, 0, 0.70, away + leg_away, away + leg_away + 0.06)
        view.box(canvas, leg, "#4c4f52")
    view.box(canvas, Box(right - 0.82, right + 0.82, 0.70, 0.75, away, away + 0.75), "#d9cfbd")
    view.box(canvas, Box(right - 0.5, right - 0.2, 0.75, 0.77, away + 0.25, away + 0.5), "#f2f0ea")
    for side in (-0.45, 0.45):
        _chair(canvas, view, right + side, away - 0.5)


def _chair(canvas: Canvas, view: View, right: float, away: float) -> None:
    view.box(canvas, Box(right - 0.2, right + 0.2, 0.42, 0.46, away, away + 0.4), "#a4462f")
    view.box(canvas, Box(right - 0.2, right + 0.2, 0.46, 0.88, away, away + 0.04), "#a4462f")
    for side in (-0.18, 0.16):
        view.wall(canvas, right + side, right + side + 0.025, 0, 0.42, away, "#33373a")


def _room(
    canvas: Canvas, view: View, sides: tuple[float, float], ceiling: float, end: float, colours: tuple[str, str, str]
) -> None:
    """Back wall, side walls, floor and ceiling, in the colours of wall, floor and ceiling."""
    wall, floor, top = colours
    near = 0.5
    view.floor(canvas, sides[0], sides[1], near, end, floor)
    view.face(
        canvas,
        [(sides[0], ceiling, near), (sides[1], ceiling, near), (sides[1], ceiling, end), (sides[0], ceiling, end)],
        top,
    )
    for side, light in zip(sides, (0.92, 0.84), strict=True):
        view.side(canvas, side, 0, ceiling, near, end, wall, light)
    view.wall(canvas, sides[0], sides[1], 0, ceiling, end, wall)


def _shade_room(canvas: Canvas, view: View, sides: tuple[float, float], ceiling: float, end: float) -> None:
    seams = []
    for up in (0.0, ceiling):
        seams.append((view.point((sides[0], up, end)), view.point((sides[1], up, end))))
        seams += [(view.point((side, up, 0.8)), view.point((side, up, end))) for side in sides]
    seams += [(view.point((side, 0, end)), view.point((side, ceiling, end))) for side in sides]
    corner_shade(canvas, seams, 0.38)


def _tiles(
    canvas: Canvas, view: View, sides: tuple[float, float], depth: tuple[float, float], size: float, colour: str
) -> None:
    right = sides[0]
    while right <= sides[1]:
        canvas.line(view.point((right, 0, depth[0])), view.point((right, 0, depth[1])), colour, 1.5)
        right += size
    away = depth[0]
    while away <= depth[1]:
        canvas.line(view.point((sides[0], 0, away)), view.point((sides[1], 0, away)), colour, 1.5)
        away += size


def _reader(canvas: Canvas, view: View, right: float, up: float) -> None:
    view.wall(canvas, right - 0.10, right + 0.12, up - 0.02, up + 0.32, WALL_AWAY, "#1d2023")
    view.wall(canvas, right - 0.06, right + 0.08, up + 0.13, up + 0.28, WALL_AWAY, "#2e3b45")


def desk(canvas: Canvas, view: View) -> None:
    view.box(canvas, Box(2.2, 5.2, 0, 1.08, 8.6, 9.5), "#7b5f45")
    view.box(canvas, Box(2.1, 5.3, 1.08, 1.14, 8.5, 9.6), "#e3ded4")
    view.box(canvas, Box(3.0, 3.5, 1.2, 1.52, 9.2, 9.24), "#202428")
    view.box(canvas, Box(2.5, 4.9, 0.18, 0.30, 8.58, 8.6), "#a58a66")


def _sofa(canvas: Canvas, view: View) -> None:
    view.box(canvas, Box(-5.6, -3.4, 0.1, 0.85, 8.2, 8.4), "#3e5a66")
    view.box(canvas, Box(-5.6, -3.4, 0.1, 0.45, 7.4, 8.2), "#4b6c7a")
    view.box(canvas, Box(-4.9, -4.1, 0.28, 0.34, 6.0, 6.7), "#c7b9a3")


def _plant(canvas: Canvas, view: View, right: float, away: float) -> None:
    unit = view.scale(away)
    canvas.shadow(view.point((right, 0, away)), (0.4 * unit, 0.12 * unit), 0.5)
    pot = [(-0.2, 0.42), (0.2, 0.42), (0.15, 0.0), (-0.15, 0.0)]
    view.face(canvas, [(right + x, y, away) for x, y in pot], "#6c6f72")
    for x, y, size in ((-0.2, 0.8, 0.2), (0.2, 0.85, 0.22), (0.0, 1.1, 0.26), (-0.12, 1.32, 0.18), (0.14, 1.4, 0.16)):
        canvas.disc(view.point((right + x, y, away)), (size * unit, size * 1.15 * unit), "#3f6b41", 0.8 + 0.4 * size)
