"""What every answer carries for the browser's protection, and how long a login lasts."""

from __future__ import annotations

import time
import uuid

from flask import Flask, Response, g, request, session
from flask_login import login_user, logout_user

from .extensions import settings
from .models import User

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
UNASKED = ("live", "pictures", "api")
"""Blueprints that an open page asks by itself, as it does for progress, and the one no browser's login counts for."""
LONGEST_LOGIN_SECONDS = 7 * 24 * 3600


def register(app: Flask) -> None:
    app.before_request(_end_an_idle_login)
    app.after_request(_protect)


def request_id() -> str:
    """The number to quote; the first who asks makes it, because CSRF and limits refuse before our own hooks run."""
    if "request_id" not in g:
        g.request_id = uuid.uuid4().hex[:12]
    found: str = g.request_id
    return found


def _end_an_idle_login() -> None:
    """A login ends after IDLE_MINUTES without an act of its person; pages that refresh themselves are no act."""
    if "seen" not in session or request.endpoint == "static":
        return
    now = int(time.time())
    if now - session["seen"] > settings.IDLE_MINUTES * 60 or now - session["signed_in"] > LONGEST_LOGIN_SECONDS:
        end_login()
    elif now - session["seen"] > 60 and not _is_asked_by_itself():
        session["seen"] = now


def _is_asked_by_itself() -> bool:
    return request.blueprint in UNASKED or (request.endpoint or "").endswith(".progress")


def start_login(user: User) -> None:
    """Sign a person in, in a new session: whoever knew the one before must not know this one, nor its CSRF token."""
    session.clear()
    login_user(user)
    session.permanent = True
    session["seen"] = session["signed_in"] = int(time.time())


def end_login() -> None:
    """Sign the person out, and leave nothing of the login in the browser."""
    logout_user()
    session.clear()


def _protect(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = request_id()
    if response.mimetype == "text/html":
        response.vary.add("HX-Request")
        response.headers.setdefault("Cache-Control", "no-store")
    return response
