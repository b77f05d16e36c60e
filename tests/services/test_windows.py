"""Maintenance windows in force: who rests, until when, and what ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import AuditEntry, Camera, CameraGroup, MaintenanceWindow, Role, StatusChange, User, new_id
from webapp.schemas import InvalidInput, WindowInput, parse
from webapp.services import window_acts, windows
from webapp.services.camera_switches import set_maintenance
from webapp.services.rights import EVERYTHING, Scope
from webapp.services.window_acts import GoneMeanwhile

NOW = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
ELEVEN, NOON = NOW.replace(hour=11, second=0), NOW.replace(hour=12, second=0)

pytestmark = pytest.mark.usefixtures("either_app")


@pytest.fixture
def ada() -> User:
    user = User(email="ada@example.com", name="Ada", role=Role.OPERATOR, password_hash="x")
    db.session.add(user)
    db.session.commit()
    return user


def add(name: str = "Gate 2", **fields: Any) -> Camera:
    known = {"rtsp_url": "rtsp://10.0.0.1/a", "status": "live", "next_due_at": NOW + HOUR, "status_since": NOW - HOUR}
    camera = Camera(**({"id": new_id(), "name": name} | known | fields))
    db.session.add(camera)
    db.session.commit()
    return camera


def group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    found = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(found)
    db.session.commit()
    return found


def given(starts: str = "2026-11-22T10:00", minutes: int = 60, **fields: Any) -> WindowInput:
    return parse(WindowInput, {"group_id": "x", "reason": "works", "starts": starts, "minutes": minutes} | fields)


def rests_until(camera: Camera) -> datetime | None:
    db.session.refresh(camera)
    db.session.commit()
    return camera.maintenance_until


def changes() -> list[tuple[str, str]]:
    return [(c.old, c.new) for c in db.session.scalars(select(StatusChange).order_by(StatusChange.at))]


def test_everything_beneath_the_group_rests_and_the_history_learns_it(ada: User) -> None:
    yard = group("Yard")
    inside, outside = add("inside", group_id=group("Gate", yard).id), add("outside")
    window_acts.create(given("2026-11-22T11:00"), yard, ada, NOW)
    assert (windows.apply(NOW), rests_until(inside)) == (0, None)
    assert windows.apply(ELEVEN) == 1
    assert (rests_until(inside), rests_until(outside)) == (NOON, None)
    assert changes() == [("live", "maintenance")]


def test_a_tick_that_runs_twice_changes_nothing(ada: User) -> None:
    window_acts.create(given(), camera := add(), ada, NOW)
    assert windows.apply(NOW) == windows.apply(NOW + timedelta(minutes=1)) == 0
    assert (rests_until(camera), changes()) == (ELEVEN, [("live", "maintenance")])


def test_a_camera_that_comes_into_the_group_meanwhile_is_covered(ada: User) -> None:
    yard = group("Yard")
    window_acts.create(given(), yard, ada, NOW)
    late = add("late", group_id=yard.id)
    assert windows.apply(NOW + timedelta(minutes=5)) == 1
    assert rests_until(late) == ELEVEN


def test_without_an_open_window_a_tick_costs_one_query(ada: User) -> None:
    window_acts.create(given("2026-12-01T10:00"), add(), ada, NOW)
    with counted_queries() as queries:
        windows.apply(NOW)
    assert len(queries) == 1


def test_a_longer_maintenance_by_hand_is_not_shortened(ada: User) -> None:
    camera = add()
    set_maintenance(camera, NOON + HOUR, NOW, EVERYTHING)
    window = window_acts.create(given(), camera, ada, NOW)
    assert rests_until(camera) == NOON + HOUR
    window_acts.end_now(window, camera, NOW + timedelta(minutes=5))
    assert rests_until(camera) == NOON + HOUR


def test_overlapping_windows_are_one_maintenance(ada: User) -> None:
    camera, yard = add(), group("Yard")
    camera.group_id = yard.id
    db.session.commit()
    window_acts.create(given(), camera, ada, NOW)
    other = window_acts.create(given("2026-11-22T10:30", 90), yard, ada, NOW)
    windows.apply(NOW + timedelta(minutes=1))
    assert rests_until(camera) == NOON
    window_acts.delete(other, yard, NOW + timedelta(minutes=2))
    assert rests_until(camera) == ELEVEN
    assert changes() == [("live", "maintenance")]


@pytest.mark.parametrize("act", ["end", "delete"])
def test_ending_or_deleting_a_window_ends_its_maintenance(ada: User, act: str) -> None:
    camera = add()
    window = window_acts.create(given(), camera, ada, NOW)
    end = window_acts.end_now if act == "end" else window_acts.delete
    end(window, camera, NOW + timedelta(minutes=5))
    assert rests_until(camera) is None
    assert changes() == [("live", "maintenance"), ("maintenance", "live")]
    assert windows.apply(NOW + timedelta(minutes=6)) == 0
    acts = [entry.action for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.at))]
    assert acts == ["window.create", f"window.{act}"]


def test_a_weekly_window_that_is_ended_comes_again_next_time(ada: User) -> None:
    camera = add()
    window = window_acts.create(given(weekdays=(6,)), camera, ada, NOW)
    window_acts.end_now(window, camera, NOW + timedelta(minutes=5))
    assert rests_until(camera) is None
    assert windows.apply(NOW + timedelta(minutes=10)) == 0
    assert windows.apply(NOW + timedelta(days=7)) == 1


def test_a_camera_that_somebody_took_out_stays_out_until_the_next_window(ada: User) -> None:
    camera = add()
    window_acts.create(given(weekdays=(0, 6)), camera, ada, NOW)
    set_maintenance(camera, None, NOW + timedelta(minutes=5), EVERYTHING)
    assert windows.apply(NOW + timedelta(minutes=6)) == 0
    assert windows.apply(NOW + timedelta(days=1)) == 1


def test_a_tick_reads_no_history_from_before_the_window(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = add()
    long_ago = {"old": "maintenance", "new": "live", "camera_id": camera.id}
    db.session.add_all([StatusChange(at=NOW - n * HOUR, **long_ago) for n in range(1, 5)])
    db.session.commit()
    read: list[dict[str, datetime]] = []
    whole = windows._taken_out

    def taken_out(*args: Any) -> dict[str, datetime]:
        read.append(whole(*args))
        return read[-1]

    monkeypatch.setattr(windows, "_taken_out", taken_out)
    window_acts.create(given(), camera, ada, NOW)
    assert read == [{}]
    assert rests_until(camera) == ELEVEN


def test_changing_a_window_changes_the_maintenance_it_made(ada: User) -> None:
    camera = add()
    window = window_acts.create(given(minutes=120), camera, ada, NOW)
    assert rests_until(camera) == NOON
    window_acts.update(window, camera, given(minutes=60), NOW + timedelta(minutes=1))
    assert rests_until(camera) == ELEVEN
    window_acts.update(window, camera, given("2026-11-22T18:00"), NOW + timedelta(minutes=2))
    assert rests_until(camera) is None


def test_one_that_would_be_over_already_is_refused(ada: User) -> None:
    camera = add()
    with pytest.raises(InvalidInput):
        window_acts.create(given("2026-11-22T08:00"), camera, ada, NOW)
    for wrong in ({"minutes": 0}, {"reason": " "}, {"weekdays": (7,)}, {"camera_id": "y"}, {"minutes": 9e9}):
        with pytest.raises(InvalidInput):
            given(**wrong)


def test_what_is_gone_meanwhile_is_said_to_be(ada: User) -> None:
    camera = add()
    window = window_acts.create(given(), camera, ada, NOW)
    db.session.delete(db.session.get_one(Camera, camera.id))
    db.session.commit()
    assert db.session.scalars(select(MaintenanceWindow)).all() == []
    with pytest.raises(GoneMeanwhile):
        window_acts.end_now(window, camera, NOW)
    with pytest.raises(GoneMeanwhile):
        window_acts.create(given(), camera, ada, NOW)


def test_the_plan_tells_what_is_open_what_comes_and_what_was(ada: User) -> None:
    camera, yard = add("Gate"), group("Yard")
    window_acts.create(given(), camera, ada, NOW)
    window_acts.create(given("2026-11-20T10:00", weekdays=(0,)), yard, ada, NOW)
    window_acts.create(given("2026-11-22T09:00", 61), camera, ada, NOW)
    found = window_acts.plan(NOW + timedelta(minutes=5), EVERYTHING)
    assert [one.target.name for one in found.current] == ["Gate"]
    assert [(one.target.name, one.span.start if one.span else None) for one in found.coming] == [
        ("Yard", datetime(2026, 11, 23, 10, tzinfo=UTC))
    ]
    assert [one.target.name for one in found.past] == ["Gate"]
    mine = window_acts.plan(NOW, Scope(frozenset({yard.id})))
    assert (mine.current, len(mine.coming), mine.past) == ([], 1, [])
    assert len(window_acts.of_camera(camera, NOW + timedelta(minutes=5))) == 1
