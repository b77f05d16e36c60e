"""The one-time link that makes the first administrator."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import security
from ..extensions import limiter
from ..schemas import InvalidInput, Problems
from ..services import setup

pages = Blueprint("setup", __name__)


@pages.route("/setup/<token>", methods=["GET", "POST"])
@limiter.limit("10/minute")
def show(token: str) -> Response:
    try:
        setup.check(token)
        return _create(token) if request.method == "POST" else _form({}, 200)
    except setup.SetupClosed:
        return make_response(render_template("setup/closed.html"), 410)
    except InvalidInput as error:
        return _form(error.problems, 422)


def _create(token: str) -> Response:
    user = setup.take_up(token, request.form.get("email", ""), request.form.get("password", ""))
    security.start_login(user)
    return redirect(url_for("cameras.index"), 303)


def _form(problems: Problems, code: int) -> Response:
    return make_response(render_template("setup/show.html", problems=problems), code)
