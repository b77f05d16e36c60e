"""The HTML pages: parse, call one service, render. One module per noun, each with a blueprint of its name."""

from __future__ import annotations

from flask import Flask

from . import (
    asset_urls,
    camera_forms,
    cameras,
    connection_tests,
    groups,
    health,
    live,
    me,
    pictures,
    setup,
    sign_in,
    wording,
)

NOUNS = (sign_in, setup, me, cameras, camera_forms, groups, live, pictures, connection_tests, health)


def register(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    asset_urls.register(app)
    wording.register(app)
    for noun in NOUNS:
        app.register_blueprint(noun.pages)
