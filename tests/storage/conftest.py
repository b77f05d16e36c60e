"""Storages under test: a folder and a bucket of each test's own on a real S3 server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers import StorageOptions, s3_server
from webapp.storage import Storage, storage_from_settings


@pytest.fixture(scope="session")
def s3() -> Iterator[StorageOptions]:
    with s3_server() as options:
        yield options


@pytest.fixture
def options(s3: StorageOptions, tmp_path: Path) -> StorageOptions:
    """Settings with a data folder and a bucket of this test's own; neither exists yet."""
    return replace(s3, DATA_DIR=tmp_path / "data", S3_BUCKET=f"test-{time.monotonic_ns()}")


@pytest.fixture(params=["filesystem", "s3"])
def storage(request: pytest.FixtureRequest, options: StorageOptions) -> Storage:
    return storage_from_settings(replace(options, STORAGE=request.param))
