"""Test before save: try a stream and show every step."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

import jobs

from .. import access
from ..htmx import is_fragment
from ..models import Camera, utc_now
from ..schemas import InvalidInput, Problems, StreamInput, parse
from ..services import connection_tests
from .page import draw

pages = Blueprint("connection_tests", __name__, url_prefix="/connection-tests")


@pages.post("")
@access.requires("cameras:write")
def start() -> Response:
    try:
        test = connection_tests.create(parse(StreamInput, _sent_stream()), current_user, utc_now(), _stored_camera())
        jobs.test_connection(test.id)
    except InvalidInput as error:
        return _refuse(error.problems)
    except jobs.QueueAway:
        abort(503)
    if is_fragment():
        return make_response(render_template("connection_tests/_test.html", test=test))
    return redirect(url_for("connection_tests.show", test_id=test.id), 303)


@pages.get("/<test_id>")
@access.requires("cameras:write")
def show(test_id: str) -> Response:
    """For browsers without JavaScript, and for a test opened in its own tab: it refreshes until it is finished."""
    return draw("connection_tests/show.html", test=access.own_connection_test(test_id))


def _sent_stream() -> dict[str, str]:
    """Of the two streams of a camera's form the one that would be checked."""
    fields = {name: request.form.get(name, "") for name in StreamInput.model_fields}
    is_sub = request.form.get("stream") == "sub"
    return fields | ({"rtsp_url": request.form.get("sub_rtsp_url", "")} if is_sub else {})


def _stored_camera() -> Camera | None:
    """The camera whose form this is, for the password it keeps; None on the form of a new one."""
    camera_id = request.form.get("camera_id")
    return access.camera_for_write(camera_id) if camera_id else None


def _refuse(problems: Problems) -> Response:
    if is_fragment():
        return make_response(render_template("connection_tests/_refused.html", problems=problems), 422)
    return draw("connection_tests/refused.html", 422, problems=problems)
