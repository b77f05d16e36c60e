"""The REST API, /api/v1: parse, call the same service as the page, answer in the envelope. A module per noun."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from ..extensions import csrf, limiter
from . import (
    asking,
    audit,
    auth,
    bulk,
    camera_checks,
    camera_files,
    camera_past,
    cameras,
    clips,
    docs,
    groups,
    identity,
    imports,
    problems,
    refusals,
    reports,
    snapshots,
    status,
    tokens,
    users,
)
from .operations import blueprint

NOUNS = (
    auth,
    cameras,
    camera_checks,
    camera_files,
    groups,
    camera_past,
    snapshots,
    clips,
    problems,
    reports,
    imports,
    bulk,
    users,
    tokens,
    audit,
    status,
)
"""Importing them makes their operations known, in the order of the documentation."""


def register(app: Flask) -> None:
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)
    app.register_blueprint(docs.pages)


@blueprint.url_value_preprocessor
def _allow_large_bodies(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    request.max_content_length = asking.MOST_BYTES


limiter.limit(identity.calls_a_minute, key_func=identity.whoever_asks)(blueprint)
refusals.register(blueprint)
