"""Addresses of our own browser files that change with their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from flask import Flask, Response, current_app, g, request, url_for


def register(app: Flask) -> None:
    app.jinja_env.globals.update(asset=asset, bootstrap_css=bootstrap_css)
    app.after_request(_let_browsers_keep_assets)


def asset(name: str) -> str:
    """The address of static/`name`, with a hash of its content; found out once for each request.

    A page of tiles beside a tree of groups asks for its icons thousands of times.
    """
    known: dict[str, str] = g.setdefault("assets", {})
    if name not in known:
        known[name] = _address(name)
    return known[name]


def _address(name: str) -> str:
    path = Path(current_app.static_folder or "") / name
    return f"{request.script_root}{current_app.static_url_path}/{name}?v={_content_hash(path, path.stat().st_mtime_ns)}"


def bootstrap_css() -> str:
    return url_for("bootstrap.static", filename="css/bootstrap.min.css", v=version("bootstrap-flask"))


@cache
def _content_hash(path: Path, _changed_at: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _let_browsers_keep_assets(response: Response) -> Response:
    if request.endpoint in ("static", "bootstrap.static") and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
