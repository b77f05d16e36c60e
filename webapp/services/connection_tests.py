"""Tests before save: what to test, kept for an hour and only for the person who asked."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete

from ..credentials import Credentials
from ..extensions import db, settings, transaction
from ..models import Camera, ConnectionTest, User, new_id
from ..schemas import StreamInput
from ..storage import StorageError, storage_from_settings
from .addresses import require_allowed, require_same_address

LIFETIME = timedelta(hours=1)


def create(given: StreamInput, user: User, now: datetime, camera: Camera | None = None) -> ConnectionTest:
    """Store what is to be tested; the password is bound to the test. InvalidInput when the address is not allowed.

    With `camera`, a password left blank means its stored one, but only while the address stays.
    """
    require_allowed(given.rtsp_url)
    credentials = Credentials(settings.CREDENTIAL_KEYS)
    password = given.password
    if password is None and camera is not None and camera.password_encrypted is not None:
        require_same_address(given.rtsp_url, camera.stream_urls)
        password = credentials.decrypt(camera.password_encrypted, camera.id)
    test = ConnectionTest(
        id=new_id(), user_id=user.id, rtsp_url=given.rtsp_url, username=given.username, created_at=now
    )
    if password is not None:
        test.password_encrypted = credentials.encrypt(password, test.id)
    with transaction():
        db.session.add(test)
    return test


def picture_key(test_id: str) -> str:
    return f"tests/{test_id}.jpg"


def forget_old(now: datetime) -> int:
    """Delete tests older than an hour, with their pictures; gives their number."""
    old = ConnectionTest.created_at < now - LIFETIME
    with transaction():
        forgotten = db.session.scalars(delete(ConnectionTest).where(old).returning(ConnectionTest.id)).all()
    storage = storage_from_settings(settings)
    for test_id in forgotten:
        with suppress(StorageError):
            storage.delete(picture_key(test_id))
    return len(forgotten)
