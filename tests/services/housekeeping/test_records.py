"""What goes after a year, and what stays however old it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.services.housekeeping.conftest import DAY, NOW, camera, did
from webapp.extensions import db
from webapp.models import (
    Acknowledgement,
    Camera,
    HealthHour,
    HousekeepingRun,
    ImageFinding,
    MaintenanceWindow,
    Mute,
    Report,
    StatusChange,
    new_id,
)
from webapp.services.housekeeping import records
from webapp.services.housekeeping.records import forget

YEAR = timedelta(days=365)
LONG_AGO = NOW - YEAR - DAY

pytestmark = pytest.mark.usefixtures("either_app")


def add(*things: Any) -> None:
    db.session.add_all(things)
    db.session.commit()


def change(of: Camera, days_ago: float, new: str) -> str:
    made = StatusChange(id=new_id(), camera_id=of.id, at=NOW - days_ago * DAY, old="live", new=new)
    add(made)
    return made.id


def changes() -> set[str]:
    found = set(db.session.scalars(select(StatusChange.id)))
    db.session.commit()
    return found


def test_changes_of_status_go_but_for_the_last_that_says_what_was_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "PIECE", 2)
    gate, yard = camera(), camera()
    old = [change(gate, 800 - n, "live") for n in range(5)]
    kept = {change(gate, 400, "offline"), change(gate, 300, "live"), change(yard, 900, "offline")}
    add(Acknowledgement(change_id=old[0], actor="a@example.com"))
    tried = did(forget, is_dry=True)
    assert changes() == kept | set(old)
    assert did(forget).found == tried.found == {"changes": 5}
    assert changes() == kept
    assert db.session.scalar(select(Acknowledgement)) is None
    assert did(forget).found == {}


def test_everything_else_that_is_over_for_a_year_goes() -> None:
    gate = camera()
    said = {"actor": "a@example.com", "reason": "why"}
    for at in (LONG_AGO, NOW - DAY):
        add(
            ImageFinding(camera_id=gate.id, finding="black", raised_at=at, cleared_at=at),
            Report(name="Week", period="week", starts_at=at, ends_at=at, finished_at=at),
            HousekeepingRun(task="health", started_at=at, finished_at=at),
            Mute(camera_id=gate.id, ends_at=at, **said),
            MaintenanceWindow(camera_id=gate.id, reason="why", starts_at=at, minutes=5),
            HealthHour(camera_id=gate.id, hour=at.replace(minute=0, second=0, microsecond=0), good=1, failed=0, ours=0),
        )
    tried = did(forget, is_dry=True)
    assert did(forget).found == tried.found == {
        "findings": 1, "reports": 1, "runs": 1, "mutes": 1, "windows": 1, "hours": 1,
    }  # fmt: skip
    assert did(forget).found == {}


def test_what_still_holds_stays_however_old_it_is() -> None:
    gate = camera()
    add(
        ImageFinding(camera_id=gate.id, finding="black", raised_at=LONG_AGO),
        Mute(camera_id=gate.id, ends_at=NOW + DAY, created_at=LONG_AGO, actor="a", reason="why"),
        MaintenanceWindow(camera_id=gate.id, reason="why", starts_at=LONG_AGO, minutes=5, weekdays=1),
    )
    assert did(forget).found == {}
