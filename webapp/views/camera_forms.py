"""Adding, editing and deleting a camera."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

import jobs

from .. import access, forms
from ..models import Camera, utc_now
from ..schemas import CameraInput, InvalidInput, Problems, parse
from ..services import cameras
from ..services.cameras import DeletedMeanwhile, EditedMeanwhile
from ..services.grid import read_frame
from .page import ALL, draw

pages = Blueprint("camera_forms", __name__)


@pages.route("/cameras/new", methods=["GET", "POST"])
@access.requires("cameras:write")
def new() -> Response:
    if request.method == "GET":
        return _draw_form(None)
    try:
        camera = cameras.create(parse(CameraInput, forms.camera_fields(None, request.form)), utc_now())
    except InvalidInput as error:
        return _draw_form(None, error.problems)
    flash(f"{camera.name} is added." + (" Its first check is under way." if _check_if_due(camera) else ""))
    return redirect(url_for("cameras.show", camera_id=camera.id), 303)


@pages.route("/cameras/<camera_id>/edit", methods=["GET", "POST"])
@access.requires("cameras:write")
def edit(camera_id: str) -> Response:
    camera = access.camera_for_write(camera_id)
    return _draw_form(camera) if request.method == "GET" else _save(camera)


def _save(camera: Camera) -> Response:
    try:
        given = parse(CameraInput, forms.camera_fields(camera, request.form))
        saved = cameras.update(camera, given, utc_now())
    except InvalidInput as error:
        return _draw_form(camera, error.problems)
    except EditedMeanwhile as error:
        return _draw_conflict(error.camera, given)
    except DeletedMeanwhile:
        flash(f"Somebody deleted {given.name} while you were editing it.")
        return redirect(url_for("cameras.index"), 303)
    flash(f"{saved.name} is saved." + (" A check is under way." if _check_if_due(saved) else ""))
    return redirect(url_for("cameras.show", camera_id=saved.id), 303)


def _check_if_due(camera: Camera) -> bool:
    """Spare the person who looks now the wait for the sweep, as after new credentials. Without Redis it has to come."""
    if not camera.is_active or camera.next_due_at > utc_now():
        return False
    try:
        jobs.check_now(camera.id)
    except jobs.QueueAway:
        return False
    return True


def _draw_form(camera: Camera | None, problems: Problems | None = None) -> Response:
    frame = read_frame(utc_now())
    form = forms.camera_form(frame.tree, camera, request.form if problems is not None else None)
    if camera is None and problems is None:
        form.group_id.data = request.args.get("group", "")
    place = camera.group_id or ALL if camera else ""
    code = 200 if problems is None else 422
    return draw("cameras/edit.html", code, frame, camera=camera, form=form, problems=problems or {}, place=place)


def _draw_conflict(stored: Camera, given: CameraInput) -> Response:
    """The person's own text again, on top of the version that is stored now, with what differs."""
    frame = read_frame(utc_now())
    form = forms.camera_form(frame.tree, stored, request.form)
    form.version.data = str(stored.version)
    context = {"camera": stored, "form": form, "problems": {}, "differences": forms.differences(form, stored, given)}
    return draw("cameras/edit.html", 409, frame, place=stored.group_id or ALL, **context)


@pages.route("/cameras/<camera_id>/delete", methods=["GET", "POST"])
@access.requires("cameras:write")
def delete(camera_id: str) -> Response:
    camera = access.camera_for_write(camera_id)
    if request.method == "GET":
        return draw("cameras/delete.html", camera=camera, place=camera.group_id or ALL)
    cameras.delete(camera)
    flash(f"{camera.name} is deleted.")
    return redirect(url_for("cameras.index"), 303)
