"""The only place that knows the HX-* headers."""

from __future__ import annotations

from flask import make_response, request
from htmx_flask import make_response as htmx_response
from werkzeug.wrappers import Response


def is_fragment() -> bool:
    """The browser asks for a part of a page, not for a page."""
    return bool(request.htmx) or request.path.startswith("/live/")  # type: ignore[attr-defined]


def redirect_browser(url: str, code: int = 200) -> Response:
    """Tell the page behind a fragment request to go to `url` as a whole."""
    response: Response = htmx_response("", code, redirect=url)
    return response


def toast(response: str | Response, level: str, text: str) -> Response:
    """Show `text` to the person beside what the answer changes; level is 'ok' or 'error'."""
    made: Response = htmx_response(response, trigger={"toast": {"level": level, "text": text}})
    return made


def nothing_new() -> Response:
    """204: leave the page as it is."""
    return make_response("", 204)
