"""Who may start what, with which cameras; what is counted before; cancelling and undoing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.services.bulk.conftest import NOW, Bulk, add, camera, group, person, results, run, start
from webapp.extensions import db
from webapp.models import AuditEntry, BulkAction, Camera, Role, User, WorkState
from webapp.schemas import BulkInput, InvalidInput, parse
from webapp.services import camera_switches, rights
from webapp.services.bulk import progress, running, starting
from webapp.services.bulk.choice import Choice
from webapp.services.bulk.preview import Preview, preview
from webapp.services.rights import EVERYTHING


def counted(user: User, action: str, *cameras: Camera, **fields: Any) -> Preview:
    scopes = rights.scope_of(user, "cameras:read"), rights.scope_of(user, "cameras:write")
    given = parse(BulkInput, {"action": action, **fields})
    return preview(Choice(tuple(found.id for found in cameras)), given, *scopes, NOW)


def undo(bulk: BulkAction, user: User) -> BulkAction:
    found = starting.undo(bulk, user, NOW)
    run(found)
    return found


def test_a_preview_counts_what_will_happen_what_is_so_already_and_what_is_left_and_why(either_app: Flask) -> None:
    site, other = group("Site"), group("Other")
    user = person(Role.VIEWER, operator=site)
    dock = group("Dock", site)
    moving = [camera(f"moving {n}", group_id=site.id) for n in range(3)]
    there, foreign = camera("there", group_id=dock.id), camera("foreign", group_id=other.id)
    found = counted(user, "move", *moving, there, foreign, group_id=dock.id)
    assert found == Preview(total=5, will=3, already=1, left=Counter({"You may not change it.": 1}))


def test_what_was_counted_is_what_happens(either_app: Flask) -> None:
    site = group("Site")
    user = person(Role.VIEWER, operator=site)
    chosen = [
        camera("on", group_id=site.id),
        camera("off", group_id=site.id, is_active=False),
        camera("foreign", is_active=False),
    ]
    expected = counted(user, "disable", *chosen)
    bulk = start(user, "disable", *chosen)
    run(bulk)
    assert results(bulk) == {
        "on": ("changed", None),
        "off": ("already", None),
        "foreign": ("left", "You may not change it."),
    }
    assert (expected.will, expected.already, expected.left.total()) == (1, 1, 1)


def test_a_camera_that_the_person_may_not_even_see_is_not_spoken_of(either_app: Flask) -> None:
    site = group("Site")
    user = person(Role.NONE, operator=site)
    bulk = start(user, "disable", camera("mine", group_id=site.id), camera("hidden"))
    run(bulk)
    assert set(results(bulk)) == {"mine"}


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("move", "group_id", "00000000-0000-0000-0000-000000000000"),
        ("move", "group_id", None),
        ("maintenance", "until", (NOW - timedelta(minutes=1)).isoformat()),
        ("maintenance", "until", (NOW + timedelta(days=400)).isoformat()),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_noted(
    either_app: Flask, action: str, field: str, value: str | None
) -> None:
    site = group("Site")
    user = person(Role.NONE, operator=site)
    with pytest.raises(InvalidInput) as caught:
        start(user, action, camera(group_id=site.id), agreed=1, **{field: value})
    assert set(caught.value.problems) == {field}
    assert db.session.scalar(select(BulkAction)) is None


def test_nobody_moves_cameras_into_a_group_that_is_not_theirs(either_app: Flask) -> None:
    mine, foreign = group("Mine"), group("Foreign")
    user = person(Role.VIEWER, operator=mine)
    with pytest.raises(InvalidInput):
        start(user, "move", camera(group_id=mine.id), agreed=1, group_id=foreign.id)


def test_more_cameras_than_were_agreed_to_are_not_touched(operator: User) -> None:
    with pytest.raises(starting.ChoiceChanged) as caught:
        start(operator, "disable", camera("a"), camera("b"), agreed=1)
    assert caught.value.preview.will == 2
    assert db.session.scalar(select(BulkAction)) is None


def test_fewer_than_were_agreed_to_are_enough_but_not_to_delete(operator: User) -> None:
    found = camera()
    assert start(operator, "disable", found, agreed=2).id
    with pytest.raises(starting.ChoiceChanged):
        start(operator, "delete", found, agreed=2)


def test_one_entry_of_the_audit_speaks_of_all_of_them(do: Bulk) -> None:
    do("tag", *(camera(str(n)) for n in range(3)), tags="night, ptz")
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "bulk.tag")).all()
    assert [(entry.subject, entry.changes) for entry in entries] == [("3 cameras", {"tags": [None, "night, ptz"]})]


@pytest.mark.parametrize(
    ("action", "fields", "known"),
    [
        ("tag", {"tags": "night"}, {"tags": ("ptz",)}),
        ("untag", {"tags": "ptz"}, {"tags": ("ptz", "old")}),
        ("disable", {}, {}),
        ("enable", {}, {"is_active": False}),
        ("maintenance", {"until": (NOW + timedelta(hours=1)).isoformat()}, {}),
        ("resume", {}, {"maintenance_until": NOW + timedelta(hours=1)}),
        ("detection", {"enable_detection": True, "detection_sensitivity": 0.9}, {"detection_sensitivity": 0.4}),
        ("interval", {"check_interval_seconds": None}, {"check_interval_seconds": 300}),
        ("move", {"group_id": None}, {}),
    ],
)
def test_undoing_puts_back_what_was(
    do: Bulk, operator: User, action: str, fields: dict[str, Any], known: dict[str, Any]
) -> None:
    found = camera(**known | ({"group_id": group("Dock").id} if action == "move" else {}))
    names = {"tags", "is_active", "maintenance_until", "enable_detection", "detection_sensitivity", "group_id"}
    before = {name: getattr(found, name) for name in names | {"check_interval_seconds"}}
    bulk = do(action, found, **fields)
    assert {name: getattr(found, name) for name in before} != before
    undoing = undo(bulk, operator)
    assert {name: getattr(found, name) for name in before} == before
    assert (results(undoing), results(bulk)) == ({"Gate": ("changed", None)}, {"Gate": ("undone", None)})


def test_undoing_leaves_what_somebody_changed_since(do: Bulk, operator: User) -> None:
    touched, free = camera("touched"), camera("free")
    bulk = do("disable", touched, free)
    camera_switches.set_active(touched, True, NOW, EVERYTHING)
    camera_switches.set_active(touched, False, NOW, EVERYTHING)
    undoing = undo(bulk, operator)
    assert results(undoing) == {"free": ("changed", None), "touched": ("left", running.CHANGED_SINCE)}
    assert (touched.is_active, free.is_active) == (False, True)


def test_undoing_leaves_a_maintenance_whose_end_somebody_moved(do: Bulk, operator: User) -> None:
    found = camera()
    bulk = do("maintenance", found, until=(NOW + timedelta(hours=1)).isoformat())
    camera_switches.set_maintenance(found, NOW + timedelta(hours=2), NOW, EVERYTHING)
    assert results(undo(bulk, operator)) == {"Gate": ("left", running.CHANGED_SINCE)}
    assert found.maintenance_until == NOW + timedelta(hours=2)


def test_undoing_a_move_leaves_cameras_whose_group_was_deleted_meanwhile(do: Bulk, operator: User) -> None:
    old = group("Old")
    found = camera(group_id=old.id)
    bulk = do("move", found, group_id=None)
    db.session.delete(old)
    db.session.commit()
    [(result, problem)] = results(undo(bulk, operator)).values()
    assert (result, found.group_id) == ("left", None)
    assert "does not exist any more" in str(problem)


def test_undoing_needs_the_right_to_change_the_camera_where_it_is_now(do: Bulk) -> None:
    old, new = group("Old"), group("New")
    found = camera(group_id=old.id)
    bulk = do("move", found, group_id=new.id)
    undoing = undo(bulk, person(Role.VIEWER, operator=old))
    assert results(undoing)["Gate"][0] == "left"
    assert found.group_id == new.id


@pytest.mark.parametrize("action", ["check", "delete"])
def test_what_cannot_be_undone_is_refused(do: Bulk, operator: User, action: str) -> None:
    with pytest.raises(starting.CannotBeUndone):
        starting.undo(do(action, camera()), operator, NOW)


def test_nothing_is_undone_twice_and_no_undoing_is_undone(do: Bulk, operator: User) -> None:
    bulk = do("disable", camera())
    undoing = undo(bulk, operator)
    for done in (bulk, undoing):
        assert not progress.progress(done, NOW).can_be_undone
        with pytest.raises(starting.CannotBeUndone):
            starting.undo(done, operator, NOW)


def test_what_a_cancelled_undoing_did_not_reach_can_still_be_undone(do: Bulk, operator: User) -> None:
    bulk = do("disable", *(camera(str(n)) for n in range(30)))
    half = starting.undo(bulk, operator, NOW)
    next(running.run(half.id, lambda: NOW))
    starting.cancel(half, NOW)
    rest = undo(bulk, operator)
    assert Counter(result for result, _ in results(rest).values()) == {"changed": 30 - running.FIRST_PIECE}
    assert all(found.is_active for found in db.session.scalars(select(Camera)))


def test_cancelling_stops_what_is_open_and_changes_nothing_that_is_over(operator: User, do: Bulk) -> None:
    bulk, over = start(operator, "disable", camera()), do("disable", camera())
    for found in (bulk, over):
        starting.cancel(found, NOW)
    assert (bulk.state, over.state) == (WorkState.CANCELLED, WorkState.DONE)
    assert run(bulk) == []
    assert results(bulk) == {"Gate": (None, None)}


def test_somebody_elses_action_is_only_the_administrators_to_see(operator: User) -> None:
    bulk = start(operator, "disable", camera())
    assert starting.load(bulk.id, operator) is bulk
    assert starting.load(bulk.id, person(Role.OPERATOR)) is None
    assert starting.load(bulk.id, person(Role.ADMIN)) is bulk


def test_after_a_month_only_the_audit_remembers(do: Bulk, operator: User) -> None:
    old, new = do("disable", camera()), do("disable", camera())
    old.created_at = NOW - timedelta(days=31)
    add(old)
    progress.forget_old(NOW)
    assert [found.id for found in db.session.scalars(select(BulkAction))] == [new.id]
    assert db.session.scalar(select(AuditEntry).where(AuditEntry.action == "bulk.disable"))


def test_a_deletion_is_held_to_the_very_cameras_that_were_agreed_to(operator: User) -> None:
    agreed, other = camera("a"), camera("b")
    choice, given = Choice((agreed.id,)), parse(BulkInput, {"action": "delete"})
    shown = preview(choice, given, EVERYTHING, EVERYTHING, NOW)
    told = starting.Agreed(shown.will, shown.digest)
    with pytest.raises(starting.ChoiceChanged):
        starting.start(Choice((other.id,)), given, told, operator, EVERYTHING, EVERYTHING, NOW)
    assert starting.start(choice, given, told, operator, EVERYTHING, EVERYTHING, NOW).id
