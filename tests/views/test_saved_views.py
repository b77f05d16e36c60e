"""Saved views on pages: made, listed beside the groups, renamed, deleted; and only addresses of ours are kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from webapp.extensions import db
from webapp.models import CameraGroup, Role, SavedView, User, utc_now
from webapp.schemas import SavedViewInput
from webapp.services import saved_views


def save(client: FlaskClient, address: str, name: str = "Night shift", **fields: str) -> int:
    return client.post("/views", data={"name": name, "address": address, **fields}).status_code


def stored() -> list[SavedView]:
    db.session.expire_all()
    return db.session.query(SavedView).order_by(SavedView.name).all()


def test_a_view_is_saved_as_the_grid_writes_it_and_stands_in_the_sidebar(admin: FlaskClient) -> None:
    assert save(admin, "/cameras?status=offline&status=nonsense&q=gate&page=3&evil=1", is_shared="true") == 303
    (view,) = stored()
    assert (view.address, view.is_shared) == ("/cameras?status=offline&q=gate", True)
    page = admin.get("/cameras").text
    assert 'href="/cameras?status=offline&amp;q=gate"' in page
    assert "Night shift" in page.split('id="views"')[1]
    assert 'aria-current="page"' in admin.get(view.address).text.split('id="views"')[1].split("</nav>")[0]


def test_the_view_of_a_group_is_kept_with_its_group(admin: FlaskClient) -> None:
    group = CameraGroup(name="Gate")
    db.session.add(group)
    db.session.commit()
    assert save(admin, f"/groups/{group.id}?view=table") == 303
    assert stored()[0].address == f"/groups/{group.id}?view=table"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/cameras",
        "//evil.example/cameras",
        "/\\evil.example",
        "javascript:alert(1)",
        "/users",
        "",
        "x",
    ],
)
def test_another_address_is_refused(admin: FlaskClient, address: str) -> None:
    assert save(admin, address) == 400
    assert stored() == []


def test_a_view_without_a_name_is_asked_for_one_and_keeps_its_address(admin: FlaskClient) -> None:
    answer = admin.post("/views", data={"name": " ", "address": "/cameras?q=gate"})
    assert answer.status_code == 422
    assert 'value="/cameras?q=gate"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert save(admin, "/cameras?q=gate") == 303


def test_it_is_renamed_and_deleted_with_plain_forms(admin: FlaskClient) -> None:
    save(admin, "/cameras?q=gate")
    (view,) = stored()
    assert admin.post(f"/views/{view.id}", data={"name": "Day shift"}).status_code == 303
    assert "Day shift" in admin.get("/views").text
    assert admin.post(f"/views/{view.id}", data={"name": ""}).status_code == 422
    assert admin.post(f"/views/{view.id}/delete").status_code == 303
    assert stored() == []


def test_a_colleagues_view_can_be_opened_but_not_changed(
    as_role: Callable[[Role], FlaskClient], make_user: Callable[..., User]
) -> None:
    view = saved_views.create(SavedViewInput(name="Gates", is_shared=True), "/cameras?q=gate", make_user(), utc_now())
    client = as_role(Role.VIEWER)
    assert "Gates" in client.get("/cameras").text
    assert f"/views/{view.id}" not in client.get("/views").text
    for path in (f"/views/{view.id}", f"/views/{view.id}/delete", "/views/none"):
        assert client.post(path, data={"name": "Mine"}).status_code == 404
    assert [found.name for found in stored()] == ["Gates"]
