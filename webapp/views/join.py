"""The page behind a one-time link: somebody who was invited, or lost the password, chooses a new one."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from .. import security
from ..extensions import limiter
from ..models import utc_now
from ..schemas import InvalidInput, NewPassword, Problems, parse
from ..services import one_time_links
from ..services.one_time_links import LinkClosed

pages = Blueprint("join", __name__)


@pages.route("/join/<token>", methods=["GET", "POST"])
@limiter.limit("10/minute")
def show(token: str) -> Response:
    try:
        return _take_up(token) if request.method == "POST" else _form(token, {}, 200)
    except InvalidInput as error:
        return _form(token, error.problems, 422)
    except LinkClosed:
        return make_response(render_template("join/closed.html"), 410)


def _take_up(token: str) -> Response:
    given = parse(NewPassword, {"password": request.form.get("password", "")})
    security.start_login(one_time_links.take_up(token, given, utc_now()))
    return redirect(url_for("cameras.index"), 303)


def _form(token: str, problems: Problems, code: int) -> Response:
    person = one_time_links.holder(token, utc_now())
    return make_response(render_template("join/show.html", problems=problems, person=person), code)
