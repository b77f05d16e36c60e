"""The demo's past: the same at every first start, without a contradiction, and true where it meets the present."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from simulator.fleet import DemoCamera, demo_cameras
from webapp import demo, demo_past
from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, CameraHealth, HealthDay, HealthHour, Status, StatusChange
from webapp.outcomes import Outcome
from webapp.services import availability, history, rollups, status_counts, timeline
from webapp.services.shown import shown_status
from webapp.services.time_axis import Axis

NOW = datetime(2026, 11, 22, 5, 42, 17, tzinfo=UTC)
WEEK = Axis(NOW - timedelta(days=7), NOW)


FLEET = demo_cameras("127.0.0.1", 8554)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the past is kept once it was made."""
    return tmp_path_factory.mktemp("past")


@pytest.fixture
def fleet(app: Flask, folder: Path) -> list[DemoCamera]:
    kept, used = folder / "camkeeper.db", settings.DATA_DIR / "camkeeper.db"
    if kept.exists():
        db.session.remove()
        db.engine.dispose()
        shutil.copy(kept, used)
        return FLEET
    demo.enter_fleet(NOW)
    demo_past.write(FLEET, NOW)
    db.session.execute(db.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    db.session.commit()
    shutil.copy(used, kept)
    return FLEET


def cameras() -> dict[str, Camera]:
    return {camera.rtsp_url: camera for camera in db.session.scalars(select(Camera))}


def told(url: str) -> list[tuple[datetime, str, str, str | None]]:
    query = select(StatusChange).where(StatusChange.camera_id == cameras()[url].id).order_by(StatusChange.at)
    return [(change.at, change.old, change.new, change.reason) for change in db.session.scalars(query)]


def test_it_is_written_once(fleet: list[DemoCamera]) -> None:
    before = db.session.scalar(select(func.count(StatusChange.id)))
    assert demo_past.write(fleet, NOW + timedelta(days=1)) == 0
    assert db.session.scalar(select(func.count(StatusChange.id))) == before


def test_every_change_begins_where_the_one_before_it_ended(fleet: list[DemoCamera]) -> None:
    for camera in fleet:
        story = told(camera.url)
        assert all(earlier[0] < later[0] and earlier[2] == later[1] for earlier, later in pairwise(story)), camera.name
        assert story[0][0] > cameras()[camera.url].created_at


def test_the_audit_tells_when_its_cameras_were_added(fleet: list[DemoCamera]) -> None:
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "camera.create"))
    added = {entry.camera_id: entry.at for entry in entries}
    assert added == {camera.id: camera.created_at for camera in cameras().values()}
    assert set(added.values()) == {demo_past.begin(NOW)}


def test_it_ends_with_what_the_fleet_really_does(fleet: list[DemoCamera]) -> None:
    found = cameras()
    for camera in fleet:
        stored = found[camera.url]
        assert shown_status(stored, NOW) == told(camera.url)[-1][2]
        if camera.expected_state == "offline" and not camera.varies:
            assert (stored.status, stored.outcome) == ("offline", camera.expected_outcome)
        else:
            assert stored.status == "live"


def test_last_week_tells_a_story(fleet: list[DemoCamera]) -> None:
    found = availability.of_cameras(list(cameras().values()), WEEK.start, WEEK.end, NOW)
    whole = availability.together(found.values())
    assert 0.9 < (whole.uptime or 0) < 0.995
    assert 0.99 < (whole.measured or 0) < 1
    assert whole.outages > 40
    statuses = Counter(db.session.scalars(select(StatusChange.new)))
    assert set(statuses) == {"live", "offline", "degraded", "unknown", "maintenance"}
    assert len(set(db.session.scalars(select(StatusChange.reason))) - {None}) > 8


def test_counts_and_strips_agree_on_it(fleet: list[DemoCamera]) -> None:
    counted: Counter[str] = Counter()
    for row in status_counts.count(status_counts.of_cameras(), WEEK.cells(), NOW).values():
        counted.update(row.total())
    drawn: Counter[str] = Counter()
    for intervals in timeline.spans(list(cameras().values()), WEEK.start, WEEK.end, NOW).values():
        for interval in intervals:
            drawn[interval.status] += round((interval.end - interval.start).total_seconds())
    assert dict(counted) == pytest.approx(dict(drawn), abs=len(fleet))


def test_charts_have_a_day_of_readings_and_a_week_of_hours(fleet: list[DemoCamera]) -> None:
    camera = next(found for url, found in cameras().items() if url.endswith("/car-park-2"))
    day = history.series(camera.id, NOW - timedelta(hours=24), NOW, NOW).points
    assert len(day) > 1380
    assert len(history.series(camera.id, NOW - timedelta(days=7), NOW, NOW).points) > 160
    assert {outcome for (outcome,) in db.session.execute(select(CameraHealth.outcome).distinct())} > {1}


def test_roll_ups_go_on_from_it(fleet: list[DemoCamera]) -> None:
    assert rollups.roll_up(NOW) <= 4
    hours = select(HealthHour.hour, func.count()).group_by(HealthHour.hour)
    numbers = [number for _, number in db.session.execute(hours.order_by(HealthHour.hour))]
    assert set(numbers) == {len(fleet)}
    assert len(numbers) == 8 * 24
    assert len(set(db.session.scalars(select(HealthDay.day)))) == 7


def test_what_it_says_of_the_switch_in_the_works_is_the_same_at_every_start(fleet: list[DemoCamera]) -> None:
    begun = select(StatusChange.at, Camera.name).join(Camera, Camera.id == StatusChange.camera_id)
    begun = begun.where(StatusChange.at.between(NOW - timedelta(hours=51), NOW - timedelta(hours=49)))
    names = {name for _, name in db.session.execute(begun.where(StatusChange.reason == Outcome.TIMEOUT))}
    assert {"Loading ramp", "Paint shop door", "Car park"} <= names
    offline = select(func.count(StatusChange.id)).where(StatusChange.new == Status.OFFLINE)
    assert db.session.scalar(offline) == 51
