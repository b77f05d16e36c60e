"""Adding, changing, moving and deleting a group."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from .. import access
from ..htmx import is_fragment, redirect_browser
from ..models import CameraGroup, utc_now
from ..schemas import TOP, GroupInput, GroupMove, GroupRemoval, InvalidInput, Problems, parse
from ..services import groups, inheritance
from ..services.grid import read_frame
from ..services.groups import DeletedMeanwhile, EditedMeanwhile, Removed
from ..services.rights import Scope
from . import group_fields
from .page import draw
from .wording import plural

pages = Blueprint("group_forms", __name__)


@pages.record_once
def _setting_helpers(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        SETTINGS=group_fields.SETTINGS,
        own_settings=inheritance.own,
        setting_words=inheritance.words,
        setting_origin=inheritance.origin,
    )


@pages.route("/groups/new", methods=["GET", "POST"])
@access.requires("cameras:write")
def new() -> Response:
    if request.method == "GET":
        return _draw_form(None)
    try:
        group = groups.create(parse(GroupInput, group_fields.sent_group(None, request.form)), utc_now(), _reach())
    except InvalidInput as error:
        return _draw_form(None, error.problems)
    flash(f"{group.name} is added.")
    return redirect(url_for("groups.show", group_id=group.id), 303)


@pages.route("/groups/<group_id>/edit", methods=["GET", "POST"])
@access.requires("cameras:write")
def edit(group_id: str) -> Response:
    group = access.group_for_write(group_id)
    return _draw_form(group) if request.method == "GET" else _save(group)


def _save(group: CameraGroup) -> Response:
    try:
        given = parse(GroupInput, group_fields.sent_group(group, request.form))
        saved = groups.update(group, given, utc_now(), _reach())
    except InvalidInput as error:
        return _draw_form(group, error.problems)
    except EditedMeanwhile as error:
        return _draw_conflict(error.group, given)
    except DeletedMeanwhile:
        return _say_gone(group)
    flash(f"{saved.name} is saved.")
    return redirect(url_for("groups.show", group_id=saved.id), 303)


@pages.route("/groups/<group_id>/move", methods=["GET", "POST"])
@access.requires("cameras:write")
def move(group_id: str) -> Response:
    group = _group_to_move(group_id)
    if request.method == "GET":
        return _draw_move(group)
    try:
        wanted = parse(GroupMove, {"parent_id": request.form.get("parent_id")}).parent_id
        groups.move(group, None if wanted == TOP else wanted, utc_now(), _reach())
    except InvalidInput as error:
        return _draw_move(group, error.problems)
    except DeletedMeanwhile:
        return _say_gone(group)
    flash(f"{group.name} is moved.")
    url = url_for("groups.show", group_id=group.id)
    return redirect_browser(url) if is_fragment() else redirect(url, 303)


@pages.route("/groups/<group_id>/delete", methods=["GET", "POST"])
@access.requires("cameras:write")
def delete(group_id: str) -> Response:
    group = _group_to_move(group_id)
    if request.method == "GET":
        return _draw_delete(group)
    sent = {name: request.form[name] for name in ("target_id", "subgroups") if name in request.form}
    name = group.name
    try:
        removed = groups.delete(group, parse(GroupRemoval, sent), utc_now(), _reach())
    except InvalidInput as error:
        return _draw_delete(group, error.problems)
    except DeletedMeanwhile:
        return _say_gone(group)
    flash(f"{name} is deleted.{_whereabouts(removed)}")
    target = url_for("groups.show", group_id=removed.target_id) if removed.target_id else url_for("cameras.index")
    return redirect(target, 303)


def _whereabouts(removed: Removed) -> str:
    moved = [plural(n, word) for n, word in ((removed.cameras, "camera"), (removed.moved_groups, "sub-group")) if n]
    return f" {' and '.join(moved)} moved to {removed.target or 'the top of the tree'}." if moved else ""


def _reach() -> Scope:
    return access.scope("cameras:write")


def _group_to_move(group_id: str) -> CameraGroup:
    group = access.group_for_write(group_id)
    if not groups.is_movable(group, _reach()):
        abort(403)
    return group


def _say_gone(group: CameraGroup) -> Response:
    flash(f"Somebody deleted {group.name} while you were changing it.")
    url = url_for("cameras.index")
    return redirect_browser(url) if is_fragment() else redirect(url, 303)


def _draw_form(group: CameraGroup | None, problems: Problems | None = None) -> Response:
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    sent = request.form if problems is not None else None
    form = group_fields.group_form(frame.tree, _reach(), group, sent, request.args.get("parent_id", ""))
    code = 200 if problems is None else 422
    place = group.id if group else form.parent_id.data
    return draw("groups/edit.html", code, frame, group=group, form=form, problems=problems or {}, place=place)


def _draw_conflict(stored: CameraGroup, given: GroupInput) -> Response:
    """The person's own text again, on top of the version that is stored now, with what differs."""
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    form = group_fields.group_form(frame.tree, _reach(), stored, request.form)
    form.version.data = str(stored.version)
    differing = group_fields.differences(form, stored, given)
    context = {"group": stored, "form": form, "problems": {}, "differences": differing}
    return draw("groups/edit.html", 409, frame, place=stored.id, **context)


def _draw_move(group: CameraGroup, problems: Problems | None = None) -> Response:
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    form = group_fields.move_form(frame.tree, _reach(), group, request.form if problems is not None else None)
    context = {"group": group, "form": form, "problems": problems or {}, "holds": groups.what_it_holds(group)}
    return draw("groups/move.html", 200 if problems is None else 422, frame, place=group.id, **context)


def _draw_delete(group: CameraGroup, problems: Problems | None = None) -> Response:
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    form = group_fields.removal_form(frame.tree, _reach(), group, request.form if problems is not None else None)
    context = {"group": group, "form": form, "problems": problems or {}, "holds": groups.what_it_holds(group)}
    return draw("groups/delete.html", 200 if problems is None else 422, frame, place=group.id, **context)
