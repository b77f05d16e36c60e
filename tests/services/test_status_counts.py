"""What the database counts of many cameras is what their strips say one by one."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from webapp.extensions import db
from webapp.models import Camera, CameraGroup, StatusChange, new_id
from webapp.services import status_counts, timeline
from webapp.services.rights import EVERYTHING, Scope
from webapp.services.time_axis import Axis

NOW = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
STATUSES = ("live", "degraded", "offline", "unknown", "maintenance", "disabled")


@pytest.fixture(autouse=True)
def _in_app(either_app: Flask) -> None:
    pass


def group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    made = CameraGroup(id=new_id(), name=name, parent_id=parent.id if parent else None)
    db.session.add(made)
    db.session.flush()
    return made


def camera(*changes: tuple[timedelta, str], first: str = "live", **fields: object) -> Camera:
    """A camera that was `first` and became each of these, so long ago."""
    last = changes[-1][1] if changes else first
    said = {"is_active": last != "disabled"} | ({"maintenance_until": NOW + HOUR} if last == "maintenance" else {})
    kept = last if last in ("live", "degraded", "offline", "idle") else "live"
    usual = {
        "name": "Gate",
        "rtsp_url": "rtsp://10.0.0.1/",
        "next_due_at": NOW + MINUTE,
        "created_at": NOW - 900 * HOUR,
    }
    made = Camera(id=new_id(), status=kept, **(usual | said | fields))
    db.session.add(made)
    db.session.flush()
    old = first
    for ago, new in changes:
        db.session.add(StatusChange(camera_id=made.id, at=NOW - ago, old=old, new=new))
        old = new
    db.session.commit()
    return made


def random_camera(dice: random.Random) -> Camera:
    """As histories are: they tell of a gap only when it is over, and one may be open still."""
    moments = sorted(
        (timedelta(seconds=dice.randrange(7200, 900 * 3600)) for _ in range(dice.randrange(12))), reverse=True
    )
    names = [dice.choice(STATUSES[:3])]
    for number in range(len(moments), 0, -1):
        names.append(dice.choice([s for s in STATUSES if s != names[-1] and (number > 1 or s != "unknown")]))
    lost = {"next_due_at": NOW - timedelta(seconds=dice.randrange(300, 7000))} if dice.random() < 0.3 else {}
    steps = list(zip(moments, names[1:], strict=True))
    return camera(*steps, first=names[0], created_at=NOW - timedelta(hours=dice.choice((901, 901, 1000))), **lost)


def axis(hours: float = 24, ended: timedelta = timedelta(0)) -> Axis:
    return Axis(NOW - ended - timedelta(hours=hours), NOW - ended)


def one_by_one(cameras: list[Camera], window: Axis) -> dict[str, float]:
    found: Counter[str] = Counter()
    for intervals in timeline.spans(cameras, window.start, window.end, NOW).values():
        for i in intervals:
            found[i.status] += (i.end - i.start).total_seconds()
    return dict(found)


def counted(cameras: list[Camera], window: Axis) -> dict[str, float]:
    """Of all these in one row."""
    members = status_counts.of_cameras(Camera.id.in_([camera.id for camera in cameras]))
    rows = status_counts.count(members, window.cells(), NOW).values()
    found: Counter[str] = Counter()
    for row in rows:
        found.update(row.total())
    return dict(found)


def test_a_camera_without_a_change_is_all_day_what_it_is() -> None:
    made = camera(first="offline")
    assert counted([made], axis()) == pytest.approx({"offline": 24 * 3600})


def test_an_outage_counts_in_the_cells_in_which_it_was() -> None:
    made = camera((timedelta(hours=2, minutes=12), "offline"), (timedelta(hours=1, minutes=57), "live"))
    row = status_counts.count(status_counts.of_cameras(Camera.id == made.id), axis().cells(), NOW)[made.id]
    down = {number: cell["offline"] for number, cell in enumerate(row.cells) if cell.get("offline")}
    assert sum(down.values()) == pytest.approx(15 * 60)
    assert row.changes == 2
    assert all(sum(cell.values()) == pytest.approx(900) for cell in row.cells[1:-1])


def test_a_camera_entered_within_the_range_counts_from_then() -> None:
    made = camera((5 * HOUR, "live"), first="idle", created_at=NOW - 6 * HOUR)
    assert counted([made], axis()) == pytest.approx({"idle": 3600, "live": 5 * 3600})
    assert counted([made], axis(2, ended=10 * HOUR)) == {}


def test_what_nobody_measures_any_more_is_unknown() -> None:
    made = camera(next_due_at=NOW - 3 * HOUR)
    assert counted([made], axis()) == pytest.approx(one_by_one([made], axis()))
    assert counted([made], axis())["unknown"] > 2.8 * 3600


def test_maintenance_that_ended_by_itself_ends_here_too() -> None:
    made = camera((3 * HOUR, "maintenance"), maintenance_until=NOW - HOUR)
    assert counted([made], axis()) == pytest.approx({"live": 22 * 3600, "maintenance": 2 * 3600})


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("hours", "ended"), [(24, timedelta(0)), (700, timedelta(0)), (30, timedelta(hours=100))])
def test_many_cameras_are_the_sum_of_their_strips(seed: int, hours: float, ended: timedelta) -> None:
    dice = random.Random(f"{seed} {hours} {ended}")
    made = [random_camera(dice) for _ in range(8)]
    window = axis(hours, ended)
    assert counted(made, window) == pytest.approx(one_by_one(made, window), abs=1)


def test_groups_count_all_beneath_them_as_far_as_the_scope_goes() -> None:
    top = group("Plant")
    inner, other = group("Gate", top), group("Dock", top)
    camera((HOUR, "offline"), group_id=inner.id)
    camera(group_id=other.id)
    camera(group_id=None)
    window = axis()
    whole = status_counts.count(status_counts.of_groups([top.id], EVERYTHING), window.cells(), NOW)
    assert whole[top.id].total() == pytest.approx({"live": 47 * 3600, "offline": 3600})
    scoped = status_counts.count(status_counts.of_groups([top.id], Scope(frozenset([other.id]))), window.cells(), NOW)
    assert scoped[top.id].total() == pytest.approx({"live": 24 * 3600})


def test_however_many_there_are_it_takes_two_queries() -> None:
    for n in range(5):
        camera(*((timedelta(minutes=7 * m + n), ("offline", "live")[m % 2]) for m in range(9, 0, -1)))
    queries: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    assert len(status_counts.count(status_counts.of_cameras(), axis().cells(), NOW)) == 5
    assert len([query for query in queries if query.startswith(("SELECT", "WITH"))]) == 2
