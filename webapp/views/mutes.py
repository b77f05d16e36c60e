"""Muting a camera, or a group with all beneath it, for a while; and counting its problems again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import access
from ..models import Camera, CameraGroup, utc_now
from ..schemas import InvalidInput, MuteInput, Problems, parse
from ..services import problem_acts
from ..services.problem_acts import GoneMeanwhile
from .page import ALL, draw
from .wording import day_and_clock, own_zone

pages = Blueprint("mutes", __name__)

Target = Camera | CameraGroup


@pages.route("/cameras/<camera_id>/mute", methods=["GET", "POST"])
@access.requires("cameras:write")
def camera(camera_id: str) -> Response:
    return _mute(access.camera_for_write(camera_id))


@pages.route("/groups/<group_id>/mute", methods=["GET", "POST"])
@access.requires("cameras:write")
def group(group_id: str) -> Response:
    return _mute(access.group_for_write(group_id))


@pages.post("/cameras/<camera_id>/unmute")
@access.requires("cameras:write")
def unmute_camera(camera_id: str) -> Response:
    return _unmute(access.camera_for_write(camera_id))


@pages.post("/groups/<group_id>/unmute")
@access.requires("cameras:write")
def unmute_group(group_id: str) -> Response:
    return _unmute(access.group_for_write(group_id))


def _mute(target: Target) -> Response:
    if request.method == "GET":
        return _draw(target)
    try:
        stored = problem_acts.mute(target, parse(MuteInput, _sent()), current_user, utc_now())
    except InvalidInput as error:
        return _draw(target, error.problems)
    except GoneMeanwhile:
        abort(404)
    zone = "" if own_zone() else " UTC"
    return _done(f"{target.name} is muted until {day_and_clock(stored.ends_at)}{zone}.")


def _unmute(target: Target) -> Response:
    problem_acts.unmute(target, utc_now())
    return _done(f"Problems of {target.name} are counted again.")


def _sent() -> dict[str, str]:
    """The person's own zone counts more than the browser's; without either the clock is UTC's."""
    fields = {name: request.form.get(name, "") for name in MuteInput.model_fields}
    return fields | ({"zone": str(own_zone())} if own_zone() else {})


def _draw(target: Target, problems: Problems | None = None) -> Response:
    """The form, and what it was filled with."""
    is_camera = isinstance(target, Camera)
    place = (target.group_id or ALL) if isinstance(target, Camera) else target.id
    away = url_for("cameras.show", camera_id=target.id) if is_camera else url_for("groups.show", group_id=target.id)
    context: dict[str, Any] = {
        "target": target,
        "is_camera": is_camera,
        "away": away,
        "sent": request.form,
        "place": place,
    }
    return draw("problems/mute.html", 422 if problems else 200, problems=problems or {}, **context)


def _done(sentence: str) -> Response:
    flash(sentence)
    return redirect(access.safe_next(request.form.get("next")) or url_for("problems.index"), 303)
