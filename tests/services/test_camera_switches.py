"""Maintenance and switching off: the history, the audit, and what readings make of an end that nobody announced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from webapp.extensions import db
from webapp.models import AuditEntry, Camera, Status, StatusChange
from webapp.schemas import InvalidInput, MaintenanceInput, parse
from webapp.services import live
from webapp.services.camera_switches import set_active, set_maintenance
from webapp.services.cameras import DeletedMeanwhile
from webapp.services.rights import EVERYTHING, Scope
from webapp.services.shown import shown_status, unknown_from
from webapp.services.timeline import spans

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def gate(either_app: Flask) -> Camera:
    camera = Camera(name="Gate", rtsp_url="rtsp://10.20.4.14/s", status="live", next_due_at=NOW + 2 * HOUR)
    db.session.add(camera)
    db.session.commit()
    return camera


def history() -> list[tuple[datetime, str, str]]:
    return [(c.at, c.old, c.new) for c in db.session.scalars(db.select(StatusChange).order_by(StatusChange.at))]


def acts() -> list[str]:
    return list(db.session.scalars(db.select(AuditEntry.action).order_by(AuditEntry.at)))


def test_maintenance_is_history_from_its_beginning_to_its_end(gate: Camera) -> None:
    set_maintenance(gate, NOW + HOUR, NOW, EVERYTHING)
    assert shown_status(gate, NOW) is Status.MAINTENANCE
    set_maintenance(gate, None, NOW + HOUR / 2, EVERYTHING)
    assert shown_status(gate, NOW + HOUR / 2) is Status.LIVE
    assert history() == [(NOW, "live", "maintenance"), (NOW + HOUR / 2, "maintenance", "live")]
    assert acts() == ["camera.maintain", "camera.resume"]


def test_extending_maintenance_moves_its_end_and_adds_nothing_to_the_history(gate: Camera) -> None:
    set_maintenance(gate, NOW + HOUR, NOW, EVERYTHING)
    set_maintenance(gate, NOW + 3 * HOUR, NOW + HOUR / 2, EVERYTHING)
    assert gate.maintenance_until == NOW + 3 * HOUR
    assert history() == [(NOW, "live", "maintenance")]
    [changes] = db.session.scalars(db.select(AuditEntry.changes).where(AuditEntry.at > NOW))
    assert changes == {"maintenance_until": [(NOW + HOUR).isoformat(), (NOW + 3 * HOUR).isoformat()]}


def test_maintenance_that_ran_out_unnoticed_ends_in_the_history_when_it_did(gate: Camera) -> None:
    set_maintenance(gate, NOW + HOUR, NOW, EVERYTHING)
    set_maintenance(gate, NOW + 4 * HOUR, NOW + 2 * HOUR, EVERYTHING)
    assert history() == [
        (NOW, "live", "maintenance"),
        (NOW + HOUR, "maintenance", "live"),
        (NOW + 2 * HOUR, "live", "maintenance"),
    ]


def test_the_time_without_checks_before_it_was_switched_off_is_told(gate: Camera) -> None:
    gate.next_due_at = NOW - 3 * HOUR
    db.session.commit()
    dark = unknown_from(gate)
    set_active(gate, False, NOW, EVERYTHING)
    assert history() == [(dark, "live", "unknown"), (NOW, "unknown", "disabled")]
    set_active(gate, True, NOW + HOUR, EVERYTHING)
    assert history()[2:] == [(NOW + HOUR, "disabled", "live")]


def test_maintenance_that_ends_while_checks_are_missing_leaves_us_knowing_nothing(gate: Camera) -> None:
    gate.created_at, gate.next_due_at = NOW - DAY, NOW - HOUR
    db.session.commit()
    set_maintenance(gate, NOW + HOUR, NOW, EVERYTHING)
    set_maintenance(gate, None, NOW + HOUR / 2, EVERYTHING)
    assert history()[1:] == [(NOW, "unknown", "maintenance"), (NOW + HOUR / 2, "maintenance", "unknown")]
    drawn = spans([gate], NOW - 2 * HOUR, NOW + HOUR, NOW + HOUR)[gate.id]
    assert [i.status for i in drawn][-2:] == ["maintenance", "unknown"]


def test_open_pages_learn_of_it(gate: Camera) -> None:
    live.publish([], status_changed=True)
    before = live.changes_since(0)
    set_maintenance(gate, NOW + HOUR, NOW, EVERYTHING)
    found = live.changes_since(before.seq)
    assert found.status_changed
    assert found.ids == (gate.id,)


@pytest.mark.parametrize("until", [NOW, NOW - HOUR, NOW + timedelta(days=400)])
def test_an_end_that_is_none_is_refused_and_nothing_is_written(gate: Camera, until: datetime) -> None:
    with pytest.raises(InvalidInput) as caught:
        set_maintenance(gate, until, NOW, EVERYTHING)
    assert list(caught.value.problems) == ["until"]
    assert (history(), acts()) == ([], [])


def test_ending_what_has_not_begun_changes_nothing(gate: Camera) -> None:
    set_maintenance(gate, None, NOW, EVERYTHING)
    assert (history(), acts()) == ([], [])


def test_a_camera_is_switched_off_and_on_again_and_then_checked_at_once(gate: Camera) -> None:
    set_active(gate, False, NOW, EVERYTHING)
    set_active(gate, False, NOW, EVERYTHING)
    assert shown_status(gate, NOW) is Status.DISABLED
    set_active(gate, True, NOW + HOUR, EVERYTHING)
    assert (gate.is_active, gate.next_due_at) == (True, NOW + HOUR)
    assert history() == [(NOW, "live", "disabled"), (NOW + HOUR, "disabled", "live")]
    assert acts() == ["camera.disable", "camera.enable"]


def test_an_edit_that_was_open_while_it_was_switched_off_is_told(gate: Camera) -> None:
    version = gate.version
    set_active(gate, False, NOW, EVERYTHING)
    assert gate.version == version + 1


def test_switched_off_during_maintenance_it_is_back_in_it_afterwards(gate: Camera) -> None:
    set_maintenance(gate, NOW + 4 * HOUR, NOW, EVERYTHING)
    set_active(gate, False, NOW + HOUR, EVERYTHING)
    set_active(gate, True, NOW + 2 * HOUR, EVERYTHING)
    assert [new for _, _, new in history()] == ["maintenance", "disabled", "maintenance"]


@pytest.mark.parametrize(
    ("ends", "off", "told"),
    [
        (1, 2, ["maintenance", "live", "disabled", "live"]),
        (2, 1, ["maintenance", "disabled", "live"]),
    ],
)
def test_maintenance_that_ran_out_before_or_while_it_was_off_is_forgotten(
    gate: Camera, ends: int, off: int, told: list[str]
) -> None:
    set_maintenance(gate, NOW + ends * HOUR, NOW, EVERYTHING)
    set_active(gate, False, NOW + off * HOUR, EVERYTHING)
    set_active(gate, True, NOW + 3 * HOUR, EVERYTHING)
    assert [new for _, _, new in history()] == told
    assert gate.maintenance_until is None


ACTS = [
    lambda camera, scope: set_active(camera, False, NOW, scope),
    lambda camera, scope: set_maintenance(camera, NOW + HOUR, NOW, scope),
]


@pytest.mark.parametrize("act", ACTS)
def test_a_camera_that_is_gone_says_so(gate: Camera, act: Callable[[Camera, Scope], Any]) -> None:
    db.session.execute(delete(Camera))
    db.session.commit()
    with pytest.raises(DeletedMeanwhile):
        act(gate, EVERYTHING)


@pytest.mark.parametrize("act", ACTS)
def test_a_camera_that_was_moved_out_of_reach_stays_as_it_is(gate: Camera, act: Callable[[Camera, Scope], Any]) -> None:
    with pytest.raises(DeletedMeanwhile):
        act(gate, Scope(frozenset({"another group"})))
    db.session.refresh(gate)
    assert (gate.is_active, gate.maintenance_until, history()) == (True, None, [])


@pytest.mark.parametrize(
    ("given", "end"),
    [
        ({}, NOW + HOUR),
        ({"span": "day"}, NOW + 12 * HOUR),
        ({"span": "day", "zone": "Asia/Tokyo"}, NOW + 3 * HOUR),
        ({"span": "day", "zone": "No/Where"}, NOW + 12 * HOUR),
        ({"span": "day", "zone": "../../etc/passwd"}, NOW + 12 * HOUR),
        ({"span": "moment", "until": "2026-11-22T18:30", "zone": "Europe/Vienna"}, NOW + 5.5 * HOUR),
        ({"span": "moment", "until": "2026-11-22T18:30+02:00", "zone": "Asia/Tokyo"}, NOW + 4.5 * HOUR),
    ],
)
def test_the_end_is_read_by_the_clock_of_whoever_says_it(given: dict[str, str], end: datetime) -> None:
    assert parse(MaintenanceInput, given).end(NOW) == end


@pytest.mark.parametrize("until", ["", "soon", "2026-11-31T10:00", "0001-01-01T00:00"])
def test_what_is_no_moment_is_refused_at_its_field(until: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(MaintenanceInput, {"span": "moment", "until": until, "zone": "Asia/Tokyo"}).end(NOW)
    assert list(caught.value.problems) == ["until"]
