"""What the storage tests share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.servers import StorageOptions
from webapp.storage import S3Storage, Storage

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
MINUTE = timedelta(minutes=1)


def s3_at(endpoint: str, **more: object) -> S3Storage:
    return S3Storage(endpoint, "key", "secret", "camkeeper", **more)  # type: ignore[arg-type]


def keys(storage: Storage, prefix: str = "") -> list[str]:
    return [entry.key for entry in storage.list(prefix)]


def bucket_folder(options: StorageOptions) -> Path:
    """Where the S3 server keeps the bucket: putting files there is quicker than sending them."""
    return next(Path("/tmp").glob(f"ck-*/s3/{options.S3_BUCKET}"))


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds
