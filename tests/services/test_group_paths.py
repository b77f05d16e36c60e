from __future__ import annotations

import pytest
from flask import Flask

from webapp.extensions import db
from webapp.models import CameraGroup
from webapp.services import group_paths
from webapp.services.rights import Scope


def grown(*ways: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """The groups of these paths, each after its parent; path → id."""
    ids: dict[tuple[str, ...], str] = {}
    for way in ways:
        group = CameraGroup(name=way[-1], parent_id=ids.get(way[:-1]))
        db.session.add(group)
        db.session.flush()
        ids[way] = group.id
    db.session.commit()
    return ids


def test_a_path_leads_from_the_top_and_begins_where_the_scope_does(app: Flask) -> None:
    ids = grown(("Site A",), ("Site A", "Building 1"), ("Site A", "Building 1", "Gate"))
    assert set(group_paths.read().values()) == set(ids)
    inner = frozenset(list(ids.values())[1:])
    assert set(group_paths.read(Scope(inner)).values()) == {("Building 1",), ("Building 1", "Gate")}


@pytest.mark.parametrize("typed", ["Site A › Gate", "Site A > Gate", "  Site A>Gate "])
def test_a_group_is_found_by_what_people_type(app: Flask, typed: str) -> None:
    ids = grown(("Site A",), ("Site A", "Gate"), ("Site B",), ("Site B", "Gate"))
    assert group_paths.find(typed, group_paths.read()) == ids["Site A", "Gate"]


def test_a_path_that_could_mean_two_groups_means_none(app: Flask) -> None:
    grown(("Site A",), ("Site A", "Gate"), ("Site A › Gate",))
    assert group_paths.find("Site A › Gate", group_paths.read()) is None
    assert group_paths.find("Gate", group_paths.read()) is None
