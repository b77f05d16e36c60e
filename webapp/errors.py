"""Error pages: each says what happened, what to do, and the number to quote. Programs get an envelope instead."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from flask import Flask, Response, g, jsonify, render_template, request
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response as AnyResponse

from .extensions import db
from .htmx import is_fragment, toast
from .security import request_id
from .storage import StorageError

log = logging.getLogger(__name__)

NAMES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    412: "changed_meanwhile",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    422: "invalid_input",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
"""What programs read of an error; the sentence beside it is for people."""
TO_PROGRAMS = {
    400: "This request cannot be read. Look at what is sent.",
    403: "The role or the token does not allow this.",
    404: "There is nothing here: it does not exist, was deleted, or is not yours to see.",
    405: "This address does not know this method; the header Allow says which it knows.",
    413: "Send less than 10 MB at once.",
    415: "Send JSON, with the header Content-Type: application/json.",
    429: "Too many requests. The header Retry-After says how many seconds to wait.",
    500: "We made a mistake. It is logged under the number in the header X-Request-ID.",
}

PAGES: dict[int, tuple[str, str]] = {
    400: ("We could not read that", "Go back, reload the page and try again."),
    403: ("This is not yours to do", "Your role does not allow this. Ask an administrator for the right, or go back."),
    404: (
        "Nothing here",
        "It does not exist, was deleted, or is not yours to see. Look in the list of cameras.",
    ),
    405: ("That does not work this way", "Go back and use the button on the page."),
    413: ("That is too large", "Send less than 6 MB at once."),
    416: ("There is no such part", "The video is shorter than what was asked for. Play it from its beginning."),
    429: ("Too many tries", "Wait a minute, then try again."),
    500: ("We made a mistake", "It is logged under the number below. Try again; if it stays, tell your administrator."),
    503: (
        "Something we need is away",
        "Nothing is lost. This page works again when it is back; try in a moment.",
    ),
}


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, _on_csrf)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(OperationalError, _on_database_away)
    app.register_error_handler(InterfaceError, _on_database_away)
    app.register_error_handler(RedisError, _on_redis_away)
    app.register_error_handler(StorageError, _on_storage_away)
    app.register_error_handler(Exception, _on_bug)


def _on_csrf(_error: CSRFError) -> AnyResponse:
    return _answer(400, "This page is out of date", "Your login changed since it was opened. Reload it and try again.")


def _on_http(error: HTTPException) -> AnyResponse:
    if isinstance(error.response, AnyResponse):
        return error.response
    code = error.code or 500
    title, what = PAGES.get(code, (error.name, "Go back and try again."))
    response = _answer(code, title, what)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    if isinstance(error, RequestedRangeNotSatisfiable):
        response.headers["Content-Range"] = f"bytes */{error.length}"
    return response


def _on_database_away(error: Exception) -> AnyResponse:
    log.error("the database does not answer: %s", error)
    return _away("The database does not answer")


def _on_redis_away(error: Exception) -> AnyResponse:
    log.error("Redis does not answer: %s", error)
    return _away("Redis does not answer")


def _on_storage_away(error: Exception) -> AnyResponse:
    log.error("the picture store does not answer: %s", error)
    return _away("The picture store does not answer")


def _away(title: str) -> AnyResponse:
    response = _answer(503, title, PAGES[503][1])
    response.headers["Retry-After"] = "10"
    return response


def _on_bug(error: Exception) -> AnyResponse:
    log.exception("request %s failed", request_id(), exc_info=error)
    return _answer(500, *PAGES[500])


def _answer(code: int, title: str, what: str) -> AnyResponse:
    """A page for a page, a toast for a fragment, JSON for a program. It must work without the database."""
    _let_go_of_the_database()
    if "_login_user" not in g:  # or Flask-Login asks the database for the person while the template is drawn
        g._login_user = AnonymousUserMixin()
    if is_for_programs():
        return refusal(code, TO_PROGRAMS.get(code, f"{title}. {what}"))
    if is_fragment():
        response: AnyResponse = toast("", "error", f"{title}. {what}")
    else:
        html = render_template("errors/error.html", code=code, title=title, what=what, request_id=request_id())
        response = AnyResponse(html, mimetype="text/html")
    response.status_code = code
    return response


def is_for_programs() -> bool:
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def refusal(code: int, message: str, details: Sequence[Mapping[str, str]] = ()) -> Response:
    """The envelope of everything that went wrong; `details` are {field, message}."""
    error = {"code": NAMES.get(code, "error"), "message": message, "details": list(details)}
    response: Response = jsonify(success=False, error=error)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response


def _let_go_of_the_database() -> None:
    try:
        db.session.rollback()
    except (OperationalError, InterfaceError):
        db.session.remove()
