"""The grid as it opens: what its tiles say, how it is filtered, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.views.conftest import counted_queries, give_picture, tile
from webapp.extensions import db
from webapp.models import Camera, CameraGroup

Make = Callable[..., Camera]


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def later(**span: float) -> datetime:
    return datetime.now(UTC) + timedelta(**span)


def group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    made = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(made)
    db.session.commit()
    return made


REASONS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "live", "18 ms · 15 fps"),
    ({"latency_ms": None, "actual_fps": None}, "live", "Live"),
    ({"failures": 1, "outcome": "timeout"}, "live", "1 failed check · no answer"),
    ({"status": "offline", "outcome": "auth_failed", "status_since": ago(minutes=12)}, "offline", "login rejected"),
    ({"status": "degraded", "fps": 15.0, "actual_fps": 4.0}, "degraded", "4 of 15 fps"),
    ({"checked_at": ago(minutes=4), "next_due_at": ago(minutes=3)}, "unknown", "Not checked for"),
    ({"checked_at": None, "next_due_at": ago(minutes=3), "status": "idle"}, "unknown", "Not checked yet"),
    ({"checked_at": None, "status": "idle", "outcome": None}, "idle", "Not checked yet"),
    ({"maintenance_until": later(hours=1)}, "maintenance", "Maintenance until"),
    ({"is_active": False}, "disabled", "Checks are switched off"),
]


@pytest.mark.parametrize(("fields", "state", "reason"), REASONS)
def test_a_tile_says_how_the_camera_fares_and_why(
    admin: FlaskClient, make_live: Make, fields: dict[str, Any], state: str, reason: str
) -> None:
    camera = make_live(**fields)
    found = tile(admin.get("/cameras").text, camera)
    assert f'data-camera-id="{camera.id}"' in found
    assert f'data-state="{state}"' in found
    assert f'data-outcome="{camera.outcome or ""}"' in found
    assert reason in found


def test_the_strip_of_a_tile_leads_to_the_timeline(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live(name="Gate")
    found = tile(admin.get("/cameras").text, camera)
    assert f'href="/cameras/{camera.id}/timeline" tabindex="-1" aria-label="Timeline of Gate"' in found


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "offline", "outcome": "timeout"}, "no answer · not checked: our own error"),
        ({"status": "live", "outcome": "online"}, "18 ms · 15 fps · not checked: our own error"),
        ({"status": "idle", "outcome": None}, "Not checked yet · our own error"),
        ({"status": "live", "is_active": False}, "switched off</p>"),
    ],
)
def test_our_own_fault_hides_no_reason(admin: FlaskClient, make_live: Make, fields: dict[str, Any], words: str) -> None:
    camera = make_live(fault="No key opens the stored password.", **fields)
    found = tile(admin.get("/cameras").text, camera)
    assert words in found
    assert 'data-outcome="internal_error"' in found


def test_a_tile_shows_its_picture_and_how_old_it_is(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live(name="<Gate> & 'door'")
    digest = give_picture(camera)
    camera.picture_at = ago(minutes=7)
    db.session.commit()
    found = tile(admin.get("/cameras").text, camera)
    assert f'src="/pictures/{camera.id}/{digest}.jpg"' in found
    assert "7 min old" in found
    assert "is-old" in found
    assert 'data-name="&lt;Gate&gt; &amp; &#39;door&#39;"' in found


def test_a_camera_without_a_picture_says_so(admin: FlaskClient, make_live: Make) -> None:
    camera = make_live()
    found = tile(admin.get("/cameras").text, camera)
    assert "no picture yet" in found
    assert "<img" not in found


def test_pictures_below_the_first_row_are_loaded_when_they_come_near(admin: FlaskClient, make_live: Make) -> None:
    for n in range(6):
        give_picture(make_live(name=f"Camera {n}"))
    page = admin.get("/cameras").text
    assert page.count('loading="lazy"') == 2
    assert page.index('loading="lazy"') > page.index("Camera 3")
    assert page.index('loading="lazy"', page.index("Camera 4")) < page.index("src=", page.index('loading="lazy"'))


def test_the_worst_come_first(admin: FlaskClient, make_live: Make) -> None:
    states = ["live", "degraded", "offline", "live"]
    made = [make_live(name=f"{n}", status=status) for n, status in enumerate(states)]
    page = admin.get("/cameras").text
    order = sorted(made, key=lambda camera: page.index(f'id="c-{camera.id}"'))
    assert [camera.status for camera in order] == ["offline", "degraded", "live", "live"]


def test_it_filters_by_status_and_search_from_the_address(admin: FlaskClient, make_live: Make) -> None:
    gate = make_live(name="Gate 2", status="offline")
    roof = make_live(name="Roof", status="offline", location="Building 7")
    lobby = make_live(name="Lobby")
    offline = admin.get("/cameras?status=offline").text
    assert tile(offline, gate)
    assert tile(offline, roof)
    assert not tile(offline, lobby)
    searched = admin.get("/cameras?status=offline&status=live&q=building").text
    assert tile(searched, roof)
    assert not tile(searched, gate)


def test_a_group_shows_everything_beneath_it(admin: FlaskClient, make_live: Make) -> None:
    plant = group("Plant Vienna")
    gate = group("Gate", group("Building 2", plant))
    inside, outside = make_live(name="in", group_id=gate.id), make_live(name="out", status="offline")
    page = admin.get(f"/groups/{plant.id}").text
    assert tile(page, inside)
    assert not tile(page, outside)
    assert 'aria-current="page"' in page
    assert admin.get("/groups/none").status_code == 404


@pytest.mark.parametrize(
    "query", ["status=nonsense", "page=-5", "page=abc", "page=99999999999", "size=7", "sort=evil", "q=" + "x" * 5000]
)
def test_an_odd_address_still_opens(admin: FlaskClient, make_live: Make, query: str) -> None:
    make_live()
    assert admin.get(f"/cameras?{query}").status_code == 200


def test_what_no_database_takes_is_dropped_from_a_search(admin: FlaskClient, make_live: Make) -> None:
    make_live(name="Dock")
    page = admin.get("/cameras?q=%00Do%00ck%1b%0a").text
    assert "Dock" in page


def test_pages_are_numbered(admin: FlaskClient, make_live: Make) -> None:
    since = ago(hours=1)
    made = [make_live(name=f"Camera {n:03}", status_since=since) for n in range(61)]
    second = admin.get("/cameras?page=2").text
    assert tile(second, made[60])
    assert not tile(second, made[0])
    assert "page 2 of 2" in second
    assert tile(admin.get("/cameras?page=9").text, made[60])


def test_an_empty_fleet_says_what_to_do(admin: FlaskClient) -> None:
    page = admin.get("/cameras").text
    assert "No camera yet" in page
    assert "Add the first camera" in page


def test_a_search_without_a_match_names_what_to_drop(admin: FlaskClient, make_live: Make) -> None:
    make_live()
    page = admin.get("/cameras?q=zebra&status=offline").text
    assert "No camera matches" in page
    assert "Drop the search" in page
    assert "Show every status" in page


@pytest.mark.parametrize(
    ("address", "queries_there"),
    [
        ("/cameras?size=240", 6),
        ("/cameras?size=240&q=0+5&sort=group&tag=night&detection=yes&maintenance=no&active=yes", 7),
        ("/cameras?size=240&view=table", 6),
        ("/cameras?view=matrix", 6),
    ],
)
def test_it_costs_as_many_queries_whatever_the_fleet_and_the_page(
    admin: FlaskClient, make_live: Make, sweep_lives: None, address: str, queries_there: int
) -> None:
    found = []
    for size in (10, 200):
        for n in range(size - len(found) * 10):
            inside = group(f"{size}-{n}").id if n % 10 == 0 else None
            make_live(name=f"{size}-{n}-05", group_id=inside, tags=("night",))
        with counted_queries() as queries:
            page = admin.get(address).text
        assert page.count('data-state="live"') == size
        found.append(len(queries))
    assert found == [queries_there, queries_there]


def test_an_answer_may_be_kept_nowhere_and_runs_no_foreign_script(admin: FlaskClient, make_live: Make) -> None:
    make_live()
    answer = admin.get("/cameras")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text
    assert "hx-on" not in answer.text


def test_our_own_files_may_be_kept_for_ever(client: FlaskClient) -> None:
    page = client.get("/login").text
    address = page.split('<link rel="stylesheet" href="')[2].split('"')[0]
    assert "immutable" in client.get(address, buffered=True).headers["Cache-Control"]
    assert "immutable" not in client.get(address.split("?")[0], buffered=True).headers["Cache-Control"]


def test_it_says_when_the_fleet_has_outgrown_the_embedded_mode(
    admin: FlaskClient, make_live: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.services.grid.EMBEDDED_CAMERAS", 1)
    make_live()
    assert "embedded mode" not in admin.get("/cameras").text
    make_live()
    assert "2 cameras are more than the embedded mode is made for" in admin.get("/cameras").text
