"""Maintenance windows: what is planned, and planning it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import access
from ..models import Camera, MaintenanceWindow, utc_now
from ..schemas import InvalidInput, Problems, WindowInput, parse
from ..services import window_acts
from ..services.grid import read_frame
from ..services.window_acts import GoneMeanwhile, Target
from ..services.window_times import coming, current, zone_of
from .page import draw
from .wording import own_zone

pages = Blueprint("windows", __name__, url_prefix="/maintenance")

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
GONE = "Somebody deleted it meanwhile."


@pages.record_once
def _helpers(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        WEEKDAYS=WEEKDAYS,
        days_of=days_of,
        zone_of=zone_of,
        windows_of=lambda camera: window_acts.of_camera(camera, utc_now()),
        next_span=lambda window: current(window, utc_now()) or coming(window, utc_now()),
    )


def days_of(window: MaintenanceWindow) -> str:
    """Every Monday, Friday; or nothing for one that comes once."""
    found = [name for day, name in enumerate(WEEKDAYS) if window.weekdays >> day & 1]
    return "every day" if len(found) == len(WEEKDAYS) else f"every {', '.join(found)}" if found else ""


@pages.get("")
@access.requires("cameras:read")
def index() -> Response:
    return draw("windows/index.html", plan=window_acts.plan(utc_now(), access.scope("cameras:read")))


@pages.route("/new", methods=["GET", "POST"])
@access.requires("cameras:write")
def new() -> Response:
    if request.method == "GET":
        camera_id = request.args.get("camera", "")
        target = access.camera_for_write(camera_id) if camera_id else None
        return _draw(None, target, {"group_id": request.args.get("group", ""), "minutes": "60"})
    try:
        given = parse(WindowInput, _sent())
        target = _target(given)
        window_acts.create(given, target, current_user, utc_now())
    except InvalidInput as error:
        camera_id = request.form.get("camera_id", "")
        return _draw(None, access.camera_for_write(camera_id) if camera_id else None, _typed(), error.problems)
    except GoneMeanwhile:
        return _done(GONE)
    return _done(f"Maintenance of {target.name} is planned.")


@pages.route("/<window_id>/edit", methods=["GET", "POST"])
@access.requires("cameras:write")
def edit(window_id: str) -> Response:
    window, target = _window_for_write(window_id)
    if request.method == "GET":
        return _draw(window, target, _stored(window))
    names = {"camera_id": window.camera_id or "", "group_id": window.group_id or ""}
    try:
        given = parse(WindowInput, _sent() | names | {"zone": window.time_zone})
        window_acts.update(window, target, given, utc_now())
    except InvalidInput as error:
        return _draw(window, target, _typed(), error.problems)
    except GoneMeanwhile:
        return _done(GONE)
    return _done(f"Maintenance of {target.name} is planned anew.")


@pages.post("/<window_id>/end")
@access.requires("cameras:write")
def end(window_id: str) -> Response:
    window, target = _window_for_write(window_id)
    try:
        window_acts.end_now(window, target, utc_now())
    except GoneMeanwhile:
        return _done(GONE)
    return _done(f"Maintenance of {target.name} is over.")


@pages.post("/<window_id>/delete")
@access.requires("cameras:write")
def delete(window_id: str) -> Response:
    window, target = _window_for_write(window_id)
    try:
        window_acts.delete(window, target, utc_now())
    except GoneMeanwhile:
        return _done(GONE)
    return _done(f"The window of {target.name} is deleted.")


def _target(given: WindowInput) -> Target:
    if given.camera_id:
        return access.camera_for_write(given.camera_id)
    return access.group_for_write(given.group_id or "")


def _window_for_write(window_id: str) -> tuple[MaintenanceWindow, Target]:
    """404 for what is not there and for what the person may not see; 403 for what they see and may not change."""
    found = window_acts.load(window_id, access.scope("cameras:read")) if access.ID.fullmatch(window_id) else None
    if found is None:
        abort(404)
    target = found[1]
    if not access.scope("cameras:write").covers(target.group_id if isinstance(target, Camera) else target.id):
        abort(403)
    return found


def _sent() -> dict[str, Any]:
    """The person's own zone counts more than the browser's; without either the clock is UTC's."""
    fields: dict[str, Any] = {name: request.form.get(name, "") for name in WindowInput.model_fields}
    fields["weekdays"] = tuple(request.form.getlist("weekdays"))
    return fields | ({"zone": str(own_zone())} if own_zone() else {})


def _typed() -> dict[str, Any]:
    return request.form.to_dict() | {"weekdays": request.form.getlist("weekdays")}


def _stored(window: MaintenanceWindow) -> dict[str, Any]:
    starts = window.starts_at.astimezone(zone_of(window)).strftime("%Y-%m-%dT%H:%M")
    days = [str(day) for day in range(len(WEEKDAYS)) if window.weekdays >> day & 1]
    return {"reason": window.reason, "starts": starts, "minutes": str(window.minutes), "weekdays": days}


def _draw(
    window: MaintenanceWindow | None, target: Target | None, sent: dict[str, Any], problems: Problems | None = None
) -> Response:
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    writes = access.scope("cameras:write")
    groups = [node for node in frame.tree.flat() if writes.covers(node.id)]
    context = {"window": window, "target": target, "sent": sent, "groups": groups, "problems": problems or {}}
    return draw("windows/edit.html", 422 if problems else 200, frame, **context)


def _done(sentence: str) -> Response:
    flash(sentence)
    return redirect(url_for("windows.index"), 303)
