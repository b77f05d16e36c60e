"""Making, changing and moving groups: what is refused, by whom, what is noted, and what two people at once come to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from tests.services.groups.conftest import NOW, add_camera, at, audited, operator_on, paths
from webapp.extensions import db
from webapp.models import CameraGroup, new_id
from webapp.schemas import GroupInput, InvalidInput
from webapp.services import groups, live
from webapp.services.groups import MAX_DEPTH, DeletedMeanwhile, EditedMeanwhile
from webapp.services.rights import EVERYTHING, NOTHING

pytestmark = pytest.mark.usefixtures("tree")


def refused(act: Callable[[], object], field: str) -> str:
    """The sentence at the field; nothing has changed."""
    before = paths()
    with pytest.raises(InvalidInput) as caught:
        act()
    assert list(caught.value.problems) == [field]
    assert paths() == before
    return " ".join(caught.value.problems[field])


def as_given(group: CameraGroup, **changed: Any) -> GroupInput:
    names = ("name", "location", "parent_id", "enable_detection", "check_interval_seconds", "version")
    return GroupInput(**({name: getattr(group, name) for name in names} | changed))


def at_once(app: Flask, *acts: Callable[[], object]) -> list[BaseException | None]:
    """Every act in a thread of its own; what each of them failed with."""

    def run(act: Callable[[], object]) -> BaseException | None:
        with app.app_context():
            try:
                act()
            except InvalidInput as error:
                return error
        return None

    with ThreadPoolExecutor(len(acts)) as pool:
        failures = [done.result() for done in [pool.submit(run, act) for act in acts]]
    db.session.rollback()  # what is read from now on is what they left behind
    return failures


def test_a_group_is_made_where_it_was_said_and_noted() -> None:
    given = GroupInput(name="Dock", location="North", parent_id=at("Plant").id, enable_detection=False)
    made = groups.create(given, NOW, EVERYTHING)
    assert "Plant/Dock" in paths()
    assert (made.location, made.enable_detection, made.created_at, made.version) == ("North", False, NOW, 1)
    changes = next(entry.changes for entry in audited("group.create") if entry.subject == "Dock")
    assert (changes["parent_id"], changes["enable_detection"]) == ([None, "Plant"], [None, False])


def test_a_name_is_taken_once_among_siblings() -> None:
    again = GroupInput(name="Building 1", parent_id=at("Plant").id)
    assert "already" in refused(lambda: groups.create(again, NOW, EVERYTHING), "name")
    assert "already" in refused(lambda: groups.create(GroupInput(name="Plant"), NOW, EVERYTHING), "name")
    groups.create(GroupInput(name="Building 1", parent_id=at("Depot").id), NOW, EVERYTHING)


def test_a_parent_that_is_gone_is_refused() -> None:
    sentence = refused(lambda: groups.create(GroupInput(name="Gate", parent_id=new_id()), NOW, EVERYTHING), "parent_id")
    assert "choose another" in sentence


def test_two_people_who_make_the_same_group_at_once_make_one(either_app: Flask) -> None:
    given = GroupInput(name="Dock", parent_id=at("Plant").id)
    failures = at_once(either_app, *[partial(groups.create, given, NOW, EVERYTHING)] * 4)
    assert sum(failure is None for failure in failures) == 1
    assert all("already" in str(failure) for failure in failures if failure)
    assert db.session.query(CameraGroup).filter_by(name="Dock").count() == 1


def test_an_edit_changes_what_was_said_and_notes_before_and_after() -> None:
    gate = at("Plant", "Building 2", "Gate")
    groups.update(gate, as_given(gate, name="Main gate", enable_detection=False), NOW, EVERYTHING)
    assert "Plant/Building 2/Main gate" in paths()
    assert audited("group.update")[0].changes == {"name": ["Gate", "Main gate"], "enable_detection": [None, False]}


def test_an_edit_on_top_of_another_is_refused_with_what_is_stored() -> None:
    gate = at("Plant", "Building 2", "Gate")
    mine = as_given(gate, location="Mine")
    groups.update(gate, as_given(gate, location="Theirs"), NOW, EVERYTHING)
    with pytest.raises(EditedMeanwhile) as refused:
        groups.update(gate, mine, NOW, EVERYTHING)
    assert (refused.value.group.location, refused.value.group.version) == ("Theirs", 2)


def test_an_edit_of_a_group_that_was_moved_meanwhile_does_not_move_it_back() -> None:
    gate = at("Plant", "Building 2", "Gate")
    mine = as_given(gate, location="Mine")
    groups.move(gate, at("Depot").id, NOW, EVERYTHING)
    with pytest.raises(EditedMeanwhile):
        groups.update(gate, mine, NOW, EVERYTHING)
    assert "Depot/Gate" in paths()


def test_an_edit_of_a_group_that_is_deleted_meanwhile_says_so() -> None:
    depot = at("Depot")
    db.session.query(CameraGroup).filter_by(id=depot.id).delete()
    db.session.commit()
    for act in (partial(groups.update, depot, as_given(depot)), partial(groups.move, depot, at("Plant").id)):
        with pytest.raises(DeletedMeanwhile):
            act(NOW, EVERYTHING)


def test_a_group_moves_with_all_it_holds() -> None:
    groups.move(at("Plant", "Building 2"), at("Depot").id, NOW, EVERYTHING)
    assert {"Depot/Building 2", "Depot/Building 2/Gate"} < paths()
    groups.move(at("Depot", "Building 2"), None, NOW, EVERYTHING)
    assert {"Building 2", "Building 2/Gate"} < paths()
    assert [entry.changes for entry in audited("group.move")] == [
        {"parent_id": ["Plant", "Depot"]},
        {"parent_id": ["Depot", None]},
    ]


@pytest.mark.parametrize("into", [(), ("Gate",)])
def test_a_group_never_comes_to_lie_within_itself(into: tuple[str, ...]) -> None:
    building = at("Plant", "Building 2")
    target = at("Plant", "Building 2", *into)
    for act in (
        partial(groups.move, building, target.id),
        partial(groups.update, building, as_given(building, parent_id=target.id)),
    ):
        assert "“Building 2” cannot move there" in refused(lambda act=act: act(NOW, EVERYTHING), "parent_id")


def test_two_moves_that_would_make_a_circle_together_do_not(either_app: Flask) -> None:
    plant, depot = at("Plant"), at("Depot")
    failures = at_once(
        either_app,
        partial(groups.move, plant, depot.id, NOW, EVERYTHING),
        partial(groups.move, depot, plant.id, NOW, EVERYTHING),
    )
    assert sum(failure is None for failure in failures) == 1
    assert len(groups.tree(NOW, EVERYTHING).roots) == 1


def test_a_group_does_not_move_beside_one_of_its_name() -> None:
    at("Depot", "Gate")
    sentence = refused(
        lambda: groups.move(at("Plant", "Building 2", "Gate"), at("Depot").id, NOW, EVERYTHING), "parent_id"
    )
    assert sentence == "“Depot” holds a group called “Gate” already. Rename one of the two first."


def test_a_move_to_where_it_is_already_is_no_move() -> None:
    assert "there already" in refused(lambda: groups.move(at("Depot"), None, NOW, EVERYTHING), "parent_id")


def test_groups_lie_only_so_deep_that_they_can_be_drawn() -> None:
    deep = at(*(f"Level {n}" for n in range(MAX_DEPTH)))
    assert "deep" in refused(
        lambda: groups.create(GroupInput(name="Deeper", parent_id=deep.id), NOW, EVERYTHING), "parent_id"
    )
    above = at(*(f"Level {n}" for n in range(MAX_DEPTH - 1)))
    assert "deep" in refused(lambda: groups.move(at("Plant"), above.id, NOW, EVERYTHING), "parent_id")


def test_rights_on_a_group_reach_below_it_and_no_further() -> None:
    building, gate, depot = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate"), at("Depot")
    mine = operator_on(building)
    dock = groups.create(GroupInput(name="Dock", parent_id=building.id), NOW, mine)
    mine = operator_on(building)
    groups.move(gate, dock.id, NOW, mine)
    groups.update(building, as_given(building, location="West"), NOW, mine)
    assert "Plant/Building 2/Dock/Gate" in paths()
    outside = GroupInput(name="Mine")
    assert "one of your groups" in refused(lambda: groups.create(outside, NOW, mine), "parent_id")
    assert "does not exist" in refused(lambda: groups.move(gate, depot.id, NOW, mine), "parent_id")
    assert "rights begin" in refused(lambda: groups.move(building, dock.id, NOW, mine), "")
    moved = as_given(building, parent_id=None, version=None)
    assert "rights begin" in refused(lambda: groups.update(building, moved, NOW, mine), "")
    assert "rights on it" in refused(lambda: groups.update(depot, as_given(depot), NOW, mine), "")
    assert "rights on it" in refused(lambda: groups.move(gate, None, NOW, NOTHING), "")


def test_a_shorter_interval_holds_at_once_for_the_cameras_that_inherit_it() -> None:
    plant, gate = at("Plant"), at("Plant", "Building 2", "Gate")
    tomorrow = NOW + timedelta(days=1)
    heir = add_camera(gate, next_due_at=tomorrow)
    groups.update(plant, as_given(plant, check_interval_seconds=86400), NOW, EVERYTHING)
    groups.update(plant, as_given(plant, check_interval_seconds=300), NOW, EVERYTHING)
    db.session.expire_all()
    assert heir.next_due_at <= NOW + timedelta(seconds=420)


def test_open_pages_are_told() -> None:
    depot = at("Depot")
    for act in (
        partial(groups.create, GroupInput(name="Dock")),
        partial(groups.update, depot, as_given(depot, location="North")),
        partial(groups.move, depot, at("Plant").id),
    ):
        seq = live.changes_since(0).seq
        act(NOW, EVERYTHING)
        assert live.changes_since(seq).status_changed
