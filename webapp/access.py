"""Who may do what: sign-in state, permissions, and load-or-404 with the permission in the name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, g, has_request_context, redirect, request, url_for
from flask_login import AnonymousUserMixin, current_user
from werkzeug.wrappers import Response

from .extensions import db, login
from .htmx import is_fragment, redirect_browser
from .models import ApiToken, Camera, CameraGroup, ConnectionTest, User
from .services import audit, cameras, groups, rights
from .services.rights import Scope
from .services.tokens import Bearer

P = ParamSpec("P")
R = TypeVar("R")
SEE_NOTHING = "cameras:read"
"""Asked for by pages that a person without any rights gets too: empty ones."""
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def register(app: Flask) -> None:
    app.before_request(lambda: audit.acts_are_of(_whoever_asks))
    app.jinja_env.globals["may"] = may
    login.session_protection = None  # the cookie is bound to session_version, see User.get_id
    login.user_loader(_load_user)
    login.unauthorized_handler(_ask_to_sign_in)


def _whoever_asks() -> audit.Actor:
    if not has_request_context():  # the request is over, and this thread goes on
        return audit.Actor()
    return audit.actor_of(current_user if current_user.is_authenticated else None, request.remote_addr)


def scope(permission: str) -> Scope:
    """Where the person who asks has this permission; found out once for each request."""
    known: dict[str, Scope] = g.setdefault("scopes", {})
    if permission not in known:
        known[permission] = rights.scope_of(current_user, permission, g.get("limited_to"))
    return known[permission]


def act_for(bearer: Bearer | None) -> None:
    """The rest of this request is done for the person whose token it brought, or for nobody: a cookie says nothing."""
    g._login_user = bearer.user if bearer else AnonymousUserMixin()
    g.limited_to = bearer.scopes if bearer else frozenset()
    g.pop("scopes", None)


def may(permission: str, group_id: str | None = "") -> bool:
    """Whether the person has this permission for cameras of this group (None: those without); '' is anywhere."""
    where = scope(permission)
    return not where.is_nothing if group_id == "" else where.covers(group_id)


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
    try:
        parts = urlsplit((target or "").replace("\\", "/"))
    except ValueError:  # such as //[
        return None
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
            if permission != SEE_NOTHING and not may(permission):
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return decorate


def camera_for_read(camera_id: str) -> Camera:
    return _camera_or_404(camera_id, "cameras:read")


def camera_for_write(camera_id: str) -> Camera:
    return _camera_or_404(camera_id, "cameras:write")


def _camera_or_404(camera_id: str, permission: str) -> Camera:
    """404 for what is not there and for what the person may not see; 403 for what they see and may not change."""
    camera = cameras.load(_id_or_404(camera_id), scope("cameras:read"))
    if camera is None:
        abort(404)
    if not scope(permission).covers(camera.group_id):
        abort(403)
    return camera


def group_for_write(group_id: str) -> CameraGroup:
    """404 for what is not there and for what the person may not see; 403 for what they see and may not change."""
    group = groups.load(_id_or_404(group_id), scope("cameras:read"))
    if group is None:
        abort(404)
    if not scope("cameras:write").covers(group.id):
        abort(403)
    return group


def own_connection_test(test_id: str) -> ConnectionTest:
    test = db.session.get(ConnectionTest, _id_or_404(test_id))
    if test is None or test.user_id != current_user.id:
        abort(404)
    return test


def person(user_id: str) -> User:
    user = db.session.get(User, _id_or_404(user_id))
    if user is None:
        abort(404)
    return user


def token_for_write(token_id: str) -> ApiToken:
    """One's own; an administrator's are everybody's."""
    token = db.session.get(ApiToken, _id_or_404(token_id))
    if token is None or not (token.user_id == current_user.id or may("users:write")):
        abort(404)
    return token


def _id_or_404(text: str) -> str:
    """PostgreSQL takes no NUL, which an address may hold: nothing but an id may reach it."""
    if not ID.fullmatch(text):
        abort(404)
    return text
