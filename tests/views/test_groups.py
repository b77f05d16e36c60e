"""The page of a group and the tree beside every page."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.views.conftest import change, poll_url
from tests.views.group_tree import at, make_plant, sign_in_on, text
from webapp.models import Camera, CameraGroup, Role, User
from webapp.schemas import GroupInput
from webapp.services import groups
from webapp.services.rights import EVERYTHING

Make = Callable[..., Camera]
NOW = datetime.now(UTC)


@pytest.fixture
def plant(app: Flask) -> CameraGroup:
    return make_plant()


def head(page: str) -> str:
    """What is said of the group above its cameras, as a reader sees it."""
    found = re.search(r'<section id="group-head".*?</section>', page, re.S)
    return text(found[0]) if found else ""


def tree(page: str) -> str:
    found = re.search(r'<div id="tree".*?</nav>', page, re.S)
    assert found
    return found[0]


def rows(page: str) -> list[str]:
    return [html.unescape(name) for name in re.findall(r'class="row-name">([^<]*)<', tree(page))]


def test_a_group_says_where_it_is_and_honestly_how_it_fares(
    admin: FlaskClient,
    plant: CameraGroup,
    make_live: Make,
) -> None:
    groups.update(
        plant, GroupInput(name="Plant", location="Hauptstraße 1", check_interval_seconds=900), NOW, EVERYTHING
    )
    gate = at("Plant", "Building 2", "Gate")
    make_live(group_id=plant.id)
    for fields in ({"status": "offline"}, {"status": "degraded"}, {"is_active": False}, {}):
        make_live(group_id=gate.id, **fields)
    make_live(group_id=at("Depot").id, status="offline")
    said = head(admin.get(f"/groups/{plant.id}").text)
    assert "Hauptstraße 1 · 2 up · 1 degraded · 1 down (1 switched off, not counted)" in said
    assert "hands down: checks every 15 min" in said


def test_its_page_shows_the_cameras_of_its_sub_groups_and_the_way_to_it(
    admin: FlaskClient,
    plant: CameraGroup,
    make_live: Make,
) -> None:
    make_live(name="Barrier", group_id=at("Plant", "Building 2", "Gate").id)
    make_live(name="Elsewhere", group_id=at("Depot").id)
    page = admin.get(f"/groups/{at('Plant', 'Building 2').id}").text
    assert 'data-name="Barrier"' in page
    assert 'data-name="Elsewhere"' not in page
    assert "Fleet › Plant" in text(page)
    assert re.search(r'class="subgroups">.*?Gate', page, re.S)


def test_an_open_page_follows_its_group(
    admin: FlaskClient,
    plant: CameraGroup,
    make_live: Make,
    sweep_lives: None,
) -> None:
    camera = make_live(group_id=plant.id)
    poll = poll_url(admin.get(f"/groups/{plant.id}").text)
    change(camera, status="offline")
    changed = admin.get(poll).text
    assert "1 down" in head(changed)
    poll = poll_url(changed)
    groups.update(plant, GroupInput(name="Plant", location="Moved out"), NOW, EVERYTHING)
    assert "Moved out" in head(admin.get(poll).text)


def test_an_open_page_of_a_deleted_group_leads_away(admin: FlaskClient, plant: CameraGroup) -> None:
    depot = at("Depot")
    poll = poll_url(admin.get(f"/groups/{depot.id}").text)
    admin.post(f"/groups/{depot.id}/delete")
    assert admin.get(poll).headers["HX-Redirect"] == "/cameras"


def test_the_way_to_the_current_group_is_open(admin: FlaskClient, plant: CameraGroup) -> None:
    for number in range(41):
        at(f"Site {number:02}", "Office")
    page = admin.get(f"/groups/{at('Plant', 'Building 2', 'Gate').id}").text
    open_folds = re.findall(r'aria-expanded="true" aria-controls="g-([0-9a-f-]+)-c"', tree(page))
    assert open_folds == [plant.id, at("Plant", "Building 2").id]


@pytest.mark.parametrize(("role", "count"), [(Role.OPERATOR, 1), (Role.VIEWER, 0)])
def test_who_may_can_add_a_group_and_change_it(
    as_role: Callable[[Role], FlaskClient],
    plant: CameraGroup,
    role: Role,
    count: int,
) -> None:
    page = as_role(role).get(f"/groups/{plant.id}").text
    assert page.count(f'id="tree-add" class="quiet" href="/groups/new?parent_id={plant.id}"') == count
    for act in ("edit", "move", "delete"):
        assert page.count(f'href="/groups/{plant.id}/{act}"') == count


def test_without_a_group_it_says_what_to_do(as_role: Callable[[Role], FlaskClient]) -> None:
    assert "Add the first" in text(tree(as_role(Role.OPERATOR).get("/cameras").text))


def test_a_viewer_without_a_group_is_offered_nothing(as_role: Callable[[Role], FlaskClient]) -> None:
    assert text(tree(as_role(Role.VIEWER).get("/cameras").text)).endswith("No groups yet. ")


def test_somebody_without_any_rights_is_told_whom_to_ask(as_role: Callable[[Role], FlaskClient]) -> None:
    assert "Ask an administrator" in text(tree(as_role(Role.NONE).get("/cameras").text))


def test_somebody_with_rights_on_a_group_sees_that_one_and_what_lies_below(
    plant: CameraGroup,
    client: FlaskClient,
    make_user: Callable[..., User],
    make_live: Make,
) -> None:
    building = at("Plant", "Building 2")
    make_live(group_id=at("Depot").id)
    make_live(group_id=building.id)
    page = sign_in_on(building, client, make_user).get(f"/groups/{building.id}").text
    assert rows(page) == ["All cameras", "Building 2", "Gate"]
    assert "Plant" not in text(page)
    assert "Depot" not in text(page)
    assert f'href="/groups/{building.id}/edit"' in page
    assert f'href="/groups/{building.id}/move"' not in page
