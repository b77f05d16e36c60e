"""The application: create_app puts settings, extensions, pages and error pages together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask_bootstrap import Bootstrap5
from werkzeug.middleware.proxy_fix import ProxyFix

from . import config, extensions, logs

ROOT = Path(__file__).parent.parent


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """`overrides` win over the environment: settings by their name, and Flask's own configuration."""
    values = config.load(overrides=overrides)
    logs.configure()
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    _configure(app, values)
    app.config.update(overrides or {})
    extensions.bind(app, values)
    Bootstrap5(app)
    if values.TRUSTED_PROXIES:
        hops = values.TRUSTED_PROXIES
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _register(app)
    return app


def _configure(app: Flask, values: config.Settings) -> None:
    app.config.update(
        SECRET_KEY=values.SECRET_KEY,
        SECRET_KEY_FALLBACKS=list(values.SECRET_KEY_FALLBACKS) or None,
        SQLALCHEMY_DATABASE_URI=values.DATABASE_URL,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(values),
        SESSION_COOKIE_NAME="__Host-camkeeper" if values.COOKIE_SECURE else "camkeeper",
        SESSION_COOKIE_SECURE=values.COOKIE_SECURE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=6 * 1024 * 1024,
        BOOTSTRAP_SERVE_LOCAL=True,
        RATELIMIT_STORAGE_URI=config.limiter_url(values.REDIS_URL),
        RATELIMIT_STORAGE_OPTIONS={"socket_timeout": 1, "socket_connect_timeout": 1},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_STRATEGY="moving-window",
        RATELIMIT_HEADERS_ENABLED=True,
        RATELIMIT_KEY_PREFIX="camkeeper",
    )


def _engine_options(values: config.Settings) -> dict[str, Any]:
    private = {"hide_parameters": True}  # or password hashes reach the log with the text of an error
    if values.is_embedded:
        return private
    connect = {"connect_timeout": 3, "options": "-c timezone=utc -c statement_timeout=30000"}
    return private | {
        "pool_pre_ping": True,
        "pool_size": values.WEB_THREADS,
        "max_overflow": 4,
        "connect_args": connect,
    }


def _register(app: Flask) -> None:
    from . import access, api, cli, compression, errors, security, views

    compression.register(app)
    access.register(app)
    security.register(app)
    errors.register(app)
    views.register(app)
    api.register(app)
    cli.register(app)
