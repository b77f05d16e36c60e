"""Groups by their paths: found, made where they are missing, refused in sentences."""

from __future__ import annotations

import time
from functools import partial

import pytest
from flask import Flask

from tests.services.groups.conftest import NOW, at, audited, operator_on, paths
from tests.services.groups.test_changes import at_once
from tests.views.conftest import counted_queries
from webapp.extensions import db, transaction
from webapp.models import CameraGroup
from webapp.schemas import InvalidInput
from webapp.services import groups
from webapp.services.groups import MAX_DEPTH, Path
from webapp.services.rights import EVERYTHING, Scope

pytestmark = pytest.mark.usefixtures("tree")


def ensure(*wanted: Path, scope: Scope = EVERYTHING) -> dict[Path, str]:
    with transaction():
        return groups.ensure_paths(wanted, NOW, scope)


def test_what_is_there_is_found_and_the_missing_rest_is_made() -> None:
    gate = at("Plant", "Building 2", "Gate")
    found = ensure(("Plant", "Building 2", "Gate"), ("Plant", "Building 3", "Dock"), ("Depot",))
    assert found["Plant", "Building 2", "Gate"] == gate.id
    assert {"Plant/Building 3", "Plant/Building 3/Dock"} < paths()
    assert len(found) == 3
    made = {entry.subject: entry.changes.get("parent_id") for entry in audited("group.create")}
    assert made["Dock"] == [None, "Plant › Building 3"]


def test_one_path_alone_is_made_once() -> None:
    assert at("Plant", "Hall").id == at("Plant", "Hall").id
    assert groups.ensure_path(()) is None


def test_known_paths_cost_one_query_and_no_lock() -> None:
    with transaction(), counted_queries() as queries:
        groups.ensure_paths([("Plant", "Building 1"), ("Depot",)], NOW, EVERYTHING)
    assert len(queries) == 1


def test_a_thousand_paths_are_made_in_a_moment() -> None:
    wanted = [(f"Site {n % 50}", f"Building {n % 250}", f"Room {n}") for n in range(1000)]
    began = time.perf_counter()
    with counted_queries() as queries:
        found = ensure(*wanted)
    assert len(found) == 1000
    assert len(queries) < 30
    assert time.perf_counter() - began < 5


def test_two_imports_at_once_make_a_group_once(either_app: Flask) -> None:
    failures = at_once(either_app, *[partial(ensure, ("Plant", "New", "Room"), ("New too",))] * 4)
    assert failures == [None] * 4
    assert db.session.query(CameraGroup).filter(CameraGroup.name.in_(["New", "Room", "New too"])).count() == 3


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("Plant", "a\nb"), "control characters"),
        (("Plant", ""), "fill in"),
        (("x" * 256,), "255 characters"),
        (tuple("abcdefghijklmnopqrstuvwxyz"), f"{MAX_DEPTH} deep"),
    ],
)
def test_a_path_that_cannot_be_makes_nothing_at_all(path: Path, words: str) -> None:
    before = paths()
    with pytest.raises(InvalidInput, match=words):
        ensure(("Fine",), path)
    assert paths() == before
    assert words in (groups.known_paths(EVERYTHING).problem(path) or "")


def test_every_path_that_cannot_be_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        ensure(("a\nb",), ("Fine",), ("c\nd",))
    assert len(refused.value.problems["group"]) == 2


class TestRightsOnAGroup:
    def test_paths_begin_where_ones_rights_begin(self) -> None:
        mine = operator_on(at("Plant", "Building 2"))
        found = ensure(("Building 2", "Gate"), ("Building 2", "Dock"), scope=mine)
        assert found["Building 2", "Gate"] == at("Plant", "Building 2", "Gate").id
        assert "Plant/Building 2/Dock" in paths()

    def test_what_was_made_since_the_rights_were_read_belongs_to_them(self) -> None:
        mine = operator_on(at("Plant", "Building 2"))
        made = ensure(("Building 2", "Dock", "Bay"), scope=mine)
        assert groups.known_paths(mine).ids["Building 2", "Dock", "Bay"] == made["Building 2", "Dock", "Bay"]
        assert ("Plant",) not in groups.known_paths(mine).ids

    @pytest.mark.parametrize("path", [("Depot", "Dock"), ("Plant", "Building 2"), ("New",)])
    def test_nothing_is_found_or_made_elsewhere(self, path: Path) -> None:
        mine = operator_on(at("Plant", "Building 2"))
        with pytest.raises(InvalidInput, match=r"none of your groups.*such as “Building 2”"):
            ensure(path, scope=mine)

    def test_two_beginnings_of_one_name_are_not_guessed_at(self) -> None:
        mine = operator_on(at("Plant", "Building 1"), at("Depot", "Building 1"))
        with pytest.raises(InvalidInput, match="Two of your groups"):
            ensure(("Building 1", "Dock"), scope=mine)

    def test_the_unseen_levels_above_count(self) -> None:
        deep = at(*(f"Level {n}" for n in range(MAX_DEPTH)))
        with pytest.raises(InvalidInput, match="deep"):
            ensure((deep.name, "Deeper"), scope=operator_on(deep))
