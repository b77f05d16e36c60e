"""The bare tree that changes are judged by."""

from __future__ import annotations

from webapp.services.groups.structure import Structure

PARENTS: dict[str, str | None] = {"plant": None, "hall": "plant", "gate": "hall", "dock": "hall", "depot": None}
TREE = Structure({group_id: group_id.title() for group_id in PARENTS}, PARENTS)


def test_the_way_leads_from_the_top_to_the_group() -> None:
    assert TREE.way("gate") == ["plant", "hall", "gate"]
    assert TREE.way(None) == TREE.way("gone") == []
    assert TREE.path("gate") == "Plant › Hall › Gate"
    assert TREE.path(None) is None


def test_below_a_group_parents_come_before_their_children() -> None:
    assert TREE.below("plant") == ["plant", "hall", "gate", "dock"]
    assert TREE.below("gate") == ["gate"]


def test_the_height_counts_the_levels_of_a_group() -> None:
    assert [TREE.height(group_id) for group_id in ("plant", "hall", "gate")] == [3, 2, 1]


def test_a_sibling_is_known_by_its_name() -> None:
    assert TREE.sibling("Dock", "hall") == "dock"
    assert TREE.sibling("Dock", "hall", but="dock") is None
    assert TREE.sibling("Dock", None) is None


def test_a_circle_in_the_database_hangs_nothing() -> None:
    circle = Structure({"a": "A", "b": "B"}, {"a": "b", "b": "a"})
    assert set(circle.way("a")) == set(circle.below("a")) == {"a", "b"}
    assert circle.height("a") >= 1
