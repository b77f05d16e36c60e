"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_limiter.util import get_remote_address
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from .. import access, guessing, security
from ..extensions import limiter
from ..models import utc_now
from ..schemas import InvalidInput, Problems, SignIn, parse
from ..services import admins, sign_in

pages = Blueprint("sign_in", __name__)

WRONG: Problems = {"": ["E-mail or password is wrong. After five wrong tries you have to wait a minute."]}


def _account() -> str:
    return guessing.account(request.form.get("email", ""))


def _account_from_here() -> str:
    return guessing.account_from_here(request.form.get("email", ""))


@pages.route("/login", methods=["GET", "POST"])
@limiter.limit("10/minute", key_func=get_remote_address, methods=["POST"], deduct_when=guessing.has_failed)
@limiter.limit("5/minute", key_func=_account_from_here, methods=["POST"], deduct_when=guessing.has_failed)
@limiter.limit("30/minute", key_func=_account, methods=["POST"], deduct_when=guessing.has_failed)
def show() -> AnyResponse:
    if request.method == "POST":
        return _try_to_sign_in()
    if current_user.is_authenticated:
        return redirect(_wanted())
    return _form({}, 200)


def _try_to_sign_in() -> AnyResponse:
    try:
        given = parse(SignIn, {name: request.form.get(name, "") for name in ("email", "password")})
    except InvalidInput as error:
        return _form(error.problems, 422)
    user = sign_in.sign_in(given, utc_now())
    if user is None:
        return _form(WRONG, 401)
    security.start_login(user)
    return redirect(_wanted(), 303)


@pages.post("/logout")
def leave() -> AnyResponse:
    security.end_login()
    return redirect(url_for("sign_in.show"), 303)


def _wanted() -> str:
    return access.safe_next(request.args.get("next")) or url_for("cameras.index")


def _form(problems: Problems, code: int) -> Response:
    html = render_template("sign_in/show.html", problems=problems, is_new=not admins.exist())
    return make_response(html, code)
