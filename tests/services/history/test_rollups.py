"""Hours and days in one row: the same on both databases, the same when done again, and nothing left out."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects import postgresql

from tests.services.history.conftest import AddCamera, AddReadings
from webapp.extensions import db
from webapp.models import OUTCOME_CODES, Camera, CameraHealth, HealthDay, HealthHour
from webapp.outcomes import Outcome
from webapp.services import rollups
from webapp.services.digest import Raw, digest
from webapp.services.rollups import DAYS, FIELDS, HOURS, roll_up

NOW = datetime(2026, 11, 22, 12, 4, tzinfo=UTC)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = datetime(2026, 11, 22, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def hours() -> dict[datetime, int]:
    """Start of the hour → good checks of all cameras."""
    found: Counter[datetime] = Counter()
    for row in db.session.scalars(select(HealthHour).execution_options(populate_existing=True)):
        found[row.hour] += row.good
    db.session.commit()
    return dict(sorted(found.items()))


def days() -> dict[str, int]:
    rows = db.session.scalars(select(HealthDay).order_by(HealthDay.day).execution_options(populate_existing=True))
    found = {row.day.isoformat(): row.good for row in rows}
    db.session.commit()
    return found


def test_every_hour_that_is_over_gets_a_row_for_each_camera(add_camera: AddCamera, add_readings: AddReadings) -> None:
    for _ in range(2):
        add_readings(add_camera(), [NOON - 2 * HOUR, NOON - HOUR, NOON - MINUTE, NOON])
    roll_up(NOW)
    assert hours() == {NOON - 2 * HOUR: 2, NOON - HOUR: 4}
    assert days() == {}


def test_doing_it_again_changes_nothing(add_camera: AddCamera, add_readings: AddReadings) -> None:
    add_readings(add_camera(), [NOON - DAY, NOON - 2 * HOUR, NOON - HOUR])
    roll_up(NOW)
    before = hours(), days()
    roll_up(NOW)
    assert (hours(), days()) == before
    assert before[1] == {"2026-11-21": 1}


@pytest.mark.parametrize(("late", "counted"), [(119 * MINUTE, 2), (4 * HOUR, 1)])
def test_a_late_reading_counts_for_two_hours(
    add_camera: AddCamera, add_readings: AddReadings, late: timedelta, counted: int
) -> None:
    camera_id = add_camera()
    add_readings(camera_id, [NOON - MINUTE])
    done = NOON + 4 * MINUTE
    while done < NOON + late:
        add_readings(camera_id, [done])
        roll_up(done)
        done += HOUR
    add_readings(camera_id, [NOON - 2 * MINUTE, done])
    roll_up(done)
    assert hours()[NOON - HOUR] == counted


def test_a_late_reading_counts_for_its_day_as_for_its_hour(add_camera: AddCamera, add_readings: AddReadings) -> None:
    camera_id = add_camera()
    add_readings(camera_id, [TODAY - 2 * MINUTE, TODAY])
    roll_up(TODAY + HOUR + 4 * MINUTE)
    add_readings(camera_id, [TODAY - MINUTE])
    roll_up(TODAY + 2 * HOUR + 4 * MINUTE)
    assert (hours()[TODAY - HOUR], days()["2026-11-21"]) == (2, 2)


def test_a_pause_is_caught_up_with(add_camera: AddCamera, add_readings: AddReadings) -> None:
    camera_id = add_camera()
    add_readings(camera_id, [NOON - 9 * DAY, NOON - 8 * DAY])
    roll_up(NOW - 8 * DAY)
    add_readings(camera_id, [NOON - 8 * DAY + 2 * MINUTE, NOON - 3 * DAY, NOON - HOUR])
    roll_up(NOW)
    assert hours() == {NOON - 9 * DAY: 1, NOON - 8 * DAY: 2, NOON - 3 * DAY: 1, NOON - HOUR: 1}
    assert days() == {"2026-11-13": 1, "2026-11-14": 2, "2026-11-19": 1}


def test_it_works_in_pieces_the_oldest_first(add_camera: AddCamera, add_readings: AddReadings) -> None:
    add_readings(add_camera(), [NOON - n * HOUR for n in range(1, 40)])
    assert roll_up(NOW, most=5) == 5
    assert list(hours()) == [NOON - n * HOUR for n in range(39, 34, -1)]
    assert days() == {}
    while roll_up(NOW, most=20) == 20:
        pass
    assert len(hours()) == 39
    assert days() == {"2026-11-20": 3, "2026-11-21": 24}


def test_the_year_of_a_clock_that_was_wrong_costs_no_year_of_work(
    add_camera: AddCamera, add_readings: AddReadings
) -> None:
    camera_id = add_camera()
    add_readings(camera_id, [datetime(1970, 1, 1, 0, 1, tzinfo=UTC), NOON - HOUR, NOW + 900 * DAY])
    assert roll_up(NOW) == 3
    assert list(hours()) == [datetime(1970, 1, 1, tzinfo=UTC), NOON - HOUR]


def test_what_a_fast_clock_rolled_up_too_early_is_done_again(add_camera: AddCamera, add_readings: AddReadings) -> None:
    camera_id = add_camera()
    add_readings(camera_id, [NOON - HOUR, NOON, NOON + 30 * MINUTE])
    roll_up(NOW + HOUR)
    add_readings(camera_id, [NOON + 31 * MINUTE])
    roll_up(NOW + HOUR)
    assert hours() == {NOON - HOUR: 1, NOON: 3}


def test_without_readings_there_is_nothing_to_do(either_app: Flask) -> None:
    assert roll_up(NOW) == 0


def test_a_roll_up_outlives_its_readings(add_camera: AddCamera, add_readings: AddReadings) -> None:
    add_readings(add_camera(), [NOON - DAY, NOON - HOUR])
    roll_up(NOW)
    db.session.execute(delete(CameraHealth))
    db.session.commit()
    roll_up(NOW)
    assert (len(hours()), days()) == (2, {"2026-11-21": 1})


def test_a_deleted_camera_takes_its_roll_ups_along(add_camera: AddCamera, add_readings: AddReadings) -> None:
    add_readings(add_camera(), [NOON - DAY, NOON - HOUR])
    roll_up(NOW)
    db.session.execute(delete(Camera))
    db.session.commit()
    assert (hours(), days()) == ({}, {})


MEASURED = st.none() | st.floats(0.125, 60_000, width=32)
READINGS = st.lists(st.tuples(st.sampled_from(list(Outcome)), MEASURED, MEASURED), min_size=1, max_size=40)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(readings=READINGS)
def test_both_databases_compute_what_the_definition_says(either_app: Flask, readings: list[tuple[Any, ...]]) -> None:
    _store_alone(readings)
    rollups.compute(HOURS, NOON)
    rollups.compute(DAYS, TODAY)
    for model in (HealthHour, HealthDay):
        row = db.session.scalars(select(model)).one()
        found, promised = {name: getattr(row, name) for name in FIELDS}, oracle(readings)
        assert {name for name in FIELDS if found[name] is None} == {name for name in FIELDS if promised[name] is None}
        assert [v for v in found.values() if v] == pytest.approx([v for v in promised.values() if v], rel=1e-5)


def _store_alone(readings: list[tuple[Any, ...]]) -> None:
    db.session.rollback()
    db.session.execute(delete(Camera))
    db.session.execute(insert(Camera).values(id="c", name="Gate", rtsp_url="rtsp://10.0.0.1/1"))
    rows = [
        {"camera_id": "c", "tick": NOON + n * MINUTE, "last_check": NOON, "outcome": OUTCOME_CODES[outcome]}
        | {"is_connected": outcome is Outcome.ONLINE, "latency_ms": latency, "fps_actual": fps}
        for n, (outcome, latency, fps) in enumerate(readings)
    ]
    db.session.execute(insert(CameraHealth), rows)
    db.session.commit()


def oracle(readings: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Word by word what the columns promise."""
    failed = [OUTCOME_CODES[o] for o, _, _ in readings if o is not Outcome.ONLINE and not o.is_ours]
    good = [ms for o, ms, _ in readings if o is Outcome.ONLINE and ms is not None]
    rates = [fps for _, _, fps in readings if fps is not None]
    cuts = statistics.quantiles(good, n=100, method="inclusive") if len(good) > 1 else good * 99
    return {
        "good": sum(o is Outcome.ONLINE for o, _, _ in readings),
        "failed": len(failed),
        "ours": sum(o.is_ours for o, _, _ in readings),
        "worst_outcome": min((-failed.count(code), code) for code in failed)[1] if failed else None,
        "latency_p50_ms": cuts[49] if good else None,
        "latency_p95_ms": cuts[94] if good else None,
        "fps_low": min(rates, default=None),
        "fps_mean": sum(rates) / len(rates) if rates else None,
    }


@given(readings=READINGS)
def test_every_reading_is_good_failed_or_ours(readings: list[tuple[Any, ...]]) -> None:
    found = digest([Raw(OUTCOME_CODES[o], o is Outcome.ONLINE, ms, fps) for o, ms, fps in readings])
    assert found.good + found.failed + found.ours == len(readings)
    assert (found.worst_outcome is None) == (found.failed == 0)


@pytest.mark.parametrize("either_app", ["postgresql"], indirect=True)
@pytest.mark.parametrize("grain", [HOURS, DAYS])
def test_no_roll_up_reads_the_whole_table(
    add_camera: AddCamera, add_readings: AddReadings, grain: rollups.Grain
) -> None:
    for _ in range(20):
        add_readings(add_camera(), [TODAY + n * MINUTE for n in range(0, 1440, 2)])
    db.session.execute(text("ANALYZE camera_health"))
    plan = explained(rollups.insert_digests(grain, NOON if grain is HOURS else TODAY))
    assert "Index" in plan
    assert "Seq Scan on camera_health" not in plan


def explained(statement: Any) -> str:
    compiled = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    found = "\n".join(db.session.scalars(text("EXPLAIN " + str(compiled).replace(":", "\\:"))))
    db.session.rollback()
    return found
