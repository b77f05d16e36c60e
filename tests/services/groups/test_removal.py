"""Deleting a group: it says what it holds, nothing is lost, and nobody's camera falls into the gap."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest
from flask import Flask

from tests.services.groups.conftest import NOW, add_camera, at, audited, group_of, operator_on, paths
from tests.services.groups.test_changes import refused
from webapp.extensions import db, transaction
from webapp.models import AuditEntry, Camera, CameraGroup, GroupRole, new_id
from webapp.schemas import TOP, GroupInput, GroupRemoval
from webapp.services import groups, live
from webapp.services.groups import DeletedMeanwhile, Holdings, Removed
from webapp.services.rights import EVERYTHING

pytestmark = pytest.mark.usefixtures("tree")


def delete(group: CameraGroup, target: CameraGroup | str | None = None, **said: str) -> Removed:
    target_id = target.id if isinstance(target, CameraGroup) else target
    return groups.delete(group, GroupRemoval(target_id=target_id, **said), NOW, EVERYTHING)


def test_a_group_says_what_it_holds() -> None:
    building, gate = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate")
    add_camera(building)
    for number in range(2):
        add_camera(gate, name=f"Gate {number}", is_active=False)
    operator_on(gate)
    assert groups.what_it_holds(building) == Holdings(cameras=1, cameras_below=2, subgroups=1, people=1, reports=0)
    assert groups.what_it_holds(at("Depot")).is_empty


def test_an_empty_group_needs_no_other_place() -> None:
    assert delete(at("Depot")) == Removed(0, 0, 0, None, None)
    assert "Depot" not in paths()
    assert audited("group.delete")[0].subject == "Depot"


def test_what_it_holds_goes_where_it_was_said() -> None:
    building, gate, depot = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate"), at("Depot")
    lobby, barrier = add_camera(building, name="Lobby"), add_camera(gate, name="Barrier")
    assert delete(building, depot) == Removed(1, 1, 0, depot.id, "Depot")
    assert paths() == {"Plant", "Plant/Building 1", "Depot", "Depot/Gate"}
    assert (group_of(lobby), group_of(barrier)) == ("Depot", "Gate")


def test_sub_groups_can_be_dissolved() -> None:
    building, gate, plant = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate"), at("Plant")
    cameras = [add_camera(building, name="Lobby"), add_camera(gate, name="Barrier")]
    assert delete(building, plant, subgroups="dissolve") == Removed(2, 0, 1, plant.id, "Plant")
    assert paths() == {"Plant", "Plant/Building 1", "Depot"}
    assert [group_of(camera) for camera in cameras] == ["Plant", "Plant"]
    assert [entry.subject for entry in audited("group.delete")] == ["Building 2", "Gate"]


def test_all_of_it_can_go_to_the_top() -> None:
    plant = at("Plant")
    lobby = add_camera(plant)
    delete(plant, TOP)
    assert paths() == {"Building 1", "Building 2", "Building 2/Gate", "Depot"}
    assert group_of(lobby) is None


def test_each_cameras_own_history_tells_of_the_move() -> None:
    gate = at("Plant", "Building 2", "Gate")
    camera = add_camera(gate, name="Barrier", version=3)
    delete(gate, at("Depot"))
    entry = db.session.query(AuditEntry).filter_by(camera_id=camera.id).one()
    assert (entry.action, entry.subject) == ("camera.move", "Barrier")
    assert entry.changes == {"group_id": ["Plant › Building 2 › Gate", "Depot"]}
    db.session.refresh(camera)
    assert camera.version == 4, "a form that was opened before must not put it back"
    told = audited("group.delete")[0].changes
    assert (told["cameras"], told["moved_to"], told["parent_id"]) == (
        [None, 1],
        [None, "Depot"],
        ["Plant › Building 2", None],
    )


def test_a_sub_group_may_take_the_name_and_the_place_of_what_held_it() -> None:
    building = at("Plant", "Building 2")
    at("Plant", "Building 2", "Building 2")
    delete(building, at("Plant"))
    assert {"Plant/Building 2", "Plant/Gate"} < paths()


def test_a_group_that_holds_something_goes_only_when_it_is_said_where() -> None:
    gate = at("Plant", "Building 2", "Gate")
    add_camera(gate)
    assert "Say where they go" in refused(lambda: delete(gate), "target_id")
    assert "Say where they go" in refused(lambda: delete(at("Plant", "Building 2")), "target_id")


def test_a_place_that_cannot_take_it_is_refused() -> None:
    building, gate, depot = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate"), at("Depot")
    add_camera(building)
    assert "lies within" in refused(lambda: delete(building, building), "target_id")
    assert "lies within" in refused(lambda: delete(building, gate), "target_id")
    assert "does not exist" in refused(lambda: delete(building, new_id()), "target_id")
    at("Depot", "Gate")
    assert "“Depot” holds a group called “Gate”" in refused(lambda: delete(building, depot), "target_id")
    assert delete(building, depot, subgroups="dissolve").dissolved_groups == 1


def test_roles_given_on_it_go_with_it() -> None:
    gate = at("Plant", "Building 2", "Gate")
    operator_on(gate)
    delete(gate)
    assert db.session.query(GroupRole).count() == 0


def test_rights_on_a_group_do_not_reach_to_its_own_deletion_or_beyond_it() -> None:
    building, gate = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate")
    add_camera(gate)
    mine = operator_on(building)

    def try_to(group: CameraGroup, target: str) -> object:
        return groups.delete(group, GroupRemoval(target_id=target), NOW, mine)

    assert "rights begin" in refused(lambda: try_to(building, at("Depot").id), "")
    assert "does not exist" in refused(lambda: try_to(gate, at("Depot").id), "target_id")
    assert "one of your groups" in refused(lambda: try_to(gate, TOP), "target_id")
    assert try_to(gate, building.id) == Removed(1, 0, 0, building.id, "Building 2")


def test_a_group_is_deleted_once() -> None:
    depot = at("Depot")
    delete(depot)
    with pytest.raises(DeletedMeanwhile):
        delete(CameraGroup(id=depot.id))


def test_open_pages_are_told_of_the_cameras() -> None:
    gate = at("Plant", "Building 2", "Gate")
    camera = add_camera(gate)
    seq = live.changes_since(0).seq
    delete(gate, at("Depot"))
    assert live.changes_since(seq).ids == (camera.id,)
    assert live.changes_since(seq).status_changed


def test_a_quicker_pace_of_the_new_place_holds_at_once() -> None:
    gate = at("Plant", "Building 2", "Gate")
    quick = groups.create(GroupInput(name="Quick", check_interval_seconds=60), NOW, EVERYTHING)
    late = NOW.replace(year=NOW.year + 1)
    camera = add_camera(gate, next_due_at=late)
    delete(gate, quick)
    db.session.refresh(camera)
    assert camera.next_due_at < late


def test_a_camera_that_comes_while_its_group_goes_is_not_lost(either_app: Flask) -> None:
    """Its transaction began first: the deletion waits for it, and takes the camera along."""
    gate, depot = at("Plant", "Building 2", "Gate"), at("Depot")
    camera = Camera(id=new_id(), name="Late", rtsp_url="rtsp://10.20.4.14/1", group_id=gate.id, next_due_at=NOW)
    add_camera(gate)

    def delete_it() -> None:
        with either_app.app_context():
            delete(gate, depot)

    deleting = threading.Thread(target=delete_it)
    with transaction():
        db.session.add(camera)
        db.session.flush()
        deleting.start()
        time.sleep(0.3)
    deleting.join(10)
    assert group_of(camera) == "Depot"


def test_five_thousand_cameras_find_another_place_in_seconds(either_app: Flask) -> None:
    depot = at("Depot")
    row = partial(dict, rtsp_url="rtsp://10.20.4.14/1", group_id=depot.id, next_due_at=NOW)
    db.session.execute(db.insert(Camera), [row(id=new_id(), name=f"Camera {n}") for n in range(5000)])
    db.session.commit()
    began = time.perf_counter()
    assert delete(depot, at("Plant")).cameras == 5000
    assert time.perf_counter() - began < 5
