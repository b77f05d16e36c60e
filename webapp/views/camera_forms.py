"""Adding, editing and deleting a camera."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

import jobs

from .. import access, edit_conflicts, forms
from ..models import Camera, utc_now
from ..schemas import CameraInput, InvalidInput, Problems, parse
from ..services import cameras
from ..services.camera_page import last_saved
from ..services.cameras import DeletedMeanwhile, EditedMeanwhile
from ..services.grid import Frame, read_frame
from ..services.inheritance import all_effective
from .page import ALL, draw

pages = Blueprint("camera_forms", __name__)


@pages.app_context_processor
def _what_holds() -> dict[str, object]:
    return {"what_holds": lambda camera, tree: all_effective(camera, tree.handing_down(camera.group_id))}


@pages.route("/cameras/new", methods=["GET", "POST"])
@access.requires("cameras:write")
def new() -> Response:
    if request.method == "GET":
        return _draw_form(None)
    try:
        camera = cameras.create(
            parse(CameraInput, forms.camera_fields(None, request.form)), utc_now(), access.scope("cameras:write")
        )
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
        saved = cameras.update(camera, given, utc_now(), access.scope("cameras:write"))
    except InvalidInput as error:
        return _draw_form(camera, error.problems)
    except EditedMeanwhile as error:
        return _draw_conflict(error.camera, given)
    except DeletedMeanwhile:
        flash(f"Somebody deleted {given.name} while you were editing it, or moved it to a group that is not yours.")
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
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    form = _form(frame, camera, request.form if problems is not None else None)
    if camera is None and problems is None:
        form.group_id.data = request.args.get("group", "")
    place = camera.group_id or ALL if camera else ""
    code = 200 if problems is None else 422
    return _draw(code, frame, form, camera, problems=_in_order(form, problems or {}), place=place)


def _in_order(form: forms.CameraForm, problems: Problems) -> Problems:
    """As the fields come on the page, and then what belongs to none of them."""
    return {name: problems[name] for name in sorted(problems, key=[*form.data, *problems].index)}


def _draw_conflict(stored: Camera, given: CameraInput) -> Response:
    """What the other one changed, and the form with both people's changes on top of the version stored now."""
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    found = edit_conflicts.differences(stored, given, request.form)
    form = _form(frame, stored, edit_conflicts.merged(request.form, stored, found))
    rows, saved = edit_conflicts.as_rows(form, found), last_saved(stored)
    return _draw(409, frame, form, stored, problems={}, place=stored.group_id or ALL, differences=rows, saved=saved)


def _form(frame: Frame, camera: Camera | None, sent: MultiDict[str, str] | None) -> forms.CameraForm:
    return forms.camera_form(frame.tree, access.scope("cameras:write"), camera, sent)


def _draw(code: int, frame: Frame, form: forms.CameraForm, camera: Camera | None, **context: Any) -> Response:
    handed_down = all_effective(None, frame.tree.handing_down(form.group_id.data or None))
    must_retype = bool(request.form.get("password"))
    context |= {"camera": camera, "form": form, "handed_down": handed_down, "must_retype": must_retype}
    return draw("cameras/edit.html", code, frame, **context)


@pages.get("/cameras/handed-down")
@access.requires("cameras:write")
def handed_down() -> str:
    """What a camera of the group that was just chosen in the form would inherit."""
    tree = read_frame(utc_now(), access.scope("cameras:read")).tree
    way = tree.handing_down(request.args.get("group_id") or None)
    return render_template("cameras/_handed_down.html", handed_down=all_effective(None, way), oob=True)


@pages.route("/cameras/<camera_id>/delete", methods=["GET", "POST"])
@access.requires("cameras:write")
def delete(camera_id: str) -> Response:
    camera = access.camera_for_write(camera_id)
    if request.method == "GET":
        return draw("cameras/delete.html", camera=camera, place=camera.group_id or ALL)
    try:
        cameras.delete(camera, utc_now(), access.scope("cameras:write"))
        flash(f"{camera.name} is deleted.")
    except DeletedMeanwhile:
        flash(f"Somebody deleted {camera.name} meanwhile, or moved it to a group that is not yours.")
    return redirect(url_for("cameras.index"), 303)
