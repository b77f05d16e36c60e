"""The group tree: honest counts, the ways through it, and what its digest notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask

from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import Camera
from webapp.schemas import GroupInput
from webapp.services import groups
from webapp.services.inheritance import effective
from webapp.services.rights import EVERYTHING, Scope
from webapp.services.shown import patience

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(seconds=30)
Make = Callable[..., Camera]


def test_a_tree_rolls_its_counts_up(app: Flask, make_camera: Callable[..., Camera]) -> None:
    later = NOW + timedelta(seconds=30)
    plant = groups.create(GroupInput(name="Plant"), NOW, EVERYTHING)
    gate = groups.ensure_path(("Plant", "Building 2", "Gate"))
    assert gate is not None
    make_camera(group_id=plant.id, status="live", next_due_at=later)
    make_camera(group_id=gate.id, status="offline", next_due_at=later)
    make_camera(group_id=gate.id, status="live", next_due_at=later, is_active=False)
    make_camera(status="live", next_due_at=later)
    tree = groups.tree(NOW, EVERYTHING)
    assert tree.roots[0].counts == {"live": 1, "offline": 1, "disabled": 1}
    assert (tree.roots[0].total, tree.total) == (2, 3)
    assert [node.name for node in tree.path(gate.id)] == ["Plant", "Building 2", "Gate"]
    assert len(tree.subtree_ids(plant.id)) == 3


def test_the_tree_costs_two_queries_whatever_its_size(app: Flask) -> None:
    for number in range(5):
        groups.ensure_path((f"Plant {number}", "Building", "Gate"))
    with counted_queries() as queries:
        tree = groups.tree(NOW, EVERYTHING)
    assert len(queries) == 2
    assert len(list(tree.flat())) == 15


def test_siblings_are_in_the_order_of_their_names_whatever_the_case(app: Flask) -> None:
    for name in ("beta", "Gamma", "Alpha"):
        groups.create(GroupInput(name=name), NOW, EVERYTHING)
    assert [node.name for node in groups.tree(NOW, EVERYTHING).roots] == ["Alpha", "beta", "Gamma"]


def test_groups_that_lie_within_each_other_do_not_hang_a_page(app: Flask) -> None:
    outer = groups.create(GroupInput(name="outer"), NOW, EVERYTHING)
    inner = groups.create(GroupInput(name="inner", parent_id=outer.id), NOW, EVERYTHING)
    outer.parent_id = inner.id
    db.session.commit()
    tree = groups.tree(NOW, EVERYTHING)
    assert tree.roots == []
    assert len(tree.path(inner.id)) <= 3


def test_the_digest_notices_counts_names_and_places(app: Flask, make_camera: Make) -> None:
    seen = [groups.tree(NOW, EVERYTHING).digest]
    assert groups.tree(NOW, EVERYTHING).digest == seen[0]
    camera = make_camera(status="live", next_due_at=SOON)
    seen.append(groups.tree(NOW, EVERYTHING).digest)
    plant, gate = (groups.create(GroupInput(name=name), NOW, EVERYTHING) for name in ("Plant", "Gate"))
    seen.append(groups.tree(NOW, EVERYTHING).digest)
    for change in ("status", "group_id"):
        setattr(camera, change, {"status": "offline", "group_id": gate.id}[change])
        db.session.commit()
        seen.append(groups.tree(NOW, EVERYTHING).digest)
    gate.parent_id = plant.id
    db.session.commit()
    seen.append(groups.tree(NOW, EVERYTHING).digest)
    gate.name = "Dock"
    db.session.commit()
    seen.append(groups.tree(NOW, EVERYTHING).digest)
    assert len(set(seen)) == len(seen)


def test_it_knows_when_the_first_camera_turns_by_time_alone(app: Flask, make_camera: Make) -> None:
    assert groups.tree(NOW, EVERYTHING).turns_at is None
    make_camera(status="live", next_due_at=NOW - timedelta(hours=1))
    make_camera(status="live", next_due_at=NOW, is_active=False)
    assert groups.tree(NOW, EVERYTHING).turns_at is None, "what is unknown or switched off stays so"
    make_camera(status="live", next_due_at=SOON)
    assert groups.tree(NOW, EVERYTHING).turns_at == SOON + patience()
    make_camera(status="live", next_due_at=SOON, maintenance_until=SOON)
    assert groups.tree(NOW, EVERYTHING).turns_at == SOON


def test_somebody_with_rights_on_a_group_sees_that_group_at_the_top(app: Flask, make_camera: Make) -> None:
    gate = groups.ensure_path(("Plant", "Building 2", "Gate"))
    building = groups.ensure_path(("Plant", "Building 2"))
    depot = groups.ensure_path(("Depot",))
    assert all((gate, building, depot))
    make_camera(group_id=gate.id, status="live", next_due_at=SOON)
    make_camera(group_id=depot.id, status="offline", next_due_at=SOON)
    tree = groups.tree(NOW, Scope(frozenset({building.id, gate.id})))
    assert [node.name for node in tree.flat()] == ["Building 2", "Gate"]
    assert [node.name for node in tree.path(gate.id)] == ["Building 2", "Gate"]
    assert tree.counts == {"live": 1}


def test_what_unseen_groups_hand_down_holds_all_the_same_without_their_names(app: Flask) -> None:
    plant = groups.create(GroupInput(name="Secret", location="Nowhere", retention_days=7), NOW, EVERYTHING)
    gate = groups.create(GroupInput(name="Gate", parent_id=plant.id), NOW, EVERYTHING)
    tree = groups.tree(NOW, Scope(frozenset({gate.id})))
    way = tree.handing_down(gate.id)
    assert effective("retention_days", None, way).value == 7
    assert [(node.name, node.location) for node in way] == [("a group above yours", None), ("Gate", None)]
    assert [node.name for node in groups.tree(NOW, EVERYTHING).handing_down(gate.id)] == ["Secret", "Gate"]
