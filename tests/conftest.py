"""What every test can ask for: an app on its own database and real Redis, people, cameras.

Tests of what SQLite and PostgreSQL do differently, such as upserts and claims, ask for either_app.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from werkzeug.security import generate_password_hash

from tests.servers import postgres_server, redis_server
from webapp import create_app
from webapp.credentials import generate_key
from webapp.extensions import db
from webapp.models import Camera, Role, User, new_id
from webapp.video.addresses import parse_networks

PASSWORD = "correct horse battery"
PASSWORD_HASH = generate_password_hash(PASSWORD, method="scrypt:1024:8:1")  # cheap on purpose: it is made often

hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")  # how long an example takes says more of the machine than of the code

for name in [n for n in os.environ if n in ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "STORAGE")]:
    del os.environ[name]


ALONE = ("jobs", "simulator", "supervisor", "video", "services/test_sweep.py", "browser/test_demo_fleet.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    by_the_clock = tuple(str(here / part) for part in ALONE)
    for item in items:
        if str(item.path).startswith(by_the_clock):
            item.add_marker("alone")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Path:
    """A database file that the migrations made, to be copied for each test."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app({"DATA_DIR": folder, "REDIS_URL": redis_url})
    with app.app_context():
        upgrade()
        db.session.execute(db.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.engine.dispose()
    return folder / "camkeeper.db"


@pytest.fixture
def overrides(tmp_path: Path, redis_url: str) -> dict[str, Any]:
    """Settings of the app under test; a test module may extend them by overriding this fixture."""
    return {
        "DATA_DIR": tmp_path,
        "REDIS_URL": redis_url,
        "TESTING": True,
        "WTF_CSRF_ENABLED": False,
        "RATELIMIT_ENABLED": False,
        "CAMERA_ALLOWED_NETWORKS": parse_networks("127.0.0.0/8,10.0.0.0/8,192.168.0.0/16"),
    }


@pytest.fixture
def app(overrides: dict[str, Any], migrated_sqlite: Path, redis_url: str) -> Iterator[Flask]:
    shutil.copy(migrated_sqlite, overrides["DATA_DIR"] / "camkeeper.db")
    with redis.Redis.from_url(redis_url) as server:
        server.flushdb()
    app = create_app(overrides)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    app.extensions["redis_pool"].disconnect()


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
        db.session.execute(db.text("SET LOCAL session_replication_role = replica"))  # no triggers: the audit's refuse
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


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def make_user(app: Flask) -> Callable[..., User]:
    def make(role: Role = Role.ADMIN, email: str | None = None, **fields: Any) -> User:
        user = User(email=email or f"{new_id()}@example.com", role=role, password_hash=PASSWORD_HASH, **fields)
        db.session.add(user)
        db.session.commit()
        return user

    return make


@pytest.fixture
def sign_in(make_user: Callable[..., User]) -> Callable[..., User]:
    """Sign a client in through the real form as a fresh person of the role; gives that person."""

    def sign(client: FlaskClient, role: Role = Role.ADMIN) -> User:
        user = make_user(role)
        answer = client.post("/login", data={"email": user.email, "password": PASSWORD})
        assert answer.status_code in (302, 303), answer.text[:500]
        return user

    return sign


@pytest.fixture
def make_camera(app: Flask) -> Callable[..., Camera]:
    def make(**fields: Any) -> Camera:
        fields = {"name": "Gate 2", "rtsp_url": "rtsp://10.20.4.14:554/stream1", "id": new_id()} | fields
        camera = Camera(**fields)
        db.session.add(camera)
        db.session.commit()
        return camera

    return make


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)
