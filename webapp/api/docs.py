"""The documentation of the API: the OpenAPI document, and Swagger UI and ReDoc over it, all served from here."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from ..security import CONTENT_SECURITY_POLICY
from . import openapi

pages = Blueprint("api_docs", __name__)

POLICY = CONTENT_SECURITY_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'") + "; worker-src blob:"
"""Both programs write styles into their pages, and ReDoc searches in a worker. They still reach nobody but us."""
FILES = {
    "swagger-ui.css": ("flask_openapi3_swagger", "templates/swagger/css/swagger-ui.css", "text/css"),
    "swagger-ui.js": ("flask_openapi3_swagger", "templates/swagger/js/swagger-ui-bundle.js", "text/javascript"),
    "redoc.js": ("flask_openapi3_redoc", "templates/redoc/js/redoc.standalone.js", "text/javascript"),
}
OUTSIDE = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
"""The one picture ReDoc asks somebody else for."""


@pages.get("/openapi.json")
def document() -> Response:
    return jsonify(openapi.document())


@pages.get("/docs")
def swagger() -> Response:
    return _page("api_docs/swagger.html")


@pages.get("/redoc")
def redoc() -> Response:
    return _page("api_docs/redoc.html")


@pages.get("/docs/<name>")
def file(name: str) -> AnyResponse:
    if name not in FILES:
        abort(404)
    data, mimetype = _file(name)
    return Response(data, mimetype=mimetype, headers={"Cache-Control": "public, max-age=86400"})


def _page(template: str) -> Response:
    response = make_response(render_template(template))
    response.headers["Content-Security-Policy"] = POLICY
    return response


@cache
def _file(name: str) -> tuple[bytes, str]:
    """Out of its package, which is found without being run."""
    package, path, mimetype = FILES[name]
    spec = find_spec(package)
    folder = next(iter(spec.submodule_search_locations or ())) if spec else ""
    return (Path(folder) / path).read_bytes().replace(OUTSIDE, b"/static/favicon.svg"), mimetype
