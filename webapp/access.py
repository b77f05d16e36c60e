"""Who may do what: sign-in state, permissions, and load-or-404 with the permission in the name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from .extensions import db, login
from .htmx import is_fragment, redirect_browser
from .models import Camera, ConnectionTest, User

P = ParamSpec("P")
R = TypeVar("R")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def register(_app: Flask) -> None:
    login.session_protection = None  # the cookie is bound to session_version, see User.get_id
    login.user_loader(_load_user)
    login.unauthorized_handler(_ask_to_sign_in)


def _load_user(cookie_id: str) -> User | None:
    user_id, _, version = cookie_id.rpartition(":")
    user = db.session.get(User, user_id)
    return user if user and user.is_enabled and str(user.session_version) == version else None


def _ask_to_sign_in() -> Response:
    """The sign-in page; for a fragment an order to the browser to go there, so that it never lands inside a tile."""
    if is_fragment():
        return redirect_browser(url_for("sign_in.show", next=safe_next(request.headers.get("HX-Current-URL"))), 401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("sign_in.show", next=wanted))


def safe_next(target: str | None) -> str | None:
    """The path of `target` when it lies on this site, else None."""
    parts = urlsplit((target or "").replace("\\", "/"))
    if parts.netloc and parts.netloc != request.host:
        return None
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if path.startswith("/") and not path.startswith("//") else None


def requires(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a signed-in person with this permission in; others get the sign-in page or 403."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return _ask_to_sign_in()  # type: ignore[return-value]
            if not current_user.may(permission):
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return decorate


def camera_for_read(camera_id: str) -> Camera:
    return _camera_or_404(camera_id, "cameras:read")


def camera_for_write(camera_id: str) -> Camera:
    return _camera_or_404(camera_id, "cameras:write")


def _camera_or_404(camera_id: str, permission: str) -> Camera:
    camera = db.session.get(Camera, _id_or_404(camera_id))
    if camera is None or not current_user.may(permission):
        abort(404)
    return camera


def own_connection_test(test_id: str) -> ConnectionTest:
    test = db.session.get(ConnectionTest, _id_or_404(test_id))
    if test is None or test.user_id != current_user.id:
        abort(404)
    return test


def _id_or_404(text: str) -> str:
    """PostgreSQL takes no NUL, which an address may hold: nothing but an id may reach it."""
    if not ID.fullmatch(text):
        abort(404)
    return text
