"""Stored pictures: put get url delete list copy stats, in a folder or on an S3 server."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Protocol

from .breaker import Breaker
from .filesystem import FilesystemStorage
from .interface import (
    DeleteFailure,
    Entry,
    InvalidKey,
    LinkRefused,
    NotFound,
    Stats,
    Storage,
    StorageError,
    StorageUnavailable,
    Stored,
    TooLarge,
)
from .s3 import S3Storage, check_bucket, parse_origin

__all__ = [
    "Breaker",
    "DeleteFailure",
    "Entry",
    "FilesystemStorage",
    "InvalidKey",
    "LinkRefused",
    "NotFound",
    "S3Storage",
    "Stats",
    "Storage",
    "StorageError",
    "StorageSettings",
    "StorageUnavailable",
    "Stored",
    "TooLarge",
    "check_bucket",
    "parse_origin",
    "storage_from_settings",
]


class StorageSettings(Protocol):
    """The settings that storage reads; webapp.config.Settings has them."""

    @property
    def STORAGE(self) -> str: ...  # noqa: N802
    @property
    def DATA_DIR(self) -> Path: ...  # noqa: N802
    @property
    def SECRET_KEY(self) -> str: ...  # noqa: N802
    @property
    def S3_ENDPOINT(self) -> str: ...  # noqa: N802
    @property
    def S3_PUBLIC_ENDPOINT(self) -> str: ...  # noqa: N802
    @property
    def S3_ACCESS_KEY(self) -> str: ...  # noqa: N802
    @property
    def S3_SECRET_KEY(self) -> str: ...  # noqa: N802
    @property
    def S3_BUCKET(self) -> str: ...  # noqa: N802
    @property
    def S3_REGION(self) -> str: ...  # noqa: N802
    @property
    def S3_SECURE(self) -> bool: ...  # noqa: N802


def storage_from_settings(settings: StorageSettings) -> Storage:
    """The same object for the same settings, so that connections and the breaker's memory last as long as the process.

    ValueError for settings that cannot be meant.
    """
    if settings.STORAGE == "filesystem":
        return _filesystem(settings.DATA_DIR / "pictures", settings.SECRET_KEY)
    if settings.STORAGE == "s3":
        return _s3(
            settings.S3_ENDPOINT,
            settings.S3_ACCESS_KEY,
            settings.S3_SECRET_KEY,
            settings.S3_BUCKET,
            settings.S3_REGION,
            settings.S3_SECURE,
            settings.S3_PUBLIC_ENDPOINT,
        )
    raise ValueError("STORAGE must be filesystem or s3")


@lru_cache(maxsize=4)
def _filesystem(root: Path, signing_key: str) -> FilesystemStorage:
    return FilesystemStorage(root, signing_key)


@lru_cache(maxsize=4)
def _s3(
    endpoint: str, access_key: str, secret_key: str, bucket: str, region: str, secure: bool, public_endpoint: str
) -> S3Storage:
    return S3Storage(endpoint, access_key, secret_key, bucket, region, secure, public_endpoint)
