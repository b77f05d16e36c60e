"""The group tree over the API."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.conftest import Api, problems
from webapp.api.shapes import GroupShape
from webapp.models import Camera


def test_a_group_is_made_changed_moved_and_deleted(admin: Api, make_live: Callable[..., Camera]) -> None:
    site = admin.data("POST", "/cameras/groups", {"name": "Site", "detection_sensitivity": 0.4})
    gate = admin.data("POST", "/cameras/groups", {"name": "Gate", "parent_id": site["id"]})
    camera = make_live(group_id=gate["id"])
    assert (gate["path"], gate["detection_sensitivity"]) == (["Site", "Gate"], 0.4)
    assert set(gate) == set(GroupShape.__annotations__), "as it is documented"
    assert set(gate["inherited"]) >= {"detection_sensitivity", "enable_detection"}
    listed = admin.data("GET", "/cameras/groups")
    assert [(group["name"], group["cameras"]["total"]) for group in listed] == [("Site", 1), ("Gate", 1)]
    path = f"/cameras/groups/{gate['id']}"
    changed = admin.data("PUT", path, {"location": "North"})
    assert (changed["name"], changed["location"], changed["parent_id"]) == ("Gate", "North", site["id"])
    assert admin.put(path, {"location": "South"}, headers={"If-Match": '"1"'}).status_code == 412
    assert admin.data("POST", f"{path}/move", {"parent_id": "top"})["path"] == ["Gate"]
    assert "target_id" in problems(admin.call("DELETE", path))
    gone = admin.data("DELETE", f"{path}?target_id={site['id']}")
    assert gone["moved_cameras"] == 1
    assert admin.data("GET", f"/cameras/{camera.id}")["group_id"] == site["id"]


def test_a_group_cannot_lie_in_itself(admin: Api) -> None:
    site = admin.data("POST", "/cameras/groups", {"name": "Site"})
    assert "parent_id" in problems(admin.post(f"/cameras/groups/{site['id']}/move", {"parent_id": site["id"]}))
    assert "name" in problems(admin.post("/cameras/groups", {"name": "Site"}))
