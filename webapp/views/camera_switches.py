"""Switching a camera off and on, and saying that somebody works on it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from .. import access
from ..models import Camera, utc_now
from ..schemas import InvalidInput, MaintenanceInput, Problems, parse
from ..services import camera_switches
from ..services.cameras import DeletedMeanwhile
from .page import ALL, draw
from .wording import day_and_clock, own_zone

pages = Blueprint("camera_switches", __name__, url_prefix="/cameras/<camera_id>")


@pages.post("/active")
@access.requires("cameras:write")
def active(camera_id: str) -> Response:
    camera = access.camera_for_write(camera_id)
    is_active = request.form.get("is_active") == "y"
    try:
        camera_switches.set_active(camera, is_active, utc_now(), access.scope("cameras:write"))
    except DeletedMeanwhile:
        return _gone(camera)
    return _done(
        camera, f"{camera.name} is switched {'on; its next check comes with the next sweep' if is_active else 'off'}."
    )


@pages.route("/maintenance", methods=["GET", "POST"])
@access.requires("cameras:write")
def maintenance(camera_id: str) -> Response:
    camera = access.camera_for_write(camera_id)
    if request.method == "GET":
        return _draw(camera)
    now = utc_now()
    try:
        until = parse(MaintenanceInput, _sent()).end(now)
        camera_switches.set_maintenance(camera, until, now, access.scope("cameras:write"))
    except InvalidInput as error:
        return _draw(camera, error.problems)
    except DeletedMeanwhile:
        return _gone(camera)
    zone = "" if own_zone() else " UTC"
    return _done(camera, f"{camera.name} is in maintenance until {day_and_clock(until)}{zone}.")


@pages.post("/maintenance/end")
@access.requires("cameras:write")
def resume(camera_id: str) -> Response:
    camera = access.camera_for_write(camera_id)
    try:
        camera_switches.set_maintenance(camera, None, utc_now(), access.scope("cameras:write"))
    except DeletedMeanwhile:
        return _gone(camera)
    return _done(camera, f"Maintenance of {camera.name} is over.")


def _sent() -> dict[str, str]:
    """The person's own zone counts more than the browser's; without either the clock is UTC's."""
    fields = {name: request.form.get(name, "") for name in MaintenanceInput.model_fields}
    return fields | ({"zone": str(own_zone())} if own_zone() else {})


def _draw(camera: Camera, problems: Problems | None = None) -> Response:
    place, code = camera.group_id or ALL, 422 if problems else 200
    until = request.form.get("until", "")
    return draw("cameras/maintenance.html", code, camera=camera, problems=problems or {}, until=until, place=place)


def _done(camera: Camera, sentence: str) -> Response:
    flash(sentence)
    return redirect(url_for("cameras.show", camera_id=camera.id), 303)


def _gone(camera: Camera) -> Response:
    flash(f"Somebody deleted {camera.name} meanwhile, or moved it to a group that is not yours.")
    return redirect(url_for("cameras.index"), 303)
