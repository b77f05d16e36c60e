"""Adding, changing, moving and deleting groups through the pages, as a browser without scripts sends them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.views.conftest import FRAGMENT
from tests.views.group_tree import at, make_plant, sign_in_on, text
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Report, Role, User, new_id
from webapp.schemas import GroupInput
from webapp.services import groups
from webapp.services.rights import EVERYTHING

Make = Callable[..., Camera]
NOW = datetime.now(UTC)


@pytest.fixture
def plant(app: Flask) -> CameraGroup:
    return make_plant()


@pytest.fixture
def scoped(client: FlaskClient, make_user: Callable[..., User]) -> Callable[..., FlaskClient]:
    return lambda group, role=Role.OPERATOR: sign_in_on(group, client, make_user, role)


def stored(group: CameraGroup) -> CameraGroup | None:
    db.session.expire_all()
    return db.session.get(CameraGroup, group.id)


def path(group: CameraGroup) -> str:
    db.session.expire_all()
    return " › ".join(node.name for node in groups.tree(NOW, EVERYTHING).path(group.id))


def choices(page: str, name: str) -> list[str]:
    found = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.S)
    assert found, name
    return [html.unescape(word) for word in re.findall(r"<option[^>]*>([^<]*)<", found[0])]


class TestAdding:
    def test_a_group_is_added_where_one_stands(self, admin: FlaskClient, plant: CameraGroup) -> None:
        page = admin.get(f"/groups/new?parent_id={plant.id}").text
        assert f'<option selected value="{plant.id}">Plant' in page
        answer = admin.post("/groups/new", data={"name": "Dock", "location": "North", "parent_id": plant.id})
        made = db.session.query(CameraGroup).filter_by(name="Dock").one()
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/groups/{made.id}")
        assert (path(made), made.location) == ("Plant › Dock", "North")

    def test_what_is_wrong_stands_at_its_field_beside_what_was_typed(
        self, admin: FlaskClient, plant: CameraGroup
    ) -> None:
        sent = {"name": "Building 1", "parent_id": plant.id, "detection_sensitivity": "7", "location": "North"}
        page = admin.post("/groups/new", data=sent)
        assert page.status_code == 422
        assert "Sensitivity must lie between 0 and 1." in page.text
        page = admin.post("/groups/new", data=sent | {"detection_sensitivity": ""})
        assert page.status_code == 422
        assert "“Building 1” here already" in text(page.text)
        assert 'value="North"' in page.text
        assert re.search(r'<input[^>]*aria-invalid="true"[^>]*name="name"', page.text)

    @pytest.mark.parametrize("parent", ["gone", "x' OR 1=1", "\x00", "a" * 5000])
    def test_a_parent_that_is_none_is_refused(self, admin: FlaskClient, plant: CameraGroup, parent: str) -> None:
        assert admin.get("/groups/new", query_string={"parent_id": parent}).status_code == 200
        assert admin.post("/groups/new", data={"name": "Dock", "parent_id": parent}).status_code == 422
        assert db.session.query(CameraGroup).filter_by(name="Dock").count() == 0


class TestEditing:
    def test_the_form_says_what_is_inherited_and_from_whom(self, admin: FlaskClient, plant: CameraGroup) -> None:
        groups.update(plant, GroupInput(name="Plant", enable_detection=False, retention_days=7), NOW, EVERYTHING)
        building = at("Plant", "Building 1")
        page = text(admin.get(f"/groups/{building.id}/edit").text)
        assert "Inherited: off, from Plant" in page
        assert "Inherited: 7 days, from Plant." in page
        assert "Inherited: 0.7, the general setting." in page
        own = text(admin.get(f"/groups/{plant.id}/edit").text)
        assert "Set here: 7 days. Left empty, inherited: 30 days, the general setting." in own

    def test_an_edit_is_saved_and_what_was_not_on_the_form_stays(self, admin: FlaskClient, plant: CameraGroup) -> None:
        gate = at("Plant", "Building 2", "Gate")
        admin.post(f"/groups/{gate.id}/edit", data={"name": "Main gate", "enable_detection": "false"})
        answer = admin.post(f"/groups/{gate.id}/edit", data={"check_interval_seconds": "300"})
        assert answer.headers["Location"] == f"/groups/{gate.id}"
        assert path(gate) == "Plant › Building 2 › Main gate"
        saved = stored(gate)
        assert saved
        assert (saved.enable_detection, saved.check_interval_seconds) == (False, 300)
        admin.post(f"/groups/{gate.id}/edit", data={"enable_detection": "", "check_interval_seconds": ""})
        saved = stored(gate)
        assert saved
        assert (saved.enable_detection, saved.check_interval_seconds) == (None, None)

    def test_a_second_person_is_told_what_changed_and_loses_nothing(
        self, admin: FlaskClient, plant: CameraGroup
    ) -> None:
        url = f"/groups/{plant.id}/edit"
        mine = {"name": "Plant", "location": "Mine", "retention_days": "9", "version": "1"}
        admin.post(url, data=mine | {"location": "Theirs"})
        answer = admin.post(url, data=mine)
        assert answer.status_code == 409
        row = re.search(r"<tr><th scope=\"row\">Location</th>.*?</tr>", answer.text)
        assert row
        assert re.findall(r">(\w+)</td>", row[0]) == ["Theirs", "Mine"]
        assert 'value="Mine"' in answer.text
        version = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)
        assert version
        admin.post(url, data=mine | {"version": version[1]})
        saved = stored(plant)
        assert saved
        assert saved.location == "Mine"

    def test_a_group_that_is_gone_is_not_found(self, admin: FlaskClient) -> None:
        for page in ("edit", "move", "delete"):
            for group_id in ("none", new_id()):
                assert admin.get(f"/groups/{group_id}/{page}").status_code == 404
                assert admin.post(f"/groups/{group_id}/{page}").status_code == 404


class TestMoving:
    def test_it_offers_every_place_but_its_own_and_those_within(self, admin: FlaskClient, plant: CameraGroup) -> None:
        building = at("Plant", "Building 2")
        offered = choices(admin.get(f"/groups/{building.id}/move").text, "parent_id")
        assert offered == ["At the top of the tree", "Depot", "Plant › Building 1"]

    def test_it_moves_with_all_it_holds(self, admin: FlaskClient, plant: CameraGroup) -> None:
        building, gate = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate")
        answer = admin.post(f"/groups/{building.id}/move", data={"parent_id": at("Depot").id})
        assert answer.headers["Location"] == f"/groups/{building.id}"
        assert path(gate) == "Depot › Building 2 › Gate"
        admin.post(f"/groups/{building.id}/move", data={"parent_id": "top"})
        assert path(gate) == "Building 2 › Gate"

    def test_a_circle_is_refused_in_a_sentence_at_the_field(self, admin: FlaskClient, plant: CameraGroup) -> None:
        gate = at("Plant", "Building 2", "Gate")
        answer = admin.post(f"/groups/{plant.id}/move", data={"parent_id": gate.id})
        assert answer.status_code == 422
        problem = re.search(r'id="parent_id-problem">([^<]*)<', answer.text)
        assert problem
        assert html.unescape(problem[1]) == (
            "“Plant” cannot move there: “Gate” lies within it. Choose a group outside of it."
        )
        assert path(gate) == "Plant › Building 2 › Gate"

    @pytest.mark.parametrize("sent", [{}, {"parent_id": ""}, {"parent_id": "gone"}, {"parent_id": "\x00"}])
    def test_nothing_chosen_moves_nothing(self, admin: FlaskClient, plant: CameraGroup, sent: dict[str, str]) -> None:
        building = at("Plant", "Building 1")
        assert admin.post(f"/groups/{building.id}/move", data=sent).status_code == 422
        assert path(building) == "Plant › Building 1"

    def test_in_a_dialog_success_leads_the_browser_to_the_group(self, admin: FlaskClient, plant: CameraGroup) -> None:
        building = at("Plant", "Building 1")
        answer = admin.post(f"/groups/{building.id}/move", data={"parent_id": "top"}, headers=FRAGMENT)
        assert answer.headers["HX-Redirect"] == f"/groups/{building.id}"


class TestDeleting:
    def test_it_says_what_the_group_holds_and_deletes_nothing_yet(
        self, admin: FlaskClient, plant: CameraGroup, make_camera: Make
    ) -> None:
        building, gate = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate")
        for name in ("One", "Two"):
            make_camera(name=name, group_id=gate.id)
        make_camera(name="Three", group_id=building.id)
        db.session.add(Report(name="Gate", group_id=gate.id, period="day", starts_at=NOW, ends_at=NOW))
        db.session.commit()
        page = admin.get(f"/groups/{building.id}/delete").text
        assert "It holds 1 camera and 1 sub-group with 2 cameras." in text(page)
        assert "What goes: the group, and each sub-group that you dissolve, with its settings," in text(page)
        assert "and with 1 report about it or a sub-group. This cannot be undone." in text(page)
        assert "What stays: every camera, with its own settings, its history and its pictures." in text(page)
        assert choices(page, "target_id") == [
            "No group, at the top of the tree",
            "Depot",
            "Plant",
            "Plant › Building 1",
        ]
        assert f'<option selected value="{plant.id}">' in page
        assert stored(building)

    def test_its_cameras_and_sub_groups_go_where_one_chose(
        self, admin: FlaskClient, plant: CameraGroup, make_camera: Make
    ) -> None:
        building, gate = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate")
        camera = make_camera(group_id=building.id)
        answer = admin.post(f"/groups/{building.id}/delete", data={"target_id": plant.id, "subgroups": "keep"})
        assert answer.headers["Location"] == f"/groups/{plant.id}"
        assert db.session.query(CameraGroup).filter_by(name="Building 2").count() == 0
        assert path(gate) == "Plant › Gate"
        db.session.refresh(camera)
        assert camera.group_id == plant.id
        told = text(admin.get("/me").text)
        assert "Building 2 is deleted. 1 camera and 1 sub-group moved to Plant." in told

    @pytest.mark.parametrize("sent", [{}, {"target_id": ""}, {"target_id": "gone"}, {"subgroups": "burn"}])
    def test_without_a_place_for_them_nothing_is_deleted(
        self, admin: FlaskClient, plant: CameraGroup, make_camera: Make, sent: dict[str, str]
    ) -> None:
        depot = at("Depot")
        make_camera(group_id=depot.id)
        assert admin.post(f"/groups/{depot.id}/delete", data=sent).status_code == 422
        assert stored(depot)

    def test_one_that_got_a_camera_meanwhile_asks_after_all(
        self, admin: FlaskClient, plant: CameraGroup, make_camera: Make
    ) -> None:
        depot = at("Depot")
        assert "<select" not in admin.get(f"/groups/{depot.id}/delete").text.split("<main")[1]
        make_camera(group_id=depot.id)
        page = admin.post(f"/groups/{depot.id}/delete").text
        assert "Say where they go" in page
        assert choices(page, "target_id")

    def test_an_empty_one_goes_at_once(self, admin: FlaskClient, plant: CameraGroup) -> None:
        assert admin.post(f"/groups/{at('Depot').id}/delete").headers["Location"] == "/cameras"
        assert db.session.query(CameraGroup).filter_by(name="Depot").count() == 0


class TestRightsOnAGroup:
    def test_below_the_group_one_may_do_all(self, plant: CameraGroup, scoped: Callable[..., FlaskClient]) -> None:
        building, gate = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate")
        client = scoped(building)
        page = client.get(f"/groups/new?parent_id={building.id}").text
        assert choices(page, "parent_id") == ["Building 2", "Building 2 › Gate"]
        assert client.post("/groups/new", data={"name": "Dock", "parent_id": building.id}).status_code == 303
        dock = db.session.query(CameraGroup).filter_by(name="Dock").one()
        assert client.post(f"/groups/{gate.id}/move", data={"parent_id": dock.id}).status_code == 303
        assert client.post(f"/groups/{building.id}/edit", data={"location": "West"}).status_code == 303
        assert client.post(f"/groups/{dock.id}/delete", data={"target_id": building.id}).status_code == 303
        assert path(gate) == "Plant › Building 2 › Gate"

    def test_the_group_itself_stays_and_nothing_leaves_it(
        self, plant: CameraGroup, scoped: Callable[..., FlaskClient]
    ) -> None:
        building, gate, depot = at("Plant", "Building 2"), at("Plant", "Building 2", "Gate"), at("Depot")
        client = scoped(building)
        for page in ("move", "delete"):
            assert client.get(f"/groups/{building.id}/{page}").status_code == 403
            assert client.post(f"/groups/{building.id}/{page}", data={"parent_id": "top"}).status_code == 403
        for target in ("top", depot.id, plant.id):
            assert client.post(f"/groups/{gate.id}/move", data={"parent_id": target}).status_code == 422
        assert client.post("/groups/new", data={"name": "Mine", "parent_id": ""}).status_code == 422
        assert client.post(f"/groups/{gate.id}/edit", data={"parent_id": depot.id}).status_code == 422
        assert path(gate) == "Plant › Building 2 › Gate"

    def test_what_lies_elsewhere_is_not_there(self, plant: CameraGroup, scoped: Callable[..., FlaskClient]) -> None:
        client = scoped(at("Plant", "Building 2"))
        for group in (plant, at("Depot"), at("Plant", "Building 1")):
            for page in ("", "/edit", "/move", "/delete"):
                assert client.get(f"/groups/{group.id}{page}").status_code == 404
            assert client.post(f"/groups/{group.id}/edit", data={"name": "Mine"}).status_code == 404

    def test_who_may_only_look_changes_nothing(self, plant: CameraGroup, scoped: Callable[..., FlaskClient]) -> None:
        client = scoped(plant, Role.VIEWER)
        assert client.get(f"/groups/{plant.id}").status_code == 200
        for page in ("edit", "move", "delete"):
            assert client.get(f"/groups/{plant.id}/{page}").status_code == 403
            assert client.post(f"/groups/{plant.id}/{page}").status_code == 403

    def test_a_value_from_above_ones_own_rights_is_said_without_the_name_of_the_group(
        self, plant: CameraGroup, scoped: Callable[..., FlaskClient]
    ) -> None:
        groups.update(plant, GroupInput(name="Plant", retention_days=7), NOW, EVERYTHING)
        building = at("Plant", "Building 2")
        page = text(scoped(building).get(f"/groups/{building.id}/edit").text)
        assert "Inherited: 7 days, from a group above yours." in page
        assert "Plant" not in page
