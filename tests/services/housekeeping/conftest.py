"""The two ways to run Camkeeper: embedded with its folder, served with PostgreSQL and an S3 server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.servers import StorageOptions, s3_server
from webapp.extensions import db, settings
from webapp.models import Camera, CameraSnapshot, new_id
from webapp.services.housekeeping.work import Work
from webapp.services.snapshots import new_key
from webapp.storage import Storage, storage_from_settings

NOW = datetime.now(UTC) + timedelta(days=2)
"""Whatever a test stores is older than a day by then."""
DAY = timedelta(days=1)
JPEG = b"\xff\xd8 a picture \xff\xd9"


@pytest.fixture(scope="session")
def s3() -> Iterator[StorageOptions]:
    with s3_server() as options:
        yield options


@pytest.fixture(params=["embedded", "served"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def overrides(request: pytest.FixtureRequest, overrides: dict[str, Any]) -> dict[str, Any]:
    if "way" not in request.fixturenames or request.getfixturevalue("way") == "embedded":
        return overrides
    options: StorageOptions = request.getfixturevalue("s3")
    found = {name: getattr(options, name) for name in ("S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY")}
    return overrides | found | {"STORAGE": "s3", "S3_BUCKET": f"test-{time.monotonic_ns()}"}


@pytest.fixture
def either_way(request: pytest.FixtureRequest, way: str) -> Flask:
    found: Flask = request.getfixturevalue("app" if way == "embedded" else "postgres_app")
    return found


def camera(**fields: Any) -> Camera:
    made = Camera(**({"id": new_id(), "name": "Gate", "rtsp_url": "rtsp://10.0.0.1/"} | fields))
    db.session.add(made)
    db.session.commit()
    return made


def storage() -> Storage:
    return storage_from_settings(settings)


def files() -> set[str]:
    return {entry.key for entry in storage().list()}


def picture(
    of: Camera, days_left: float = 10, taken: datetime | None = None, has_file: bool = True, **fields: Any
) -> CameraSnapshot:
    """A kept picture that has so many days left at NOW."""
    taken = taken or NOW - 5 * DAY
    key = new_key(of.id, taken)
    if has_file:
        storage().put(key, JPEG)
    known = {"storage_path": key, "filename": key.rsplit("/", 1)[1], "file_size": len(JPEG)}
    made = CameraSnapshot(
        id=new_id(), camera_id=of.id, created_at=taken, expiry_date=NOW + days_left * DAY, **(known | fields)
    )
    db.session.add(made)
    db.session.commit()
    db.session.expunge(made)  # it may be gone when the test asks what it was
    return made


def did(*steps: Callable[[Work], None], is_dry: bool = False, now: datetime = NOW) -> Work:
    work = Work(now, is_dry)
    for step in steps:
        step(work)
    return work
