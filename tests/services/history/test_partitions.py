"""Days of readings: made ahead, moved out of the default partition, dropped whole, and nothing refused or lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from tests.services.history.conftest import AddCamera, AddReadings
from webapp.extensions import db
from webapp.models import CameraHealth, HealthDay
from webapp.outcomes import Outcome, Reading
from webapp.services import partitions
from webapp.services.readings import record
from webapp.services.sweep_plan import claim

NOW = datetime(2026, 11, 22, 5, 42, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TODAY = NOW.date()


on_postgres = pytest.mark.parametrize("either_app", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def _no_partitions(either_app: Flask) -> Iterator[None]:
    """The database outlives a test, and so would its partitions."""
    yield
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        for day in partitions._partitions():
            db.session.execute(text(f"DROP TABLE {partitions._name(day)}"))
        db.session.commit()


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(CameraHealth)) or 0


def homes() -> set[str]:
    """The partitions that hold readings."""
    found = set(db.session.scalars(text("SELECT DISTINCT tableoid::regclass::text FROM camera_health")))
    db.session.commit()
    return found


def rolled_up(camera_id: str, day: date) -> None:
    counts = {"good": 1, "failed": 0, "ours": 0}
    db.session.add(HealthDay(camera_id=camera_id, day=day, **counts))
    db.session.commit()


@on_postgres
def test_today_and_the_days_ahead_are_made_once() -> None:
    assert partitions.make_ahead(NOW, days=3) == [TODAY + n * DAY for n in range(4)]
    assert partitions.make_ahead(NOW, days=3) == []
    assert partitions.make_ahead(NOW + DAY, days=3) == [TODAY + 4 * DAY]


@on_postgres
def test_two_that_make_them_at_once_do_not_disturb_each_other(either_app: Flask) -> None:
    def make(_number: int) -> list[date]:
        with either_app.app_context():
            return partitions.make_ahead(NOW, days=3)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(make, range(2))
    assert sorted(first + second) == [TODAY + n * DAY for n in range(4)]


@on_postgres
def test_a_reading_without_partition_is_kept_and_moves_when_there_is_one(
    add_camera: AddCamera, add_readings: AddReadings
) -> None:
    camera_id = add_camera()
    add_readings(camera_id, [NOW - 2 * DAY, NOW, NOW + 30 * DAY])
    assert homes() == {"camera_health_default"}
    made = partitions.make_ahead(NOW, days=1)
    assert made == [TODAY - 2 * DAY, TODAY, TODAY + DAY]
    assert homes() == {"camera_health_20261120", "camera_health_20261122", "camera_health_default"}
    assert rows() == 3


@on_postgres
def test_a_reading_stands_in_the_day_of_its_tick_in_utc(add_camera: AddCamera, add_readings: AddReadings) -> None:
    partitions.make_ahead(NOW, days=1)
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    db.session.execute(text("SET TIME ZONE 'Australia/Sydney'"))
    add_readings(add_camera(), [midnight - MINUTE, midnight])
    assert homes() == {"camera_health_20261122", "camera_health_20261123"}


@on_postgres
def test_while_others_hold_the_table_it_is_left_for_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(partitions, "PATIENCE", "50ms")
    with db.engine.connect() as other, other.begin():
        other.execute(text("SELECT count(*) FROM camera_health_default"))
        assert partitions.make_ahead(NOW, days=0) == []
    assert "is made later" in caplog.text
    assert partitions.make_ahead(NOW, days=0) == [TODAY]


@on_postgres
def test_a_deleted_camera_takes_its_readings_with_it(add_camera: AddCamera, add_readings: AddReadings) -> None:
    partitions.make_ahead(NOW, days=1)
    camera_id = add_camera()
    add_readings(camera_id, [NOW, NOW + DAY, NOW + 9 * DAY])
    db.session.execute(text("DELETE FROM cameras"))
    db.session.commit()
    assert rows() == 0


def test_days_before_names_whole_days_only(add_camera: AddCamera, add_readings: AddReadings) -> None:
    add_readings(add_camera(), [NOW - 40 * DAY, NOW - 3 * DAY, NOW - DAY, NOW])
    assert partitions.days_before(NOW) == [TODAY - 40 * DAY, TODAY - 3 * DAY, TODAY - DAY]
    assert partitions.days_before(NOW - 3 * DAY) == [TODAY - 40 * DAY]
    assert partitions.days_before(datetime(2026, 11, 20, tzinfo=UTC)) == [TODAY - 40 * DAY, TODAY - 3 * DAY]


@pytest.mark.parametrize("is_made", [True, False])
def test_dropping_a_day_deletes_it_and_nothing_else(
    add_camera: AddCamera, add_readings: AddReadings, is_made: bool
) -> None:
    camera_id = add_camera()
    if is_made:
        partitions.make_ahead(NOW - DAY, days=1)
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    add_readings(camera_id, [midnight - MINUTE, midnight, midnight + DAY - MINUTE, midnight + DAY])
    rolled_up(camera_id, midnight.date())
    assert partitions.extent(midnight.date()).rows == 2
    assert partitions.drop(midnight.date()).rows == 2
    ticks = db.session.scalars(select(CameraHealth.tick).order_by(CameraHealth.tick)).all()
    assert ticks == [midnight - MINUTE, midnight + DAY]
    assert partitions.drop(midnight.date()).rows == 0


def test_a_day_that_is_not_rolled_up_stays(add_camera: AddCamera, add_readings: AddReadings) -> None:
    camera_id = add_camera()
    add_readings(camera_id, [NOW - DAY])
    rolled_up(camera_id, (NOW - 2 * DAY).date())
    with pytest.raises(partitions.NotRolledUp):
        partitions.drop((NOW - DAY).date())
    assert rows() == 1


@on_postgres
def test_the_size_of_a_day_is_known_where_it_is_a_partition(add_camera: AddCamera, add_readings: AddReadings) -> None:
    partitions.make_ahead(NOW, days=0)
    add_readings(add_camera(), [NOW])
    found = partitions.extent(TODAY)
    assert found.rows == 1
    assert found.bytes


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 3), st.booleans()), max_size=25),
    made_after=st.integers(0, 25),
)
def test_a_camera_never_has_two_results_of_one_tick(
    add_camera: AddCamera, written: list[tuple[int, int, bool]], made_after: int
) -> None:
    """Whatever is written how often, late or early, and whenever its partition is made: the last one stands."""
    camera_id, last = add_camera(next_due_at=NOW), {}
    for number, (day, minute, is_good) in enumerate(written):
        if number == made_after:
            partitions.make_ahead(NOW, days=1)
        tick = NOW.replace(second=0) + day * DAY + minute * MINUTE
        outcome = Outcome.ONLINE if is_good else Outcome.TIMEOUT
        record(tick, [(claimed, Reading(tick, outcome)) for claimed in claim([camera_id], tick, tick, force=True)])
        last[tick] = is_good
    stored = select(CameraHealth.tick, CameraHealth.is_connected).where(CameraHealth.camera_id == camera_id)
    found = db.session.execute(stored).all()
    assert len(found) == len(last)
    assert dict(map(tuple, found)) == last
