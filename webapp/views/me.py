"""What a person chooses for themselves: theme, live pace, ending their sessions."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from .. import access, security
from ..services import users
from .page import draw

pages = Blueprint("me", __name__)

THEMES = {"auto": "As the system", "dark": "Dark", "light": "Light"}
PACES = {0: "Paused", 5: "Every 5 s", 15: "Every 15 s", 60: "Every minute"}


@pages.app_context_processor
def _choices() -> dict[str, object]:
    return {"THEMES": THEMES, "PACES": PACES}


@pages.get("/me")
@access.requires("cameras:read")
def show() -> Response:
    return draw("me/show.html")


@pages.post("/me/look")
@access.requires("cameras:read")
def choose_look() -> Response:
    theme, seconds = request.form.get("theme"), request.form.get("live_seconds", type=int)
    if theme not in (*THEMES, None) or seconds not in (*PACES, None):
        abort(400)
    users.choose_look(current_user, theme, seconds)
    return redirect(access.safe_next(request.referrer) or url_for("me.show"), 303)


@pages.post("/me/sign-out-everywhere")
@access.requires("cameras:read")
def sign_out_everywhere() -> Response:
    users.sign_out_everywhere(current_user)
    security.end_login()
    return redirect(url_for("sign_in.show"), 303)
