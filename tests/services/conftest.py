"""Besides the app on SQLite: the same on PostgreSQL, for what the two do differently, such as upserts and claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from flask import Flask
from flask_migrate import upgrade

from tests.servers import postgres_server
from webapp import create_app
from webapp.credentials import generate_key
from webapp.extensions import db


@pytest.fixture(scope="session")
def migrated_postgres(redis_url: str) -> Iterator[str]:
    with postgres_server() as url:
        app = create_app({"DATABASE_URL": url, "REDIS_URL": redis_url} | _secrets())
        with app.app_context():
            upgrade()
            db.engine.dispose()
        yield url


@pytest.fixture
def postgres_app(overrides: dict[str, Any], migrated_postgres: str, redis_url: str) -> Iterator[Flask]:
    """An app on PostgreSQL, whose tables are emptied before each test."""
    with redis.Redis.from_url(redis_url) as server:
        server.flushdb()
    app = create_app(overrides | {"DATABASE_URL": migrated_postgres} | _secrets())
    with app.app_context():
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions["redis_pool"].disconnect()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_app(request: pytest.FixtureRequest) -> Flask:
    found: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "postgres_app")
    return found


def _secrets() -> dict[str, Any]:
    return {"SECRET_KEY": "s" * 32, "CREDENTIAL_KEYS": (generate_key(),)}
