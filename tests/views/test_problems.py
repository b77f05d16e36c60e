"""The problems page: what it says, acknowledging in place and without scripts, muting, the badge."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from tests.views.conftest import FRAGMENT, change, counted_queries, poll_url
from webapp.extensions import db
from webapp.models import Acknowledgement, Camera, CameraGroup, Role, StatusChange

Make = Callable[..., Camera]


@pytest.fixture
def failing(make_live: Make) -> Callable[..., Camera]:
    """A camera that went offline, or degraded, so many minutes ago, with the change that says so."""

    def make(name: str, minutes: int = 12, status: str = "offline", **fields: object) -> Camera:
        since = datetime.now(UTC) - timedelta(minutes=minutes)
        known = {"name": name, "status": status, "outcome": "timeout", "status_since": since}
        camera = make_live(**(known | fields))
        db.session.add(StatusChange(camera_id=camera.id, at=since, old="live", new=status, reason="timeout"))
        db.session.commit()
        return camera

    return make


def row(page: str, camera: Camera) -> str:
    found = re.search(rf'<li id="p-{camera.id}".*?</li>', page, re.S)
    return found[0] if found else ""


def ack_url(page: str, camera: Camera, act: str = "ack") -> str:
    found = re.search(rf'id="p-{camera.id}-{act}" method="post" action="([^"]+)"', page)
    assert found, row(page, camera)
    return found[1].replace("&amp;", "&")


def badge(page: str) -> str:
    found = re.search(r'<a id="problems".*?</a>', page, re.S)
    assert found
    return re.sub(r"<[^>]+>|\s+", " ", found[0]).strip()


def test_a_problem_says_since_when_why_and_what_to_do(admin: FlaskClient, failing: Make) -> None:
    page = admin.get("/problems").text
    assert "No open problems" in page
    camera = failing("Gate 2")
    found = row(admin.get("/problems").text, camera)
    assert "The camera did not answer in time." in found
    assert "Check power, cable and switch" in found
    assert "12 min" in found
    assert "Offline" in found


def test_the_worst_and_newest_stand_first(admin: FlaskClient, failing: Make) -> None:
    for name, minutes, status in (("old", 90, "offline"), ("slow", 1, "degraded"), ("new", 5, "offline")):
        failing(name, minutes, status)
    page = admin.get("/problems").text
    assert re.findall(r'<li id="p-[^>]*data-name="(\w+)"', page) == ["new", "old", "slow"]


def test_the_filter_is_in_the_address(admin: FlaskClient, failing: Make) -> None:
    yard = CameraGroup(name="Yard")
    db.session.add(yard)
    db.session.commit()
    failing("gate", group_id=yard.id)
    failing("slow", status="degraded")
    assert re.findall(r'data-name="(\w+)"', admin.get(f"/problems?group={yard.id}").text) == ["gate"]
    assert re.findall(r'data-name="(\w+)"', admin.get("/problems?severity=degraded&muted=no").text) == ["slow"]
    nothing = admin.get("/problems?acknowledged=yes").text
    assert "No problem matches" in nothing
    assert admin.get("/problems?severity=x&group=y&page=z&muted=perhaps").status_code == 200


def test_somebody_says_without_scripts_that_they_know(admin: FlaskClient, failing: Make) -> None:
    camera = failing("Gate 2")
    page = admin.get("/problems?severity=offline").text
    assert badge(page) == "1 problem"
    answer = admin.post(ack_url(page, camera), data={"reason": "power cut"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/problems?severity=offline")
    page = admin.get("/problems").text
    assert "knows" in row(page, camera)
    assert "power cut" in row(page, camera)
    assert badge(page) == "1 known problem"
    assert admin.post(ack_url(page, camera, "back")).status_code == 303
    assert badge(admin.get("/problems").text) == "1 problem"


def test_in_place_the_answer_is_the_list_the_badge_and_the_next_poll(admin: FlaskClient, failing: Make) -> None:
    camera = failing("Gate 2")
    page = admin.get("/problems").text
    answer = admin.post(ack_url(page, camera), data={"reason": ""}, headers=FRAGMENT)
    assert answer.status_code == 200
    assert 'id="problem-list"' in answer.text
    assert badge(answer.text) == "1 known problem"
    assert "/live/problems" in poll_url(answer.text)
    assert "toast" in answer.headers["HX-Trigger"]


def test_from_the_page_of_the_camera_it_leads_back_there(admin: FlaskClient, failing: Make) -> None:
    camera = failing("Gate 2")
    page = admin.get(f"/cameras/{camera.id}").text
    answer = admin.post(ack_url(page, camera), data={"reason": "power cut"})
    assert answer.headers["Location"] == f"/cameras/{camera.id}"
    assert "power cut" in admin.get(f"/cameras/{camera.id}").text


def test_a_poll_brings_what_is_new_and_nothing_when_nothing_is(
    admin: FlaskClient, failing: Make, make_live: Make, sweep_lives: None
) -> None:
    failing("Gate 2")
    other = make_live(name="Gate 3")
    page = admin.get("/problems").text
    assert admin.get(poll_url(page), headers=FRAGMENT).status_code == 204
    since = datetime.now(UTC)
    db.session.add(StatusChange(camera_id=other.id, at=since, old="live", new="offline", reason="refused"))
    change(other, status="offline", outcome="refused", status_since=since)
    answer = admin.get(poll_url(page), headers=FRAGMENT)
    assert "refuse" in row(answer.text, other)
    assert badge(answer.text) == "2 problems"
    assert admin.get(poll_url(answer.text), headers=FRAGMENT).status_code == 204


def test_who_may_only_look_sees_who_knows_and_no_form(
    client: FlaskClient, as_role: Callable[[Role], FlaskClient], failing: Make
) -> None:
    camera = failing("Gate 2")
    began = db.session.query(StatusChange).one()
    db.session.add(Acknowledgement(change_id=began.id, actor="Ada", reason="power cut"))
    db.session.commit()
    found = row(as_role(Role.VIEWER).get("/problems").text, camera)
    assert "Ada" in found
    assert "<form" not in found


def test_muting_asks_why_and_until_when(admin: FlaskClient, failing: Make) -> None:
    camera = failing("Gate 2")
    url = f"/cameras/{camera.id}/mute"
    assert "Mute Gate 2" in admin.get(url).text
    assert admin.post(url, data={"span": "hour", "reason": ""}).status_code == 422
    assert admin.post(url, data={"span": "moment", "until": "2020-01-01T00:00", "reason": "x"}).status_code == 422
    assert admin.post(url, data={"span": "hour", "reason": "roof work"}).status_code == 303
    page = admin.get("/problems").text
    assert "Muted until" in row(page, camera)
    assert "roof work" in row(page, camera)
    assert badge(page) == "1 known problem"
    assert admin.post(f"/cameras/{camera.id}/unmute").status_code == 303
    assert badge(admin.get("/problems").text) == "1 problem"


def test_a_group_is_muted_with_all_beneath_it(admin: FlaskClient, failing: Make) -> None:
    yard = CameraGroup(name="Yard")
    db.session.add(yard)
    db.session.commit()
    failing("Gate 2", group_id=yard.id)
    assert admin.post(f"/groups/{yard.id}/mute", data={"span": "day", "reason": "works"}).status_code == 303
    page = admin.get("/problems").text
    assert "with its group" in page
    assert "with all beneath it" in page
    assert badge(page) == "1 known problem"


def test_a_flapping_camera_says_so_everywhere(admin: FlaskClient, failing: Make) -> None:
    camera = failing("Gate 2", status="live", flapping_since=datetime.now(UTC) - timedelta(minutes=20))
    found = row(admin.get("/problems").text, camera)
    assert "Flapping" in found
    assert "up at the moment" in found
    assert "Flapping" in admin.get("/cameras").text
    assert "flapping" in admin.get(f"/cameras/{camera.id}").text


def test_a_page_costs_as_many_queries_whatever_the_number_of_problems(admin: FlaskClient, failing: Make) -> None:
    found = []
    for size in (2, 30):
        for n in range(size - len(found) * 2):
            failing(f"{size}-{n}")
        with counted_queries() as queries:
            page = admin.get("/problems").text
        assert page.count('<li id="p-') == size
        found.append(len(queries))
    assert found[0] == found[1] <= 10
