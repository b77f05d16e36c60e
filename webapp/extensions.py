"""The Flask extensions, created bare here and bound in create_app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import MetaData, event
from sqlalchemy.engine import Engine
from werkzeug.local import LocalProxy

from .config import Settings

naming = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLAlchemy(metadata=MetaData(naming_convention=naming), session_options={"expire_on_commit": False})


def is_modelled(name: str | None, kind: str, _parents: Any) -> bool:
    """Partitions come and go by day; no model and no migration knows them."""
    return kind != "table" or not (name or "").startswith("camera_health_") or name in db.metadata.tables


migrate = Migrate(render_as_batch=True, compare_type=True, include_name=is_modelled)
login = LoginManager()
csrf = CSRFProtect()
htmx = Htmx()
limiter = Limiter(key_func=get_remote_address)


def _settings() -> Settings:
    found: Settings = current_app.extensions["camkeeper"]
    return found


settings: Settings = LocalProxy(_settings)  # type: ignore[assignment]


def _redis() -> redis.Redis:
    client: redis.Redis = current_app.extensions["redis"]
    return client


redis_client: redis.Redis = LocalProxy(_redis)  # type: ignore[assignment]


def redis_pool(url: str) -> redis.ConnectionPool:
    """A pool that gives up after a second: a page must not hang on a Redis that is away."""
    return redis.ConnectionPool.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0, retry=None)


def bind(app: Flask, values: Settings) -> None:
    """Bind every extension to the app. The engine's SQLite set-up rides on SQLAlchemy's connect event."""
    app.extensions["camkeeper"] = values
    app.extensions["redis_pool"] = redis_pool(values.REDIS_URL)
    app.extensions["redis"] = redis.Redis(connection_pool=app.extensions["redis_pool"])
    db.init_app(app)
    migrate.init_app(app, db, directory=f"{app.root_path}/migrations")
    login.init_app(app)
    csrf.init_app(app)
    htmx.init_app(app)
    limiter.init_app(app)
    with app.app_context():
        if values.DATABASE_URL.startswith("sqlite"):
            _tune_sqlite(db.engine)


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        # It holds for a new file only: the space of what is deleted can then be given back in pieces.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # A transaction that reads first and writes later gets SQLITE_BUSY at once, whatever busy_timeout says.
        # Those that will write say so with execution_options(writes=True) and wait their turn here instead.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def transaction() -> Iterator[None]:
    """One writing transaction with one commit at its end; whatever was read before it is let go first."""
    db.session.commit()
    db.session.connection(execution_options={"writes": True})
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
