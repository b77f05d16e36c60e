"""What is wrong right now, and saying that one knows of it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import access
from ..htmx import is_fragment
from ..models import Camera, StatusChange, utc_now
from ..schemas import AcknowledgementInput, InvalidInput, parse
from ..services import problem_acts, problems
from ..services.grid import read_frame, watch_frame
from ..services.problem_acts import GoneMeanwhile
from . import problem_address
from .live import draw_problems
from .page import draw

pages = Blueprint("problems", __name__)


@pages.record_once
def _helpers(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals.update(
        problem_of=lambda camera: problems.of_camera(camera, utc_now()),
        muted_of=lambda camera: problems.muted(camera, utc_now()),
        problem_link=problem_address.link,
        said_of=problem_address.write,
    )


@pages.get("/problems")
@access.requires("cameras:read")
def index() -> Response:
    query, now, scope = problem_address.read(request.args), utc_now(), access.scope("cameras:read")
    frame = read_frame(now, scope)
    page = problems.open_problems(problem_address.filter_of(query, frame.tree, scope), query.number, now)
    url = problem_address.poll(query, watch_frame(frame, *(problem.camera for problem in page.problems)))
    mutes = problem_acts.muted_now(now, scope)
    return draw("problems/index.html", frame=frame, page=page, wanted=query, poll_url=url, mutes=mutes)


@pages.post("/problems/<change_id>/acknowledge")
@access.requires("cameras:write")
def acknowledge(change_id: str) -> Response:
    change, camera = _problem_for_write(change_id)
    try:
        given = parse(AcknowledgementInput, {"reason": request.form.get("reason", "")})
        problem_acts.acknowledge(change.id, camera, given.reason, current_user, utc_now())
    except InvalidInput as error:
        return _done(camera, str(error))
    except GoneMeanwhile:
        return _done(None, f"Somebody deleted {camera.name} meanwhile.")
    return _done(camera, f"You know of {camera.name}.")


@pages.post("/problems/<change_id>/take-back")
@access.requires("cameras:write")
def take_back(change_id: str) -> Response:
    change, camera = _problem_for_write(change_id)
    problem_acts.take_back(change.id, camera, utc_now())
    return _done(camera, f"{camera.name} is counted again.")


def _problem_for_write(change_id: str) -> tuple[StatusChange, Camera]:
    """404 for what is not there and for what the person may not see; 403 for what they see and may not change."""
    found = problem_acts.find(change_id, access.scope("cameras:read")) if access.ID.fullmatch(change_id) else None
    if found is None:
        abort(404)
    if not access.scope("cameras:write").covers(found[1].group_id):
        abort(403)
    return found


def _done(camera: Camera | None, sentence: str) -> Response:
    """The list again, in place; without scripts, or on the page of a camera, the page that was left."""
    query = problem_address.read(request.args)
    if is_fragment():
        return draw_problems(query, said=sentence)
    flash(sentence)
    if camera and request.args.get("on") == "camera":
        return redirect(url_for("cameras.show", camera_id=camera.id), 303)
    return redirect(problem_address.link(query, number=query.number), 303)
