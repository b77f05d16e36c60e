from __future__ import annotations

from flask import Flask

from tests.services.bulk.conftest import NOW, camera, group
from webapp.services.bulk.choice import Choice, look
from webapp.services.grid import GridQuery
from webapp.services.rights import EVERYTHING, Scope


def names(choice: Choice, sight: Scope = EVERYTHING) -> set[str]:
    return {row.name for row in look(choice, sight, NOW)}


def test_ticked_cameras_are_those_that_exist_and_are_the_persons_to_see(either_app: Flask) -> None:
    mine, other = group("Mine"), group("Other")
    a, b = camera("a", group_id=mine.id), camera("b", group_id=other.id)
    chosen = Choice((a.id, b.id, "00000000-0000-0000-0000-000000000000"))
    assert names(chosen) == {"a", "b"}
    assert names(chosen, Scope(frozenset({mine.id}))) == {"a"}


def test_all_of_a_list_are_all_that_its_filter_shows_on_whatever_page(either_app: Flask) -> None:
    site = group("Site")
    dock = group("Dock", site)
    for n in range(3):
        camera(f"Gate {n}", group_id=dock.id)
    camera("Roof", group_id=dock.id)
    camera("Gate elsewhere")
    assert names(Choice(of_list=GridQuery(search="gate", group_id=site.id, number=7, size=60))) == {
        "Gate 0",
        "Gate 1",
        "Gate 2",
    }


def test_of_a_list_whose_group_is_gone_nothing_is_chosen(either_app: Flask) -> None:
    camera("Gate")
    assert names(Choice(of_list=GridQuery(group_id="00000000-0000-0000-0000-000000000000"))) == set()
