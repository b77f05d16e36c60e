"""Stored pictures on their way to a person: the latest of a camera, and the one of a connection test."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..extensions import settings
from ..models import Camera, ConnectionTest
from ..storage import storage_from_settings
from .connection_tests import picture_key
from .pictures import latest_key, picture_hash


@dataclass(frozen=True, slots=True)
class StoredPicture:
    data: bytes = field(repr=False)
    hash: str
    """Names this picture and no other, as Camera.picture_hash does."""


def of_camera(camera: Camera) -> StoredPicture:
    """storage.NotFound when there is none, storage.StorageError when it cannot be read now."""
    return _read(latest_key(camera.id))


def of_test(test: ConnectionTest) -> StoredPicture:
    return _read(picture_key(test.id))


def _read(key: str) -> StoredPicture:
    data = storage_from_settings(settings).get(key).data
    return StoredPicture(data, picture_hash(data))
