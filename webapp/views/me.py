"""What a person chooses for themselves: how pages look, the password, ending their sessions."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from .. import access, guessing, security
from ..extensions import limiter
from ..models import utc_now
from ..schemas import InvalidInput, LookInput, PasswordChange, Problems, parse, time_zones
from ..services import me, users
from .page import draw

pages = Blueprint("me", __name__)

THEMES = {"auto": "As the system", "dark": "Dark", "light": "Light"}
PACES = {0: "Paused", 5: "Every 5 s", 15: "Every 15 s", 60: "Every minute"}


@pages.app_context_processor
def _choices() -> dict[str, object]:
    return {"THEMES": THEMES, "PACES": PACES}


@pages.get("/me")
@access.requires(access.SEE_NOTHING)
def show() -> Response:
    return _draw({}, 200)


@pages.post("/me/look")
@access.requires(access.SEE_NOTHING)
def choose_look() -> AnyResponse:
    """From the menus of every page, which go back to where they were, and from the own page."""
    try:
        me.choose_look(current_user, parse(LookInput, _sent(LookInput.model_fields)))
    except InvalidInput as error:
        if set(error.problems) != {"time_zone"}:  # the others are chosen, never typed
            abort(400)
        return _draw(error.problems, 422)
    return redirect(access.safe_next(request.referrer) or url_for("me.show"), 303)


def _sent(names: object) -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name in names}  # type: ignore[operator]


@pages.post("/me/password")
@access.requires(access.SEE_NOTHING)
@limiter.limit("5/minute", key_func=guessing.own_password, deduct_when=guessing.has_failed)
def change_password() -> AnyResponse:
    """Ends every other session; this one goes on in a new one."""
    try:
        given = parse(PasswordChange, {name: request.form.get(name, "") for name in ("old", "password")})
        me.change_password(current_user, given, utc_now())
    except InvalidInput as error:
        return _draw(error.problems, 422)
    security.start_login(access.person(current_user.id))
    flash("Your password is changed. Every other session of yours has ended.")
    return redirect(url_for("me.show"), 303)


@pages.post("/me/sign-out-everywhere")
@access.requires(access.SEE_NOTHING)
def sign_out_everywhere() -> AnyResponse:
    me.sign_out_everywhere(current_user, utc_now())
    security.end_login()
    return redirect(url_for("sign_in.show"), 303)


def _draw(problems: Problems, code: int) -> Response:
    groups = users.group_roles(current_user, access.scope("cameras:read"))
    return draw("me/show.html", code, problems=problems, groups=groups, time_zones=time_zones())
