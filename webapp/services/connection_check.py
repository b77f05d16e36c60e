"""Running a test before save: the same check as the sweep's, with every step written down as it happens."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import update

from ..credentials import Credentials
from ..extensions import db, settings, transaction
from ..models import ConnectionTest, utc_now
from ..outcomes import Reading
from ..storage import StorageError, storage_from_settings
from ..video.target import Limits
from .connection_tests import picture_key
from .pictures import picture_hash
from .stored_stream import check_stored

log = logging.getLogger(__name__)


class Steps:
    """The steps of one test, each written to its row as soon as it begins or ends."""

    def __init__(self, test_id: str) -> None:
        self._test_id = test_id
        self._steps: list[dict[str, Any]] = []

    def note(self, name: str, state: str, ms: float | None, detail: str) -> None:
        step = {"name": name, "state": "ok" if state == "done" else state, "ms": ms, "detail": detail}
        if self._steps and self._steps[-1]["name"] == name:
            self._steps[-1] = step
        else:
            self._steps.append(step)
        _write(self._test_id, steps=self._steps)


def run(test_id: str, now: datetime) -> None:
    """Run a stored test to its end; one that is finished or forgotten is left alone."""
    test = db.session.get(ConnectionTest, test_id)
    if test is None or test.finished_at is not None:
        return
    reading = _check(test, now)
    _write(
        test_id,
        finished_at=utc_now(),
        outcome=reading.outcome,
        detail=reading.detail[:300],
        codec=reading.codec,
        resolution=reading.resolution,
        fps=reading.fps,
        fps_source=reading.fps_source,
        picture_hash=_store_picture(test_id, reading),
        password_encrypted=None,
    )


def _check(test: ConnectionTest, now: datetime) -> Reading:
    networks, deadline_s = settings.CAMERA_ALLOWED_NETWORKS, settings.CHECK_DEADLINE_SECONDS
    limits = Limits(networks, deadline_s, measure_fps=True)  # somebody looks at the number, and waits but once
    return check_stored(test, Credentials(settings.CREDENTIAL_KEYS), limits, now, Steps(test.id).note)


def _store_picture(test_id: str, reading: Reading) -> str | None:
    if reading.jpeg is None:
        return None
    try:
        storage_from_settings(settings).put(picture_key(test_id), reading.jpeg)
    except StorageError as error:
        log.warning("The picture of connection test %s could not be stored: %s", test_id, error)
        return None
    return picture_hash(reading.jpeg)


def _write(test_id: str, **values: Any) -> None:
    with transaction():
        db.session.execute(update(ConnectionTest).where(ConnectionTest.id == test_id).values(**values))
