"""What the search field offers for a few letters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, utc_now
from webapp.services.rights import EVERYTHING, Scope
from webapp.services.suggestions import CAMERAS, GROUPS, Suggestions, suggest

Make = Callable[..., Camera]


def add_group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    group = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(group)
    db.session.commit()
    return group


def ask(text: str, scope: Scope = EVERYTHING) -> Suggestions:
    return suggest(text, scope, utc_now())


def names(text: str) -> list[str]:
    return [camera.name for camera in ask(text).cameras]


def test_the_code_comes_first_then_how_a_name_begins(make_camera: Make) -> None:
    make_camera(name="Big gate")
    make_camera(name="Gate 9")
    make_camera(name="Zebra", code="GATE")
    assert names("gate") == ["Zebra", "Gate 9", "Big gate"]


def test_it_offers_a_few_and_says_how_many_there_are(make_camera: Make) -> None:
    for number in range(CAMERAS + 3):
        make_camera(name=f"Gate {number:02}")
    found = ask("gate")
    assert (len(found.cameras), found.total) == (CAMERAS, CAMERAS + 3)


def test_groups_are_offered_by_their_own_name_not_by_everything_beneath(app: Flask) -> None:
    vienna = add_group("Plant Vienna")
    gate = add_group("Gate", vienna)
    add_group("Dock", vienna)
    assert ask("vienna").groups == [(vienna.id, ("Plant Vienna",))]
    assert ask("vienna gate").groups == [(gate.id, ("Plant Vienna", "Gate"))]
    for number in range(GROUPS + 2):
        add_group(f"Hall {number}")
    assert len(ask("hall").groups) == GROUPS


def test_nothing_is_offered_for_nothing_nor_beyond_the_scope(make_camera: Make) -> None:
    mine, other = add_group("Gate mine"), add_group("Gate other")
    make_camera(name="Gate in", group_id=mine.id)
    make_camera(name="Gate out", group_id=other.id)
    assert (ask("").cameras, ask("").groups, ask("").total) == ([], [], 0)
    found = ask("gate", Scope(frozenset({mine.id})))
    assert ([camera.name for camera in found.cameras], found.total) == (["Gate in"], 1)
    assert [group_id for group_id, _ in found.groups] == [mine.id]
    assert set(found.paths) == {mine.id}


@pytest.mark.parametrize("cameras", [1, 30])
def test_it_takes_two_queries(make_camera: Make, cameras: int) -> None:
    for number in range(cameras):
        make_camera(name=f"Gate {number}")
    with counted_queries() as queries:
        ask("gate 1")
    assert len(queries) == 2
