"""The yards: what never moves in front of an outdoor camera."""

from __future__ import annotations

from simulator.canvas import Box, Canvas, View
from simulator.lighting import corner_shade, fade, shine, weather

CAR_PARK_VIEW = View(horizon=170, focal=1000, height=5.0)
DOCK_VIEW = View(horizon=120, focal=900, height=4.2)

BAYS = (-11.6, -8.7, -5.8, -2.9, 0.0, 2.9, 5.8, 8.7, 11.6)
"""Middles of the parking bays, metres to the right."""
BAY_AWAY = 17.0
DOORS = (-5.2, 0.0, 5.2)
"""Middles of the dock doors."""
DOCK_AWAY = 15.0


def car_park(canvas: Canvas) -> None:
    view = CAR_PARK_VIEW
    fade(canvas, 0, 310, "#9fb9c9", "#d3dee0")
    _hall(canvas, view)
    _hedge(canvas, view)
    view.floor(canvas, -60, 60, 3, 34, "#7d8283")
    view.floor(canvas, -60, 60, 30, 32.5, "#8f948c")
    for right in (*BAYS, BAYS[-1] + 2.9):
        line = right - 1.45
        view.floor(canvas, line - 0.06, line + 0.06, BAY_AWAY - 0.3, BAY_AWAY + 4.8, "#d9dad3")
    for dash in range(-12, 13, 3):
        view.floor(canvas, dash, dash + 1.4, 12.55, 12.75, "#c9cac2")
    view.floor(canvas, -60, 60, 6.2, 7.4, "#9b9a92")
    view.floor(canvas, -60, 60, 7.4, 7.55, "#b6b5ab")
    for right in (-9.0, 9.5):
        _lamp_post(canvas, view, right, 24.0)
    weather(canvas, 6, 0.035)
    shine(canvas, 0.90, [(380, 60, 500, 0.16)])


def dock(canvas: Canvas) -> None:
    view = DOCK_VIEW
    fade(canvas, 0, 90, "#aebbc2", "#cfd6d6")
    view.wall(canvas, -14, 14, 0, 6.2, DOCK_AWAY, "#a7aaa6")
    for seam in range(-14, 15):
        view.wall(canvas, seam, seam + 0.08, 0, 6.2, DOCK_AWAY, "#9a9d99")
    view.wall(canvas, -14, 14, 5.7, 6.2, DOCK_AWAY, "#35536e")
    view.floor(canvas, -40, 40, 2, DOCK_AWAY, "#86857f")
    for number, right in enumerate(DOORS, 1):
        _dock_door(canvas, view, right, is_open=number == 2)
    for side in (-2.1, 2.1):
        for right in DOORS:
            view.floor(canvas, right + side - 0.07, right + side + 0.07, 6.0, DOCK_AWAY, "#d9b83a")
    _pallets(canvas, view, -8.6, 12.6, 2)
    _pallets(canvas, view, 8.2, 12.8, 3)
    _pallets(canvas, view, 2.55, 13.6, 1)
    weather(canvas, 7, 0.035)
    corner_shade(canvas, [(view.point((-14, 0, DOCK_AWAY)), view.point((14, 0, DOCK_AWAY)))], 0.4)
    shine(canvas, 0.84, [(640, 90, 520, 0.22)])


def _hall(canvas: Canvas, view: View) -> None:
    view.wall(canvas, -40, 14, 0, 8.5, 46, "#9c9a92")
    view.wall(canvas, -40, 14, 7.6, 8.5, 46, "#58636b")
    for step in range(10):
        right = -38.0 + 5 * step
        view.wall(canvas, right, right + 3.2, 3.2, 5.2, 46, "#4a5964")
        view.wall(canvas, right + 0.15, right + 3.05, 3.4, 5.05, 46, "#8fa9b5")
    view.wall(canvas, 18, 40, 0, 5.6, 52, "#8a7f73")


def _hedge(canvas: Canvas, view: View) -> None:
    for step in range(80):
        right = -34 + step * 0.86
        size = 0.8 + 0.35 * ((step * 7) % 5) / 4
        unit = view.scale(33)
        canvas.disc(view.point((right, 0.7, 33)), (size * unit, 0.9 * size * unit), "#55683f", 0.8 + 0.06 * (step % 4))
    view.wall(canvas, -60, 60, 0, 0.5, 33, "#4b5b39")


def _lamp_post(canvas: Canvas, view: View, right: float, away: float) -> None:
    view.wall(canvas, right - 0.07, right + 0.07, 0, 7.2, away, "#5b6165")
    view.wall(canvas, right - 0.07, right + 1.3, 7.1, 7.25, away, "#5b6165")
    view.wall(canvas, right + 0.8, right + 1.35, 6.98, 7.12, away, "#f3f1e2")


def _dock_door(canvas: Canvas, view: View, right: float, *, is_open: bool) -> None:
    view.wall(canvas, right - 1.75, right + 1.75, 0, 4.1, DOCK_AWAY, "#2a2d30")
    if is_open:
        view.wall(canvas, right - 1.45, right + 1.45, 0, 3.8, DOCK_AWAY, "#191b1d")
        view.wall(canvas, right - 1.1, right + 1.1, 0.1, 2.4, DOCK_AWAY, "#4d4436")
        view.wall(canvas, right - 1.0, right - 0.05, 0.1, 1.6, DOCK_AWAY, "#8d7348")
    else:
        for slat in range(12):
            colour = "#c3c7c8" if slat % 2 else "#b7bbbd"
            view.wall(canvas, right - 1.45, right + 1.45, 0.32 * slat, 0.32 * slat + 0.31, DOCK_AWAY, colour)
    for side in (-1.68, 1.68):
        for stripe in range(8):
            colour = "#e0b420" if stripe % 2 else "#202224"
            view.wall(
                canvas, right + side - 0.1, right + side + 0.1, 0.25 * stripe, 0.25 * stripe + 0.25, DOCK_AWAY, colour
            )
    view.wall(canvas, right - 0.35, right + 0.35, 4.35, 4.95, DOCK_AWAY, "#e9ebe8")
    digit = view.point((right - 0.16, 4.47, DOCK_AWAY))
    number = DOORS.index(right) + 1
    canvas.text(str(number), digit, 0.9, "#24384b")


def _pallets(canvas: Canvas, view: View, right: float, away: float, high: int) -> None:
    unit = view.scale(away)
    canvas.shadow(view.point((right, 0, away + 0.3)), (1.0 * unit, 0.3 * unit), 0.5)
    view.box(canvas, Box(right - 0.6, right + 0.6, 0.02, 0.15, away, away + 0.9), "#7d6140")
    for layer in range(high):
        bottom = 0.15 + 0.62 * layer
        view.box(canvas, Box(right - 0.56, right + 0.56, bottom, bottom + 0.6, away + 0.03, away + 0.87), "#b18f61")
        view.wall(canvas, right - 0.02, right + 0.04, bottom, bottom + 0.6, away + 0.02, "#d7c6a0")
