"""Cameras over the API: lists, one, changes, and the versions that keep two integrators apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import Api, problems
from tests.views.conftest import counted_queries
from webapp.api.shapes import CameraShape
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Role, utc_now

NEW = {"name": "Front Door", "rtsp_url": "rtsp://192.168.1.100:8554/stream", "username": "admin", "password": "s3cret"}


def test_a_camera_is_made_read_changed_and_deleted(admin: Api, asked: list[str]) -> None:
    answer = admin.post("/cameras", NEW)
    assert answer.status_code == 201, answer.text
    made = answer.json["data"]  # type: ignore[index]
    assert asked == [made["id"]]
    assert answer.headers["Location"] == f"/api/v1/cameras/{made['id']}"
    assert made["has_password"] is True
    assert (made["enable_detection"], made["status"], made["version"]) == (True, "idle", 1)
    assert "s3cret" not in answer.text
    assert set(made) == set(CameraShape.__annotations__), "as it is documented"
    path = f"/cameras/{made['id']}"
    assert admin.data("GET", path) == made
    changed = admin.data("PUT", path, {"location": "Main Entrance", "fps": 25})
    assert (changed["location"], changed["fps"], changed["name"], changed["has_password"]) == (
        "Main Entrance",
        25,
        "Front Door",
        True,
    )
    assert admin.data("DELETE", path) == {"id": made["id"], "deleted": True}
    assert admin.get(path).status_code == 404


def test_a_list_comes_in_pages_with_its_meta(admin: Api, make_live: Callable[..., Camera]) -> None:
    for number in range(5):
        make_live(name=f"Camera {number}", is_active=number != 2)
    answer = admin.get("/cameras?page=2&page_size=2").json
    assert answer
    assert [camera["name"] for camera in answer["data"]] == ["Camera 2", "Camera 3"]
    assert answer["meta"] == {"page": 2, "pageSize": 2, "total": 5, "totalPages": 3}
    assert answer["data"][0]["createdAt"].endswith("Z")
    assert admin.get("/cameras?active_only=true").json["meta"]["total"] == 4  # type: ignore[index]
    assert admin.data("GET", "/cameras?page=9") == []


def test_a_list_is_filtered_sorted_and_kept_short(admin: Api, make_live: Callable[..., Camera]) -> None:
    site = CameraGroup(name="Site")
    db.session.add(site)
    db.session.flush()
    gate = CameraGroup(name="Gate", parent_id=site.id, detection_sensitivity=0.3)
    db.session.add(gate)
    db.session.commit()
    make_live(name="A", group_id=gate.id, tags=("night",), findings=("blurred",))
    make_live(name="B", status="offline", outcome="timeout")
    told = admin.data("GET", f"/cameras?group_id={site.id}&fields=name,detection_sensitivity,inherited")
    assert [(camera["name"], camera["detection_sensitivity"]) for camera in told] == [("A", 0.3)]
    assert set(told[0]) == {"id", "name", "detection_sensitivity", "inherited"}
    for query, names in {
        "status=offline": ["B"],
        "status=offline&status=live": ["A", "B"],
        "reason=timeout": ["B"],
        "reason=blurred": ["A"],
        "reason=blurred&reason=timeout": ["A", "B"],
        "tag=night": ["A"],
        "q=gate": ["A"],
        "sort=-name": ["B", "A"],
        "sort=worst": ["B", "A"],
    }.items():
        assert [camera["name"] for camera in admin.data("GET", f"/cameras?{query}")] == names, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page_size=1000000000", "page_size"),
        ("sort=password", "sort"),
        ("fields=password_encrypted", "fields"),
        ("status=broken", "status.0"),
        ("reason=broken", "reason.0"),
        ("group_id=00000000-0000-4000-8000-000000000000", "group_id"),
        ("colour=red", "colour"),
        ("q=a%00b", "q"),
    ],
)
def test_a_wrong_parameter_is_named(admin: Api, query: str, field: str) -> None:
    answer = admin.get(f"/cameras?{query}")
    assert answer.status_code == 422
    assert field in problems(answer)


def test_a_change_on_top_of_somebody_elses_is_refused_with_what_differs(
    admin: Api, make_live: Callable[..., Camera]
) -> None:
    path = f"/cameras/{make_live().id}"
    first = admin.get(path).headers["ETag"]
    assert admin.put(path, {"location": "Left"}, headers={"If-Match": first}).status_code == 200
    late = admin.put(path, {"location": "Right"}, headers={"If-Match": first})
    assert late.status_code == 412
    assert problems(late) == {"location": "It is “Left” by now."}
    assert late.headers["ETag"] == '"2"'
    assert admin.put(path, {"location": "Right", "version": 1}).status_code == 409
    assert admin.call("DELETE", path, headers={"If-Match": first}).status_code == 412
    assert admin.put(path, {"location": "Right"}, headers={"If-Match": "*"}).status_code == 200


def test_the_state_says_whether_it_is_checked_and_who_works_on_it(admin: Api, make_live: Callable[..., Camera]) -> None:
    path = f"/cameras/{make_live().id}/state"
    assert admin.data("PATCH", path, {"is_active": False})["status"] == "disabled"
    assert admin.data("PATCH", path, {"is_active": True})["status"] == "live"
    until = (utc_now() + timedelta(hours=1)).isoformat()
    assert admin.data("PATCH", path, {"maintenance_until": until})["status"] == "maintenance"
    assert admin.data("PATCH", path, {"maintenance_until": None})["maintenance_until"] is None
    assert admin.call("PATCH", path, {}).status_code == 422


def test_who_only_reads_learns_neither_the_path_of_a_stream_nor_its_user(
    as_: Callable[..., Api], make_live: Callable[..., Camera]
) -> None:
    make_live(rtsp_url="rtsp://10.20.4.14:554/secret", username="root")
    told = as_(Role.VIEWER).get("/cameras").text
    assert "rtsp://10.20.4.14:554" in told
    assert "secret" not in told
    assert "root" not in told


def test_a_list_costs_the_same_queries_however_long_it_is(admin: Api, make_live: Callable[..., Camera]) -> None:
    def queries() -> int:
        with counted_queries() as made:
            assert admin.get("/cameras?page_size=200").status_code == 200
        return len(made)

    make_live(name="First")
    admin.get("/cameras")
    few = queries()
    for number in range(30):
        make_live(name=f"Camera {number}")
    assert queries() == few <= 5


def test_the_same_create_twice_makes_one_camera(admin: Api, asked: list[str]) -> None:
    def create(key: str, **more: Any) -> Any:
        return admin.post("/cameras", NEW | more, headers={"Idempotency-Key": key})

    first, again = create("one"), create("one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert create("one", name="Another").status_code == 422
    assert create("two").json["data"]["id"] != first.json["data"]["id"]
    assert create("bad", name="").status_code == 422
    assert create("bad").status_code == 201, "what failed left no answer behind"
