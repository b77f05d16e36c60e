"""Migrations go up and down on both databases and leave exactly what the models say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from tests.servers import postgres_server
from webapp import create_app
from webapp.extensions import db, is_modelled
from webapp.models import Camera, CameraHealth

TABLES = {
    "users",
    "camera_groups",
    "cameras",
    "camera_health",
    "status_changes",
    "camera_snapshots",
    "connection_tests",
    "group_roles",
    "api_tokens",
    "saved_views",
    "audit_entries",
    "imports",
    "import_rows",
    "bulk_actions",
    "bulk_cameras",
    "camera_health_hour",
    "camera_health_day",
    "acknowledgements",
    "mutes",
    "maintenance_windows",
    "camera_references",
    "image_findings",
    "reports",
    "housekeeping_runs",
    "clips",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Iterator[Flask]:
    overrides: dict[str, Any] = {"DATA_DIR": tmp_path, "REDIS_URL": redis_url}
    if request.param == "sqlite":
        yield create_app(overrides)
        return
    with postgres_server() as url:
        secrets = {"SECRET_KEY": "s" * 32, "CREDENTIAL_KEYS": (Fernet.generate_key().decode(),)}
        yield create_app(overrides | secrets | {"DATABASE_URL": url})


@pytest.fixture
def context(empty_database: Flask) -> Iterator[None]:
    with empty_database.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    """Without the partitions, whose parent is the table."""
    names = inspect(db.engine).get_table_names()
    return {name for name in names if is_modelled(name, "table", {})} - {"alembic_version"}


def differences() -> list[Any]:
    with db.engine.connect() as connection:
        options = {"include_name": is_modelled}
        return compare_metadata(MigrationContext.configure(connection, opts=options), db.metadata)


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_they_make_what_the_models_say(context: None) -> None:
    upgrade()
    assert tables() == TABLES
    assert differences() == []


def test_they_go_down_to_nothing_and_up_again(context: None) -> None:
    upgrade()
    upgrade()  # a second start changes nothing
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert tables() == TABLES


def readings() -> list[Any]:
    return list(db.session.execute(text("SELECT * FROM camera_health ORDER BY tick")).all())


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_readings_survive_becoming_partitions_and_back(context: None) -> None:
    upgrade()
    db.session.add(Camera(id="c", name="Gate 2", rtsp_url="rtsp://10.0.0.1/stream1"))
    late = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
    for tick in (late, late + timedelta(minutes=1), late - timedelta(days=40)):
        db.session.add(CameraHealth(camera_id="c", tick=tick, last_check=tick, outcome=1, is_connected=True))
    db.session.commit()
    stored = readings()
    for move, revision in ((downgrade, "0004"), (upgrade, "0005"), (downgrade, "0004"), (upgrade, "head")):
        db.session.commit()
        move(revision=revision)
        assert readings() == stored
    assert len(stored) == 3
    db.session.commit()
    assert differences() == []
