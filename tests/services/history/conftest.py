"""Cameras with readings in the table, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from webapp.extensions import db
from webapp.models import OUTCOME_CODES, Camera, CameraHealth, new_id
from webapp.outcomes import Outcome

AddCamera = Callable[..., str]
AddReadings = Callable[..., None]


@pytest.fixture
def add_camera(either_app: Flask) -> AddCamera:
    def add(**fields: Any) -> str:
        camera = Camera(**{"id": new_id(), "name": "Gate", "rtsp_url": "rtsp://10.20.4.14/stream1", **fields})
        db.session.add(camera)
        db.session.commit()
        return camera.id

    return add


@pytest.fixture
def add_readings(either_app: Flask) -> AddReadings:
    def add(camera_id: str, ticks: Iterable[datetime], outcome: Outcome = Outcome.ONLINE, **fields: Any) -> None:
        facts = {"camera_id": camera_id, "outcome": OUTCOME_CODES[outcome], "is_connected": outcome is Outcome.ONLINE}
        facts |= {"latency_ms": None, "fps_actual": None, **fields}
        rows = [{"tick": tick, "last_check": tick, **facts} for tick in ticks]
        if rows:
            db.session.execute(insert(CameraHealth), rows)
        db.session.commit()

    return add
