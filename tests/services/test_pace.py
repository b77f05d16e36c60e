"""How often each camera is checked: ticks, slots, and what a changed interval does to a check that is far away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from webapp.extensions import db
from webapp.models import Camera, CameraGroup, new_id
from webapp.services import pace

TICK = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def slots(camera_id: str, interval: timedelta, count: int) -> list[datetime]:
    found = [TICK]
    while len(found) <= count:
        found.append(pace.next_slot(camera_id, found[-1], interval))
    return found[1:]


@pytest.mark.usefixtures("app")
@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=st.integers(5, 86400), camera_id=st.uuids().map(str), ticks=st.integers(0, 10_000))
def test_the_next_check_is_a_later_tick_at_most_one_interval_away(seconds: int, camera_id: str, ticks: int) -> None:
    tick = TICK + ticks * MINUTE
    wait = pace.next_slot(camera_id, tick, timedelta(seconds=seconds)) - tick
    assert wait % MINUTE == timedelta(0)
    assert MINUTE <= wait < timedelta(seconds=max(seconds, 60)) + MINUTE


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("seconds", [5, 59, 60])
def test_an_interval_no_longer_than_a_tick_means_every_tick(seconds: int) -> None:
    assert slots(new_id(), timedelta(seconds=seconds), 5) == [TICK + n * MINUTE for n in range(1, 6)]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("interval", [timedelta(seconds=s) for s in (61, 90, 300, 420, 3600)])
def test_an_interval_is_kept_on_average_also_when_no_tick_falls_on_it(interval: timedelta) -> None:
    found = slots(new_id(), interval, 300)
    assert abs(found[-1] - found[0] - 299 * interval) < MINUTE


@pytest.mark.usefixtures("app")
def test_cameras_of_one_long_interval_are_spread_evenly_over_its_ticks() -> None:
    ticks = Counter(pace.next_slot(new_id(), TICK, timedelta(minutes=10)) for _ in range(5000))
    assert len(ticks) == 10
    assert max(ticks.values()) < 1.3 * min(ticks.values())


@pytest.fixture
def make(either_app: Flask) -> Callable[..., Any]:
    def add(row: Any) -> Any:
        db.session.add(row)
        db.session.commit()
        return row

    return add


def camera(**fields: Any) -> Camera:
    usual = {"name": "Gate", "rtsp_url": "rtsp://10.20.4.14/s", "status": "live", "next_due_at": TICK + DAY}
    return Camera(**(usual | fields))


def test_the_nearest_group_with_an_interval_decides(make: Callable[..., Any]) -> None:
    site = make(CameraGroup(name="Site A", check_interval_seconds=600))
    hall = make(CameraGroup(name="Hall", parent_id=site.id))
    door = make(CameraGroup(name="Door", parent_id=hall.id, check_interval_seconds=300))
    paces = pace.read()
    assert paces.interval(camera(group_id=hall.id)) == 10 * MINUTE
    assert paces.interval(camera(group_id=door.id)) == 5 * MINUTE
    assert paces.interval(camera(group_id=door.id, check_interval_seconds=120)) == 2 * MINUTE
    assert paces.interval(camera()) == MINUTE


def due_after(change: Callable[[], Any], *where: Any) -> datetime:
    change()
    db.session.flush()
    pace.reschedule(TICK + timedelta(seconds=20), *where)
    db.session.commit()
    db.session.expire_all()
    found: datetime = db.session.query(Camera).one().next_due_at
    return found


def test_a_group_whose_interval_becomes_shorter_has_its_cameras_checked_soon(make: Callable[..., Any]) -> None:
    group = make(CameraGroup(name="Site A", check_interval_seconds=86400))
    make(camera(group_id=group.id))
    due = due_after(lambda: setattr(group, "check_interval_seconds", 60), Camera.group_id == group.id)
    assert due == TICK + MINUTE


def test_a_longer_interval_leaves_the_next_check_where_it_is(make: Callable[..., Any]) -> None:
    group = make(CameraGroup(name="Site A"))
    make(camera(group_id=group.id, next_due_at=TICK + MINUTE))
    due = due_after(lambda: setattr(group, "check_interval_seconds", 86400), Camera.group_id == group.id)
    assert due == TICK + MINUTE


def test_a_camera_that_rejects_its_password_is_not_asked_sooner(make: Callable[..., Any]) -> None:
    group = make(CameraGroup(name="Site A", check_interval_seconds=86400))
    later = TICK + timedelta(hours=1)
    make(camera(group_id=group.id, outcome="auth_failed", auth_failures=3, next_due_at=later))
    due = due_after(lambda: setattr(group, "check_interval_seconds", 60), Camera.group_id == group.id)
    assert due == later
