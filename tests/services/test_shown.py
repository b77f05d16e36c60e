"""The shown status: the rule by table, and in Python and SQL alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from webapp.extensions import db
from webapp.models import Camera, Status, new_id
from webapp.services.shown import patience, shown_status, shown_status_sql, unknown_from

NOW = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.usefixtures("app")


def camera(**fields: Any) -> Camera:
    usual: dict[str, Any] = {
        "id": new_id(),
        "name": "Gate",
        "rtsp_url": "rtsp://10.0.0.1/",
        "is_active": True,
        "status": Status.LIVE.value,
        "next_due_at": NOW,
    }
    return Camera(**usual | fields)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, Status.LIVE),
        ({"status": Status.OFFLINE.value}, Status.OFFLINE),
        ({"is_active": False}, Status.DISABLED),
        ({"is_active": False, "maintenance_until": NOW + SECOND}, Status.DISABLED),
        ({"maintenance_until": NOW + SECOND}, Status.MAINTENANCE),
        ({"maintenance_until": NOW - SECOND}, Status.LIVE),
        ({"next_due_at": NOW - timedelta(minutes=3)}, Status.UNKNOWN),
        ({"next_due_at": NOW - timedelta(minutes=3), "maintenance_until": NOW + SECOND}, Status.MAINTENANCE),
        ({"next_due_at": NOW + timedelta(minutes=60), "status": Status.OFFLINE.value}, Status.OFFLINE),
        ({"status": Status.IDLE.value}, Status.IDLE),
        ({"status": Status.IDLE.value, "next_due_at": NOW - timedelta(minutes=3)}, Status.UNKNOWN),
    ],
)
def test_what_is_shown(fields: dict[str, Any], shown: Status) -> None:
    assert shown_status(camera(**fields), NOW) is shown


def test_a_camera_turns_unknown_two_intervals_after_its_check_was_due() -> None:
    found = camera()
    turns = unknown_from(found)
    assert turns == NOW + timedelta(seconds=2 * 60 + 8)
    assert shown_status(found, turns) is Status.LIVE
    assert shown_status(found, turns + SECOND) is Status.UNKNOWN


moments = st.one_of(
    st.integers(-400, 400).map(lambda seconds: NOW + seconds * SECOND),
    st.sampled_from([NOW, NOW - timedelta(seconds=128)]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    is_active=st.booleans(),
    status=st.sampled_from([Status.IDLE, Status.LIVE, Status.DEGRADED, Status.OFFLINE]),
    maintenance_until=st.none() | moments,
    next_due_at=moments,
)
def test_python_and_sql_agree(
    is_active: bool, status: Status, maintenance_until: datetime | None, next_due_at: datetime
) -> None:
    found = camera(
        is_active=is_active, status=status.value, maintenance_until=maintenance_until, next_due_at=next_due_at
    )
    db.session.add(found)
    db.session.flush()
    by_sql = db.session.scalar(select(shown_status_sql(NOW)).where(Camera.id == found.id))
    db.session.rollback()
    assert by_sql == shown_status(found, NOW)


def test_patience_is_about_two_intervals() -> None:
    assert timedelta(minutes=2) <= patience() <= timedelta(minutes=2, seconds=10)
