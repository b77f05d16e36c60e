"""Uptime counts what was measured, says how much that was, and knows how long repairs took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import event

from webapp.extensions import db
from webapp.models import Camera, StatusChange
from webapp.services.availability import Availability, of_cameras, together

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Stored = Callable[..., Camera]


@pytest.fixture
def stored(make_camera: Callable[..., Camera]) -> Stored:
    """A camera that was live until its history says otherwise, in (hours ago, new status)."""

    def make(*moves: tuple[float, str], **fields: object) -> Camera:
        statuses = ["live", *(status for _, status in moves)]
        known = {"status": statuses[-1], "created_at": NOW - 30 * DAY, "next_due_at": NOW + DAY}
        made = make_camera(**(known | fields))
        for (ago, new), old in zip(moves, statuses, strict=False):
            db.session.add(StatusChange(camera_id=made.id, at=NOW - ago * HOUR, old=old, new=new))
        db.session.commit()
        return made

    return make


def of(camera: Camera, hours: float = 24, until: datetime = NOW) -> Availability:
    return of_cameras([camera], until - hours * HOUR, until, NOW)[camera.id]


def test_it_is_the_share_of_up_in_what_was_measured(stored: Stored) -> None:
    found = of(stored((10, "offline"), (4, "live")))
    assert (found.up_s, found.down_s, found.unknown_s) == (18 * 3600, 6 * 3600, 0)
    assert (found.uptime, found.measured) == (0.75, 1)


def test_degraded_is_up(stored: Stored) -> None:
    assert of(stored((10, "degraded"))).uptime == 1


def test_unknown_is_neither_up_nor_down_and_is_not_measured(stored: Stored) -> None:
    found = of(stored((16, "unknown"), (4, "offline")))
    assert (found.uptime, found.measured) == (8 / 12, 0.5)


def test_maintenance_and_what_is_switched_off_are_not_asked_for(stored: Stored) -> None:
    found = of(stored((16, "maintenance"), (10, "live"), (6, "disabled"), (2, "offline")))
    assert found.excluded_s == 10 * 3600
    assert (found.uptime, found.measured) == (12 / 14, 1)


def test_a_camera_that_waits_for_its_first_check_is_not_measured(stored: Stored) -> None:
    found = of(stored(status="idle", created_at=NOW - 6 * HOUR))
    assert (found.uptime, found.measured, found.unknown_s) == (None, 0, 6 * 3600)


def test_a_period_without_anything_has_no_percentage(stored: Stored) -> None:
    assert astuple(of(stored(created_at=NOW - DAY), 24, NOW - 7 * DAY)) == (0,) * 7
    found = of_cameras([stored()], NOW + DAY, NOW + 2 * DAY, NOW)
    assert [(a.uptime, a.measured, a.mean_time_to_repair) for a in found.values()] == [(None, None, None)]


def test_repairs_are_as_long_as_the_outages_truly_were(stored: Stored) -> None:
    found = of(stored((30, "offline"), (22, "live"), (10, "offline"), (8, "live"), (1, "offline")))
    assert (found.outages, found.repaired) == (3, 2)
    assert found.mean_time_to_repair == 5 * HOUR


def test_what_ended_out_of_sight_is_no_repair_whose_time_we_know(stored: Stored) -> None:
    found = of(stored((10, "offline"), (8, "unknown"), (2, "live")))
    assert (found.outages, found.repaired, found.mean_time_to_repair) == (1, 0, None)


def test_an_outage_that_ends_after_the_period_is_not_repaired_in_it(stored: Stored) -> None:
    found = of(stored((40, "offline"), (10, "live")), 24, NOW - DAY)
    assert (found.outages, found.repaired, found.down_s) == (1, 0, 16 * 3600)


def test_many_cameras_are_weighted_by_their_time(stored: Stored) -> None:
    whole, young = stored(), stored((2, "offline"), created_at=NOW - 6 * HOUR)
    fleet = together(of_cameras([whole, young], NOW - DAY, NOW, NOW).values())
    assert fleet.uptime == 28 / 30
    assert fleet.outages == 1
    assert together([]).uptime is None


def test_a_thousand_cameras_cost_as_many_queries_as_one(app: Flask, stored: Stored) -> None:
    made = [stored((n + 1, "offline"), (n, "live")) for n in range(1, 8)]
    queries: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    of_cameras(made[3:4], NOW - 2 * DAY, NOW - 3 * HOUR, NOW)
    one = len(queries)
    of_cameras(made, NOW - 2 * DAY, NOW - 3 * HOUR, NOW)
    assert len(queries) - one <= one <= 6, queries


STATUSES = st.sampled_from(["idle", "live", "degraded", "offline", "unknown", "maintenance"])


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 60), STATUSES), max_size=10, unique_by=lambda move: move[0]))
def test_every_second_counts_once_and_unknown_never_for_uptime(stored: Stored, moves: list[tuple[float, str]]) -> None:
    told = sorted(moves, reverse=True)
    found = of(stored(*told, status="live"))
    assert found.up_s + found.down_s + found.unknown_s + found.excluded_s == 24 * 3600
    without = of(stored(*[(ago, "maintenance" if new == "unknown" else new) for ago, new in told], status="live"))
    assert found.uptime == without.uptime
    assert 0 <= found.repaired <= found.outages
