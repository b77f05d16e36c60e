"""Tests before save: what to test, kept for an hour and only for the person who asked."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from ..credentials import Credentials
from ..extensions import db, settings, transaction
from ..models import Camera, ConnectionTest, User, new_id
from ..schemas import InvalidInput, StreamInput
from ..storage import StorageError, storage_from_settings
from ..video.stream_url import parse_stream_url
from .addresses import require_allowed

LIFETIME = timedelta(hours=1)


def create(given: StreamInput, user: User, now: datetime, camera: Camera | None = None) -> ConnectionTest:
    """Store what is to be tested; the password is bound to the test. InvalidInput when the address is not allowed.

    With `camera`, a password left blank means its stored one, but only while the address stays: nobody may have a
    password they cannot read sent to a machine of their choice.
    """
    require_allowed(given.rtsp_url)
    credentials = Credentials(settings.CREDENTIAL_KEYS)
    password = given.password
    if password is None and camera is not None and camera.password_encrypted is not None:
        _require_same_address(given.rtsp_url, camera.rtsp_url)
        password = credentials.decrypt(camera.password_encrypted, camera.id)
    test = ConnectionTest(
        id=new_id(), user_id=user.id, rtsp_url=given.rtsp_url, username=given.username, created_at=now
    )
    if password is not None:
        test.password_encrypted = credentials.encrypt(password, test.id)
    with transaction():
        db.session.add(test)
    return test


def get_for(user: User, test_id: str) -> ConnectionTest | None:
    """The test, as far as it has got; None when it is not this person's or already forgotten."""
    found: ConnectionTest | None = db.session.scalar(select(ConnectionTest).filter_by(id=test_id, user_id=user.id))
    return found


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


def _require_same_address(new_url: str, stored_url: str) -> None:
    if parse_stream_url(new_url).address != parse_stream_url(stored_url).address:
        sentence = "The address has changed, so type the password again: the stored one goes only where it belongs."
        raise InvalidInput({"password": [sentence]})
