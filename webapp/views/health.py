"""Whether this process serves, and whether everything it needs answers; for load balancers and watchdogs."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from ..models import utc_now
from ..services import readiness

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def serving() -> Response:
    return jsonify(status="ok")


@pages.get("/readyz")
def ready() -> Response:
    failures = readiness.failures(utc_now())
    response = jsonify(status="failing" if failures else "ok", failing=failures)
    response.status_code = 503 if failures else 200
    return response
