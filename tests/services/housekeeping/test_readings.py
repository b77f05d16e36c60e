"""Raw readings that have had their time: whole days, never without roll-ups, and not those that are kept longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.services.housekeeping.conftest import camera, did
from webapp.extensions import db
from webapp.models import OUTCOME_CODES, Camera, CameraGroup, CameraHealth, HealthDay, new_id
from webapp.outcomes import Outcome
from webapp.services import partitions, rollups
from webapp.services.housekeeping.readings import drop

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("either_app")


@pytest.fixture(autouse=True)
def _no_partition_stays(either_app: Flask) -> None:
    for day in partitions.days_before(NOW + DAY):
        partitions.drop(day)


def read_on(of: Camera, *days_ago: int, times: int = 3) -> None:
    for days in days_ago:
        noon = datetime.combine((NOW - days * DAY).date(), time(12), UTC)
        for minute in range(times):
            tick = noon + timedelta(minutes=minute)
            row = CameraHealth(camera_id=of.id, tick=tick, last_check=tick, is_connected=True)
            row.outcome = OUTCOME_CODES[Outcome.ONLINE]
            db.session.add(row)
    db.session.commit()


def days_of(of: Camera) -> list[int]:
    """How many days ago there are readings of it."""
    ticks = db.session.scalars(select(CameraHealth.tick).where(CameraHealth.camera_id == of.id))
    found = sorted({(NOW.date() - tick.date()).days for tick in ticks})
    db.session.commit()
    return found


def roll_up() -> None:
    partitions.make_ahead(NOW)
    rollups.roll_up(NOW)


def test_days_beyond_the_retention_go_and_their_figures_stay() -> None:
    gate = camera()
    read_on(gate, 45, 31, 30, 29, 1)
    roll_up()
    tried = did(drop, is_dry=True, now=NOW)
    assert (tried.found["days"], tried.found["readings"]) == (2, 6)
    assert days_of(gate) == [1, 29, 30, 31, 45]
    work = did(drop, now=NOW)
    assert (work.found["days"], work.found["readings"], work.problem) == (2, 6, None)
    assert days_of(gate) == [1, 29, 30]
    assert db.session.scalar(select(func.count()).select_from(HealthDay)) == 5
    assert did(drop, now=NOW).found == {}


def test_a_day_that_is_not_rolled_up_stays_and_that_is_told() -> None:
    gate = camera()
    read_on(gate, 40)
    work = did(drop, now=NOW)
    assert days_of(gate) == [40]
    assert work.problem == f"The readings of {(NOW - 40 * DAY).date()} stay until its hours and the day are rolled up."
    roll_up()
    assert did(drop, now=NOW).found["readings"] == 3


def test_what_a_group_keeps_longer_stays_when_the_day_goes() -> None:
    site = CameraGroup(id=new_id(), name="Site", retention_days=60)
    db.session.add(site)
    kept, short, usual = camera(group_id=site.id), camera(retention_days=3), camera()
    for each in (kept, short, usual):
        read_on(each, 70, 50, 20)
    roll_up()
    tried = did(drop, is_dry=True, now=NOW)
    work = did(drop, now=NOW)
    assert (work.found["readings"], work.found["days"]) == (15, 2)
    assert tried.found["readings"] == 15
    assert (days_of(kept), days_of(short), days_of(usual)) == ([20, 50], [20], [20])
    assert did(drop, now=NOW).found == {}
    read_on(kept, 1)
    assert days_of(kept) == [1, 20, 50], "and it goes on"


def test_a_general_retention_of_pictures_is_nobodys_word_on_checks(
    either_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = either_app.extensions["camkeeper"]
    monkeypatch.setitem(either_app.extensions, "camkeeper", replace(known, RETENTION_DAYS=400))
    read_on(camera(), 40)
    roll_up()
    assert did(drop, now=NOW).found["readings"] == 3


def test_the_days_are_those_of_utc() -> None:
    assert partitions.days_before(NOW) == []
    read_on(camera(), 1)
    assert partitions.days_before(NOW)[-1] == date(2026, 11, 21)
