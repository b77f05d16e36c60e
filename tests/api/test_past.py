"""What was, over the API: health, statuses, outages and who knows of them, kept pictures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

import jobs.reports
from tests.api.conftest import Api, problems
from tests.views.strangers import give_snapshot
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, GroupRole, Role, StatusChange, User


@pytest.fixture
def failed(make_live: Callable[..., Camera], now: datetime) -> Camera:
    """Offline for an hour."""
    since = now - timedelta(hours=1)
    camera = make_live(status="offline", status_since=since, outcome="timeout", created_at=now - timedelta(days=2))
    db.session.add(StatusChange(camera_id=camera.id, at=since, old="live", new="offline", reason="timeout"))
    db.session.commit()
    return camera


def test_the_statuses_follow_each_other_without_gaps(admin: Api, failed: Camera) -> None:
    told = admin.data("GET", f"/cameras/{failed.id}/timeline")
    assert [stay["status"] for stay in told["stays"]] == ["live", "offline"]
    assert told["stays"][0]["end"] == told["stays"][1]["start"]
    assert 3500 < told["seconds"]["down"] < 3700
    found = admin.data("GET", f"/cameras/{failed.id}/availability")
    assert 0.95 < found["uptime"] < 0.97
    assert found["outages"] == 1


def test_an_outage_is_listed_and_acknowledged(admin: Api, failed: Camera) -> None:
    outage = admin.data("GET", f"/cameras/{failed.id}/outages")[0]
    assert (outage["severity"], outage["reason"], outage["end"]) == ("offline", "timeout", None)
    path = f"/problems/{outage['id']}/acknowledge"
    assert admin.data("POST", path, {"reason": "Known"})["is_acknowledged"] is True
    listed = admin.data("GET", "/problems")
    assert [(found["camera_id"], found["acknowledged"]["reason"]) for found in listed] == [(failed.id, "Known")]
    assert admin.data("GET", f"/cameras/{failed.id}/outages")[0]["acknowledged"]["reason"] == "Known"
    assert admin.data("DELETE", path)["is_acknowledged"] is False
    assert admin.data("GET", "/problems?is_acknowledged=true") == []


def test_the_health_of_a_span_comes_in_points(admin: Api, failed: Camera) -> None:
    assert admin.data("GET", f"/cameras/{failed.id}/health")["points"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=yesterday", "since"),
        ("since=2026-11-22", "since"),
        ("since=2026-11-22T00:00:00Z&until=2026-11-21T00:00:00Z", "since"),
        ("since=2001-01-01T00:00:00Z&until=2026-11-21T00:00:00Z", "since"),
        ("until=0001-01-01T00:00:00Z", "until"),
    ],
)
def test_what_is_no_span_is_refused(admin: Api, failed: Camera, query: str, field: str) -> None:
    for what in ("health", "timeline", "outages", "availability"):
        answer = admin.get(f"/cameras/{failed.id}/{what}?{query}")
        assert answer.status_code == 422, (what, answer.text)
        assert field in problems(answer)


def test_a_span_to_come_says_nothing(admin: Api, failed: Camera) -> None:
    for what in ("health", "timeline", "outages", "availability"):
        path = f"/cameras/{failed.id}/{what}?since=2126-01-01T00:00:00Z&until=2126-01-02T00:00:00Z"
        assert admin.get(path).status_code == 200, what


def test_a_kept_picture_is_listed_read_and_deleted(admin: Api, failed: Camera) -> None:
    kept = give_snapshot(failed)
    listed = admin.data("GET", f"/cameras/{failed.id}/snapshots")
    assert [found["id"] for found in listed] == [kept.id]
    path = listed[0]["picture_url"].removeprefix("/api/v1")
    assert admin.get(path).mimetype == "image/jpeg"
    admin.data("DELETE", path)
    assert admin.get(path).status_code == 404


def test_the_state_of_the_system_is_told(admin: Api) -> None:
    told = admin.data("GET", "/status")
    assert told["level"]
    assert all(check["sentence"] for check in told["checks"])


def test_a_report_is_asked_for_followed_and_read(admin: Api, failed: Camera) -> None:
    answer = admin.post("/reports", {"period": "day"})
    assert answer.status_code == 202, answer.text
    path = answer.headers["Location"].removeprefix("/api/v1")
    assert admin.data("GET", path)["state"] == "queued"
    assert admin.get(f"{path}/csv").status_code == 409
    jobs.reports.make(path.rpartition("/")[2])
    told = admin.data("GET", path)
    assert told["state"] == "done"
    assert told["result"]
    assert "Gate 2" in admin.get(f"{path}/csv").text
    assert len(admin.data("GET", "/reports")) == 1
    admin.data("DELETE", path)
    assert admin.data("GET", "/reports") == []


def test_the_system_counts_no_cameras_that_one_may_not_see(
    as_: Callable[..., Api], make_user: Callable[..., User], make_camera: Callable[..., Camera]
) -> None:
    person, group = make_user(Role.NONE), CameraGroup(name="North")
    db.session.add(group)
    db.session.flush()
    db.session.add(GroupRole(user_id=person.id, group_id=group.id, role=Role.VIEWER))
    make_camera(name="Mine", group_id=group.id, is_active=False)
    make_camera(name="Foreign", is_active=False)
    assert as_(user=person).data("GET", "/status")["cameras"] == {"disabled": 1}
    assert as_(Role.ADMIN).data("GET", "/status")["cameras"] == {"disabled": 2}
