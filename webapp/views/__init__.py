"""The HTML pages: parse, call one service, render. One module per noun, each with a blueprint of its name."""

from __future__ import annotations

from flask import Flask

from . import (
    asset_urls,
    audit,
    bulk,
    camera_forms,
    camera_switches,
    cameras,
    clips,
    connection_tests,
    exports,
    group_forms,
    groups,
    health,
    housekeeping,
    image_health,
    imports,
    join,
    live,
    me,
    metrics,
    mutes,
    pictures,
    problems,
    reports,
    saved_views,
    search,
    setup,
    sign_in,
    snapshots,
    status,
    timelines,
    tokens,
    users,
    windows,
    wording,
)

NOUNS = (
    sign_in,
    setup,
    join,
    me,
    users,
    tokens,
    cameras,
    camera_forms,
    camera_switches,
    group_forms,
    groups,
    timelines,
    live,
    problems,
    mutes,
    image_health,
    windows,
    pictures,
    snapshots,
    clips,
    saved_views,
    search,
    connection_tests,
    bulk,
    audit,
    exports,
    imports,
    health,
    reports,
    status,
    housekeeping,
    metrics,
)


def register(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    asset_urls.register(app)
    wording.register(app)
    for noun in NOUNS:
        app.register_blueprint(noun.pages)
