"""The page of a camera's timeline: was it watched, when not, and why; in the zone of who asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from tests.views.conftest import FRAGMENT, counted_queries
from webapp.extensions import db
from webapp.models import Acknowledgement, Camera, CameraGroup, CameraSnapshot, ImageFinding, StatusChange, User, new_id
from webapp.views import timelines

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "utc_now", lambda: NOW)


@pytest.fixture
def gate(make_camera: Callable[..., Camera]) -> Camera:
    """Yesterday from 07:41 to 07:49 in Vienna it did not answer."""
    camera = make_camera(
        name="Gate 2", status="live", created_at=NOW - timedelta(days=40), next_due_at=NOW + MINUTE, fps=15.0
    )
    add(camera, datetime(2026, 11, 21, 6, 41, tzinfo=UTC), 8, "offline", "timeout")
    return camera


def add(camera: Camera, at: datetime, minutes: float, status: str, reason: str | None) -> StatusChange:
    begun = StatusChange(camera_id=camera.id, at=at, old="live", new=status, reason=reason)
    ended = StatusChange(camera_id=camera.id, at=at + minutes * MINUTE, old=status, new="live", reason="online")
    db.session.add_all([begun, ended])
    db.session.commit()
    return begun


def text_of(client: FlaskClient, camera: Camera, query: str = "", code: int = 200) -> str:
    answer = client.get(f"/cameras/{camera.id}/timeline?{query}")
    assert answer.status_code == code
    return " ".join(answer.text.split())


YESTERDAY = "from=2026-11-21T07:30&to=2026-11-21T09:15&zone=Europe/Vienna"


def test_it_says_whether_the_gate_was_watched_and_why_not(admin: FlaskClient, gate: Camera) -> None:
    page = text_of(admin, gate, YESTERDAY)
    assert "Watched 92.38 % of the time." in page
    assert "07:41–07:49</time>: no answer." in page
    assert "2026-11-21 07:30–09:15" in page
    assert "Vienna, UTC+1" in page


def test_the_time_zone_of_the_person_counts_more_than_that_of_the_address(
    client: FlaskClient, sign_in: Callable[..., User], gate: Camera
) -> None:
    user = sign_in(client)
    user.time_zone = "Asia/Kathmandu"
    db.session.commit()
    page = text_of(client, gate, YESTERDAY)
    assert "2026-11-21 12:15–14:00" in page
    assert "Kathmandu, UTC+5:45" in page


def test_of_an_outage_that_we_lost_sight_of_it_does_not_say_that_it_lasts(admin: FlaskClient, gate: Camera) -> None:
    db.session.add(StatusChange(camera_id=gate.id, at=NOW - 300 * MINUTE, old="live", new="offline", reason="timeout"))
    gate.status, gate.checked_at, gate.next_due_at = "offline", NOW - 200 * MINUTE, NOW - 199 * MINUTE
    db.session.commit()
    page = text_of(admin, gate, "range=24h")
    assert "not known: last checked" in page
    assert "<td>still</td>" not in page
    gate.next_due_at = NOW + MINUTE
    db.session.commit()
    assert "<td>still</td>" in text_of(admin, gate, "range=24h")


def test_what_is_not_known_is_neither_up_nor_down(admin: FlaskClient, gate: Camera) -> None:
    add(gate, NOW - 180 * MINUTE, 90, "unknown", "skipped")
    page = text_of(admin, gate, "from=2026-11-22T06:00&to=2026-11-22T12:00")
    assert "Watched 75 % of the time." in page
    assert "not checked, so not known" in page
    assert "<dt>Uptime</dt><dd>100 %</dd>" in page
    assert "<dt>Measured</dt><dd>75 % of the time</dd>" in page
    assert "No outage that we know of" in page


def test_a_camera_that_was_not_there_yet_says_so(admin: FlaskClient, gate: Camera) -> None:
    page = text_of(admin, gate, "from=2025-11-01T00:00&to=2025-11-30T00:00")
    assert "This camera was not there yet." in page
    assert "<rect" not in page.split('aria-label="Lanes"')[1]


def test_an_outage_says_who_acknowledged_it_and_leads_closer(admin: FlaskClient, gate: Camera) -> None:
    begun = add(gate, NOW - 100 * MINUTE, 73, "offline", "auth_failed")
    db.session.add(Acknowledgement(change_id=begun.id, actor="k.lang@example.com", reason="switch swap", at=NOW))
    db.session.commit()
    page = text_of(admin, gate)
    assert "1 h 13 min" in page
    assert "login rejected" in page
    assert "k.lang, " in page
    assert "“switch swap”" in page
    assert f'href="#o-{begun.id}"' in page
    assert "from=2026-11-22T10:01&amp;to=2026-11-22T11:51" in page


def test_an_outage_shows_the_picture_before_and_the_one_after(admin: FlaskClient, gate: Camera) -> None:
    begun = add(gate, NOW - 100 * MINUTE, 73, "offline", "timeout")
    [ended] = db.session.query(StatusChange).filter_by(camera_id=gate.id, at=NOW - 27 * MINUTE)
    ids = {}
    for change, side in ((begun, "before"), (ended, "after")):
        ids[side] = new_id()
        path = f"snapshots/{ids[side]}.jpg"
        picture = {"filename": f"{side}.jpg", "storage_path": path, "kind": "change", "change_id": change.id}
        db.session.add(CameraSnapshot(id=ids[side], camera_id=gate.id, side=side, created_at=change.at, **picture))
    db.session.commit()
    page = text_of(admin, gate)
    assert f'/snapshots/{ids["before"]}.jpg" alt="Picture before 2026-11-22 10:20"' in page
    assert f'/snapshots/{ids["after"]}.jpg" alt="Picture after 2026-11-22 11:33"' in page


def test_outages_come_in_pages_that_keep_the_range(admin: FlaskClient, gate: Camera) -> None:
    for n in range(45):
        add(gate, NOW - (300 + 60 * n) * MINUTE, 10, "offline", "timeout")
    page = text_of(admin, gate, "range=7d&page=2")
    assert "46 outages · page 2 of 3" in page
    assert "range=7d&amp;page=3" in page or "page=3&amp;range=7d" in page
    assert page.count('id="o-') == 20


def test_faults_of_the_picture_and_acts_of_people_are_told(admin: FlaskClient, gate: Camera) -> None:
    db.session.add(ImageFinding(camera_id=gate.id, finding="blurred", raised_at=NOW - 90 * MINUTE))
    db.session.commit()
    assert "Blurred picture 10:30–now" in text_of(admin, gate)


def test_a_camera_that_flaps_is_drawn_in_cells(admin: FlaskClient, gate: Camera) -> None:
    for n in range(400):
        add(gate, NOW - (10 + 3 * n) * MINUTE, 1, "offline", "timeout")
    lanes = text_of(admin, gate).split('aria-label="Lanes"')[1].split("</section>")[0]
    assert "<rect" not in lanes
    assert 'class="t-offline"' in lanes


def test_a_fragment_holds_the_timeline_for_another_range(admin: FlaskClient, gate: Camera) -> None:
    answer = admin.get(f"/cameras/{gate.id}/timeline?range=90d", headers=FRAGMENT)
    assert 'id="timeline"' in answer.text
    assert 'id="range-90d"' in answer.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=yesterday&to=2026-11-22T10:00", "Write date and time like 2026-11-22T07:30."),
        ("from=2026-11-22T10:00", "Write date and time like"),
        ("from=2026-11-22T10:00&to=2026-11-22T09:00", "The end must come after the beginning."),
        ("from=2026-11-23T10:00&to=2026-11-24T09:00", "This lies in the future."),
        ("from=2020-11-23T10:00&to=2026-11-22T09:00", "Choose at most 400 days at once."),
        ("from=0001-01-01T00:00&to=2026-11-22T09:00", "Choose a year from 2000"),
    ],
)
def test_a_range_that_is_none_is_told(admin: FlaskClient, gate: Camera, query: str, sentence: str) -> None:
    assert sentence in text_of(admin, gate, query, 422)


def test_an_end_in_the_future_is_now(admin: FlaskClient, gate: Camera) -> None:
    page = text_of(admin, gate, "from=2026-11-22T06:00&to=2026-12-24T00:00")
    assert "2026-11-22 06:00–12:00" in page
    assert "Watched 100 % of the time." in page


@pytest.mark.parametrize("zone", ["Atlantis", "../../etc/passwd", "Europe", "é", "x" * 5000, ""])
def test_a_zone_that_is_none_is_utc(admin: FlaskClient, gate: Camera, zone: str) -> None:
    answer = admin.get(f"/cameras/{gate.id}/timeline", query_string={"zone": zone})
    assert answer.status_code == 200
    assert '<p class="muted range-zone">UTC</p>' in answer.text


def test_the_change_of_clocks_is_told(admin: FlaskClient, gate: Camera) -> None:
    page = text_of(admin, gate, "from=2026-10-24T12:00&to=2026-10-25T12:00&zone=Europe/Berlin")
    assert "The clocks change on 2026-10-25 02:00 (Berlin, UTC+2 and UTC+1)" in page


def test_an_hour_that_comes_twice_is_whole(admin: FlaskClient, gate: Camera) -> None:
    add(gate, datetime(2026, 10, 25, 1, 15, tzinfo=UTC), 15, "offline", "timeout")
    page = text_of(admin, gate, "from=2026-10-25T02:00&to=2026-10-25T03:00&zone=Europe/Berlin")
    assert "Watched 87.5 % of the time." in page


def test_sixty_outages_take_as_many_queries_as_one(admin: FlaskClient, gate: Camera) -> None:
    with counted_queries() as of_one:
        text_of(admin, gate, "range=90d")
    for n in range(60):
        add(gate, NOW - (300 + 60 * n) * MINUTE, 10, "offline", "timeout")
    with counted_queries() as of_sixty:
        text_of(admin, gate, "range=90d")
    assert len(of_sixty) == len(of_one)


def test_a_group_has_a_row_for_each_child_with_the_same_range(
    admin: FlaskClient, gate: Camera, make_camera: Callable[..., Camera]
) -> None:
    top, inner = CameraGroup(id=new_id(), name="Plant"), CameraGroup(id=new_id(), name="Dock")
    db.session.add(top)
    db.session.flush()
    inner.parent_id = gate.group_id = top.id
    db.session.add(inner)
    db.session.commit()
    page = " ".join(admin.get(f"/groups/{top.id}/timeline?{YESTERDAY}").text.split())
    assert page.index("Gate 2: up 92.38 %, down 8 min") < page.index("Dock: up –")
    assert f"/cameras/{gate.id}/timeline?from=2026-11-21T07:30" in page
    assert f"/groups/{inner.id}/timeline?from=2026-11-21T07:30" in page
    assert "Plant: up 92.38 %" in " ".join(admin.get(f"/timeline?{YESTERDAY}").text.split())


def test_a_group_that_is_gone_is_not_found(admin: FlaskClient) -> None:
    assert admin.get(f"/groups/{new_id()}/timeline").status_code == 404
