"""What each action does with a camera, and that it does it as a person does on the camera's own page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.services.bulk.conftest import NOW, Bulk, camera, group, results, run, start
from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, StatusChange, User
from webapp.schemas import CameraInput
from webapp.services import camera_switches, cameras, live
from webapp.services.camera_record import PLAIN_FIELDS
from webapp.services.pictures import latest_key
from webapp.services.rights import EVERYTHING
from webapp.storage import storage_from_settings

LATER = NOW + timedelta(hours=4)


@pytest.mark.parametrize(
    ("action", "fields", "before", "after"),
    [
        ("tag", {"tags": "Night, ptz"}, {"tags": ("ptz", "old")}, {"tags": ("ptz", "old", "night")}),
        ("untag", {"tags": "old"}, {"tags": ("ptz", "old")}, {"tags": ("ptz",)}),
        ("disable", {}, {"is_active": True}, {"is_active": False}),
        ("enable", {}, {"is_active": False}, {"is_active": True, "next_due_at": NOW}),
        ("maintenance", {"until": LATER.isoformat()}, {}, {"maintenance_until": LATER}),
        ("resume", {}, {"maintenance_until": LATER}, {"maintenance_until": None}),
        ("detection", {"enable_detection": False}, {"detection_sensitivity": 0.4}, {"detection_sensitivity": 0.4}),
        ("detection", {"enable_detection": False}, {}, {"enable_detection": False}),
        ("detection", {"detection_sensitivity": None}, {"detection_sensitivity": 0.4}, {"detection_sensitivity": None}),
        ("interval", {"check_interval_seconds": 30}, {}, {"check_interval_seconds": 30}),
        ("interval", {"check_interval_seconds": None}, {"check_interval_seconds": 9}, {"check_interval_seconds": None}),
    ],
)
def test_an_action_sets_what_it_says_and_nothing_else(
    do: Bulk, action: str, fields: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    found = camera(**before)
    stored = {name: getattr(found, name) for name in PLAIN_FIELDS}
    bulk = do(action, found, **fields)
    assert results(bulk) == {"Gate": ("changed", None)}
    assert {name: getattr(found, name) for name in after} == after
    others = set(PLAIN_FIELDS) - set(after) - set(fields)
    assert {name: getattr(found, name) for name in others} == {name: stored[name] for name in others}


def test_moving_puts_cameras_into_a_group_or_out_of_all(do: Bulk) -> None:
    dock = group("Dock")
    found = camera()
    do("move", found, group_id=dock.id)
    assert found.group_id == dock.id
    do("move", found, group_id=None)
    assert found.group_id is None


def test_what_is_so_already_is_not_touched(do: Bulk) -> None:
    found = camera(tags=("night",), version=7)
    bulk = do("tag", found, tags="night")
    assert results(bulk) == {"Gate": ("already", None)}
    assert found.version == 7


def test_a_camera_that_would_have_too_many_tags_is_left(do: Bulk) -> None:
    found = camera(tags=tuple(f"t{n}" for n in range(19)))
    bulk = do("tag", found, tags="a, b")
    assert results(bulk) == {"Gate": ("left", "It would have 21 tags; a camera has at most 20.")}
    assert len(found.tags) == 19


def test_a_check_is_due_at_once_except_for_what_is_switched_off(operator: User) -> None:
    on, off = camera("on", next_due_at=NOW + timedelta(hours=1)), camera("off", is_active=False)
    bulk = start(operator, "check", on, off)
    assert run(bulk) == [on.id]
    assert on.next_due_at == NOW
    assert results(bulk)["off"] == ("left", "It is switched off, so it is not checked.")


def test_a_camera_that_waited_too_long_stays_overdue_when_a_check_is_asked_for(operator: User) -> None:
    lost = camera(next_due_at=NOW - timedelta(days=1))
    run(start(operator, "check", lost))
    assert lost.next_due_at == NOW - timedelta(days=1)


def test_deleting_takes_history_and_picture_along_and_leaves_an_audit_entry(do: Bulk) -> None:
    gone, kept = camera("gone"), camera("kept")
    store = storage_from_settings(settings)
    for found in (gone, kept):
        store.put(latest_key(found.id), b"jpeg")
        db.session.add(StatusChange(camera_id=found.id, at=NOW, old="idle", new="live"))
    db.session.commit()
    do("delete", gone)
    assert [found.name for found in db.session.scalars(select(Camera))] == ["kept"]
    assert [change.camera_id for change in db.session.scalars(select(StatusChange))] == [kept.id]
    assert (store.exists(latest_key(gone.id)), store.exists(latest_key(kept.id))) == (False, True)
    assert [entry.subject for entry in entries("camera.delete")] == ["gone"]


def entries(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def move_by_hand(found: Camera, group_id: str) -> None:
    fields = {name: getattr(found, name) for name in PLAIN_FIELDS} | {"group_id": group_id}
    cameras.update(found, CameraInput(**fields), NOW, EVERYTHING)


def traces(found: Camera) -> dict[str, Any]:
    """Everything that an act left behind about a camera."""
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.camera_id == found.id)).all()
    history = db.session.scalars(select(StatusChange).where(StatusChange.camera_id == found.id)).all()
    own = {"id", "name", "code"}
    return {
        "row": {c.name: getattr(found, c.name) for c in Camera.__table__.columns if c.name not in own},
        "audit": [(entry.action, entry.at, entry.changes) for entry in entries],
        "history": [(change.at, change.old, change.new, change.reason) for change in history],
    }


BY_HAND: dict[str, tuple[Callable[[Camera, str], object], dict[str, Any]]] = {
    "move": (move_by_hand, {}),
    "disable": (lambda found, _: camera_switches.set_active(found, False, NOW, EVERYTHING), {}),
    "enable": (lambda found, _: camera_switches.set_active(found, True, NOW, EVERYTHING), {"is_active": False}),
    "maintenance": (lambda found, _: camera_switches.set_maintenance(found, LATER, NOW, EVERYTHING), {}),
    "resume": (
        lambda found, _: camera_switches.set_maintenance(found, None, NOW, EVERYTHING),
        {"maintenance_until": LATER},
    ),
}


@pytest.mark.parametrize("action", BY_HAND)
def test_it_leaves_the_same_traces_as_the_same_act_on_the_cameras_own_page(do: Bulk, action: str) -> None:
    dock = group("Dock")
    fields = {"move": {"group_id": dock.id}, "maintenance": {"until": LATER.isoformat()}}.get(action, {})
    by_hand, before = BY_HAND[action]
    known = {"password_encrypted": "sealed", "username": "admin", "failures": 3, "outcome": "timeout", **before}
    one, many = camera("one", **known), camera("many", **known)
    by_hand(one, dock.id)
    do(action, many, **fields)
    assert traces(many) == traces(one)
    assert traces(many)["audit"]


def test_open_pages_are_told(do: Bulk) -> None:
    found, other = camera("found"), camera("other")
    live.publish([other.id], status_changed=False)
    before = live.changes_since(0).seq
    do("disable", found)
    told = live.changes_since(before)
    assert (told.ids, told.status_changed) == ((found.id,), True)
