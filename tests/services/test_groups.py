"""The group tree: honest counts, the ways through it, and what its digest notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import Camera, CameraGroup
from webapp.schemas import GroupInput, InvalidInput
from webapp.services import groups
from webapp.services.shown import patience

NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(seconds=30)
Make = Callable[..., Camera]


def test_a_tree_rolls_its_counts_up(app: Flask, make_camera: Callable[..., Camera]) -> None:
    later = NOW + timedelta(seconds=30)
    plant = groups.create(GroupInput(name="Plant"))
    gate = groups.ensure_path(("Plant", "Building 2", "Gate"))
    assert gate is not None
    make_camera(group_id=plant.id, status="live", next_due_at=later)
    make_camera(group_id=gate.id, status="offline", next_due_at=later)
    make_camera(group_id=gate.id, status="live", next_due_at=later, is_active=False)
    make_camera(status="live", next_due_at=later)
    tree = groups.tree(NOW)
    assert tree.roots[0].counts == {"live": 1, "offline": 1, "disabled": 1}
    assert (tree.roots[0].total, tree.total) == (2, 3)
    assert [node.name for node in tree.path(gate.id)] == ["Plant", "Building 2", "Gate"]
    assert len(tree.subtree_ids(plant.id)) == 3


def test_a_group_name_is_taken_once_among_siblings(app: Flask) -> None:
    groups.create(GroupInput(name="Gate"))
    plant = groups.create(GroupInput(name="Plant"))
    groups.create(GroupInput(name="Gate", parent_id=plant.id))
    with pytest.raises(InvalidInput, match="already"):
        groups.create(GroupInput(name="Gate"))


def test_a_group_of_a_parent_that_is_gone_is_refused(app: Flask) -> None:
    with pytest.raises(InvalidInput) as refused:
        groups.create(GroupInput(name="Gate", parent_id="gone"))
    assert list(refused.value.problems) == ["parent_id"]


def test_a_path_that_is_there_already_is_not_made_again(app: Flask) -> None:
    first, second = groups.ensure_path(("Plant", "Gate")), groups.ensure_path(("Plant", "Gate"))
    assert first
    assert second
    assert first.id == second.id
    assert db.session.query(CameraGroup).count() == 2
    assert groups.ensure_path(()) is None


def test_the_tree_costs_two_queries_whatever_its_size(app: Flask) -> None:
    for number in range(5):
        groups.ensure_path((f"Plant {number}", "Building", "Gate"))
    with counted_queries() as queries:
        tree = groups.tree(NOW)
    assert len(queries) == 2
    assert len(list(tree.flat())) == 15


def test_siblings_are_in_the_order_of_their_names_whatever_the_case(app: Flask) -> None:
    for name in ("beta", "Gamma", "Alpha"):
        groups.create(GroupInput(name=name))
    assert [node.name for node in groups.tree(NOW).roots] == ["Alpha", "beta", "Gamma"]


def test_groups_that_lie_within_each_other_do_not_hang_a_page(app: Flask) -> None:
    outer = groups.create(GroupInput(name="outer"))
    inner = groups.create(GroupInput(name="inner", parent_id=outer.id))
    outer.parent_id = inner.id
    db.session.commit()
    tree = groups.tree(NOW)
    assert tree.roots == []
    assert len(tree.path(inner.id)) <= 3


def test_the_digest_notices_counts_names_and_places(app: Flask, make_camera: Make) -> None:
    seen = [groups.tree(NOW).digest]
    assert groups.tree(NOW).digest == seen[0]
    camera = make_camera(status="live", next_due_at=SOON)
    seen.append(groups.tree(NOW).digest)
    plant, gate = groups.create(GroupInput(name="Plant")), groups.create(GroupInput(name="Gate"))
    seen.append(groups.tree(NOW).digest)
    for change in ("status", "group_id"):
        setattr(camera, change, {"status": "offline", "group_id": gate.id}[change])
        db.session.commit()
        seen.append(groups.tree(NOW).digest)
    gate.parent_id = plant.id
    db.session.commit()
    seen.append(groups.tree(NOW).digest)
    gate.name = "Dock"
    db.session.commit()
    seen.append(groups.tree(NOW).digest)
    assert len(set(seen)) == len(seen)


def test_it_knows_when_the_first_camera_turns_by_time_alone(app: Flask, make_camera: Make) -> None:
    assert groups.tree(NOW).turns_at is None
    make_camera(status="live", next_due_at=NOW - timedelta(hours=1))
    make_camera(status="live", next_due_at=NOW, is_active=False)
    assert groups.tree(NOW).turns_at is None, "what is unknown or switched off stays so"
    make_camera(status="live", next_due_at=SOON)
    assert groups.tree(NOW).turns_at == SOON + patience()
    make_camera(status="live", next_due_at=SOON, maintenance_until=SOON)
    assert groups.tree(NOW).turns_at == SOON
