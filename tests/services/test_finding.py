"""Which cameras a filter finds, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Status
from webapp.outcomes import Outcome
from webapp.services import finding
from webapp.services.finding import KEYS, CameraFilter, find
from webapp.services.rights import EVERYTHING, Scope

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


def names(scope: Scope = EVERYTHING, **wanted: Any) -> list[str]:
    return [camera.name for camera in find(CameraFilter(scope, **wanted), 1, 60, NOW).cameras]


def add_group(name: str, parent: CameraGroup | None = None, **fields: Any) -> CameraGroup:
    group = CameraGroup(name=name, parent_id=parent.id if parent else None, **fields)
    db.session.add(group)
    db.session.flush()
    return group


def add(name: str, group: CameraGroup | None = None, **fields: Any) -> Camera:
    usual = {"rtsp_url": "rtsp://10.0.0.1/x", "status": "live", "next_due_at": NOW + HOUR, "status_since": NOW - HOUR}
    camera = Camera(name=name, group_id=group.id if group else None, **(usual | fields))
    db.session.add(camera)
    db.session.flush()
    return camera


@pytest.mark.usefixtures("either_app")
def test_both_databases_search_addresses_by_the_same_rule() -> None:
    for url in ("rtsp://[fd00::1]:8554/live/T0ken", "rtsp://yard+1.local/T0ken"):
        db.session.add(Camera(name="Gate", rtsp_url=url))
    db.session.commit()
    found = {
        word: find(CameraFilter(EVERYTHING, search=word), 1, 60, NOW).total
        for word in ("FD00::1]", "yard+1", "t0ken", "[fd", "live", "(", "gate", "\\")
    }
    assert found == {"FD00::1]": 1, "yard+1": 1, "t0ken": 0, "[fd": 1, "live": 0, "(": 0, "gate": 2, "\\": 0}


@pytest.mark.usefixtures("either_app")
class TestOnBothDatabases:
    """Upper and lower case, recursion and regular expressions are what the two do differently."""

    def test_every_word_must_match_anywhere(self) -> None:
        vienna = add_group("Plant Übersee", location="Ring 4")
        gate = add_group("Gate 2", vienna)
        add("North", gate, code="VIE-0042", location="Main HALL", vendor="Axis", model="P3245", tags=("night", "ptz"))
        add("South", rtsp_url="rtsp://10.9.9.9:8554/x")
        for found in ("north", "ÜBERSEE north", "gate über", "0042", "hall axis", "p32 night", "RING north", "2 orth"):
            assert names(search=found) == ["North"], found
        for missing in ("north zebra", "south gate", "night 9.9.9", "%", "_", "\\d", "n.rth"):
            assert names(search=missing) == [], missing
        assert names(search="8554 sou") == ["South"]
        assert names(search="  ", sort="name") == ["North", "South"]

    def test_a_group_that_is_hidden_names_nothing(self) -> None:
        gate = add_group("Gate", add_group("Secret plant"))
        add("North", gate)
        mine = Scope(frozenset({gate.id}))
        assert names(search="secret") == ["North"]
        assert names(mine, search="secret") == []
        assert names(mine, search="gate") == ["North"]

    def test_detection_is_filtered_by_the_value_that_holds(self) -> None:
        dark = add_group("Dark", enable_detection=False)
        bright = add_group("Bright", add_group("Below", dark), enable_detection=True)
        add("inherits off", add_group("Deeper", dark))
        add("own on", dark, enable_detection=True)
        add("inherits on", bright)
        add("own off", bright, enable_detection=False)
        add("by default")
        assert names(is_detecting=True, sort="name") == ["by default", "inherits on", "own on"]
        assert names(is_detecting=False, sort="name") == ["inherits off", "own off"]

    def test_each_filter_alone_and_all_together(self) -> None:
        gate = add_group("Gate")
        rests = {"maintenance_until": NOW + HOUR}
        add("a", gate, tags=("night", "ptz"), status="offline", outcome="timeout")
        add("b", tags=("nightly",), outcome="online", fault="no key", **rests)
        add("c", is_active=False, outcome="timeout")
        assert names(tags=("night",)) == ["a"]
        assert names(tags=("ptz", "nightly"), sort="name") == ["a", "b"]
        assert names(tags=("%",)) == []
        assert names(reasons=(Outcome.TIMEOUT,), sort="name") == ["a", "c"]
        assert names(reasons=(Outcome.INTERNAL_ERROR,)) == ["b"]
        assert names(is_active=True, sort="name") == ["a", "b"]
        assert names(is_active=False) == ["c"]
        assert names(in_maintenance=True) == ["b"]
        assert names(in_maintenance=False, sort="name") == ["a", "c"]
        assert names(group_ids=(gate.id,)) == ["a"]
        assert names(group_ids=()) == []
        everything = {"statuses": (Status.OFFLINE,), "reasons": (Outcome.TIMEOUT,), "search": "a gate", "sort": "group"}
        assert names(**everything, tags=("ptz",), is_active=True, is_detecting=True, in_maintenance=False) == ["a"]

    def test_worst_first_then_what_changed_last(self) -> None:
        add("long ago", status="offline", status_since=NOW - 5 * HOUR)
        add("Now b", status="offline", status_since=NOW)
        add("now a", status="offline", status_since=NOW)
        add("fine", status_since=NOW)
        assert names() == ["now a", "Now b", "long ago", "fine"]
        assert names(sort="-worst") == ["fine", "now a", "Now b", "long ago"]

    def test_every_order_has_its_reverse_and_what_is_unknown_comes_last(self) -> None:
        site = add_group("Site")
        add("x", add_group("b", site), code="B", checked_at=NOW - HOUR, status_since=NOW)
        add("Y", add_group("A", site), code="a", checked_at=NOW, status_since=NOW - HOUR)
        add("z", status_since=NOW - 2 * HOUR)
        orders = {"name": "xYz", "code": "Yxz", "group": "Yxz", "checked": "xYz", "changed": "xYz"}
        assert {key: "".join(names(sort=key)) for key in orders} == orders
        backwards = {"name": "zYx", "code": "xYz", "group": "xYz", "checked": "Yxz", "changed": "zYx"}
        assert {key: "".join(names(sort=f"-{key}")) for key in backwards} == backwards
        assert set(orders) | {"worst"} == KEYS

    def test_all_of_them_come_in_pieces_and_each_once_though_others_come_and_go(self) -> None:
        for number in range(7):
            add(f"Camera {number % 3}")
        wanted = CameraFilter(EVERYTHING, search="camera")
        assert len(set(finding.ids(wanted, NOW))) == 7
        seen, pieces = [], finding.each(wanted, NOW, size=2)
        for piece in pieces:
            seen += [camera.id for camera in piece]
            add("Camera 0")
        assert len(seen) == len(set(seen))
        assert seen == [camera_id for camera_id in finding.ids(wanted, NOW) if camera_id in seen]
        assert len(seen) >= 7

    def test_cells_tell_the_status_that_is_shown_and_which_of_them_may_have_changed(self) -> None:
        quiet = add("quiet", status_since=NOW - 5 * HOUR, updated_at=NOW - 5 * HOUR)
        add("broke", status="offline", status_since=NOW, updated_at=NOW - 5 * HOUR)
        add("renamed", status_since=NOW - 5 * HOUR, updated_at=NOW)
        lapsed = {"next_due_at": NOW - HOUR, "status_since": NOW - 5 * HOUR, "updated_at": NOW - 5 * HOUR}
        add("lapsed", **lapsed)
        assert {row.name: row.status for row in finding.cells(CameraFilter(EVERYTHING), NOW)} == {
            "quiet": "live",
            "broke": "offline",
            "renamed": "live",
            "lapsed": "unknown",
        }
        changed = finding.changed_cells(EVERYTHING, NOW - 2 * HOUR, NOW, 10)
        assert sorted(row.name for row in changed) == ["broke", "lapsed", "renamed"]
        assert quiet.id not in {row.id for row in changed}
        assert len(finding.changed_cells(EVERYTHING, NOW - 2 * HOUR, NOW, 2)) == 2

    def test_tags_are_told_as_far_as_the_scope_goes(self) -> None:
        gate = add_group("Gate")
        add("in", gate, tags=("night", "ptz"))
        add("out", tags=("roof", "night"))
        add("bare")
        assert finding.known_tags(EVERYTHING) == ["night", "ptz", "roof"]
        assert finding.known_tags(Scope(frozenset({gate.id}))) == ["night", "ptz"]

    def test_an_id_is_found_by_its_beginning_within_the_scope(self) -> None:
        gate = add_group("Gate")
        add("one", gate, id="aaaaaa11-0000-4000-8000-000000000001")
        add("two", id="aaaaaa22-0000-4000-8000-000000000002")
        add("three", id="bbbbbb33-0000-4000-8000-000000000003")
        assert len(finding.beginning("aaaaaa", EVERYTHING)) == 2
        assert [camera.name for camera in finding.beginning("aaaaaa", Scope(frozenset({gate.id})))] == ["one"]
        assert finding.beginning("%", EVERYTHING) == []
        assert finding.shared_heads(EVERYTHING, 6) == {"aaaaaa"}
        assert finding.shared_heads(Scope(frozenset({gate.id})), 6) == set()

    def test_whatever_is_asked_takes_two_queries(self) -> None:
        for number in range(30):
            add(f"Camera {number}", add_group(f"Group {number}", enable_detection=bool(number % 2)), tags=("night",))
        with counted_queries() as queries:
            names(search="camera group 1", tags=("night",), is_detecting=True, sort="group")
        assert len(queries) == 2


class TestFind:
    @pytest.fixture(autouse=True)
    def fleet(self, make_camera: Callable[..., Camera]) -> None:
        later = NOW + timedelta(seconds=30)
        make_camera(name="Lobby", status="live", next_due_at=later, location="Main hall")
        make_camera(name="Dock 10%", status="offline", next_due_at=later, rtsp_url="rtsp://10.9.9.9/x")
        make_camera(name="Roof", status="degraded", next_due_at=later)
        make_camera(name="Old", status="live", next_due_at=NOW - timedelta(hours=1))
        make_camera(name="Off", status="offline", next_due_at=later, is_active=False)
        make_camera(name="Stair", status="live", next_due_at=later, maintenance_until=NOW + timedelta(hours=1))

    def test_the_worst_come_first(self, app: Flask) -> None:
        assert names() == ["Dock 10%", "Roof", "Old", "Stair", "Lobby", "Off"]

    def test_it_filters_by_the_status_that_is_shown(self, app: Flask) -> None:
        assert names(statuses=(Status.LIVE,)) == ["Lobby"]
        assert names(statuses=(Status.UNKNOWN, Status.OFFLINE)) == ["Dock 10%", "Old"]

    def test_it_searches_name_address_and_location_literally(self, app: Flask) -> None:
        assert names(search="10%") == ["Dock 10%"]
        assert names(search="main HALL") == ["Lobby"]
        assert names(search="10.9.9.9") == ["Dock 10%"]
        assert names(search="' OR 1=1 --") == []

    def test_it_searches_no_path_because_that_may_hold_a_secret(
        self, app: Flask, make_camera: Callable[..., Camera]
    ) -> None:
        make_camera(name="Yard", rtsp_url="rtsp://yard-cam.local:8554/live/T0ken/10.8.8.8?key=T0ken")
        make_camera(name="Bare", rtsp_url="rtsp://10.7.7.7")
        assert names(search="T0ken") == names(search="10.8.8.8") == []
        assert names(search="YARD-cam.local:8554") == ["Yard"]
        assert names(search="7.7.7") == ["Bare"]
        assert names(search="yard.cam") == []

    def test_a_page_past_the_end_is_the_last_one(self, app: Flask) -> None:
        page = find(CameraFilter(EVERYTHING, sort="name"), 99, 4, NOW)
        assert (page.number, page.pages, [c.name for c in page.cameras]) == (2, 2, ["Roof", "Stair"])
