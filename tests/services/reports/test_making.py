"""The figures of a report against a fleet computed by hand, and the course of the work."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.services.reports.conftest import DAY, HOUR, NOW, WEEK, Fleet, changes, given, scope_of
from webapp.extensions import db
from webapp.models import Camera, Report, User, WorkState
from webapp.services.reports import asking, making, reading, writing
from webapp.services.rights import Scope


def clock() -> datetime:
    return NOW


def make(person: User, scope: Scope | None = None, **fields: object) -> Report:
    report = asking.create(person, given(**fields), scope or scope_of(), NOW)
    making.run(report.id, clock)
    db.session.rollback()
    return db.session.get_one(Report, report.id, populate_existing=True)


def found(person: User, **fields: object) -> dict[str, Any]:
    report = make(person, **fields)
    assert report.state == WorkState.DONE
    assert report.result
    return report.result


def test_it_says_what_was_computed_by_hand(person: User, fleet: Fleet) -> None:
    total = found(person)["total"]
    # up: Entry 168 - 12 - 8, Yard 168 - 24, Lone 168
    assert (total["up"], total["down"]) == ((148 + 144 + 168) * 3600, 12 * 3600)
    assert (total["unknown"], total["excluded"]) == (8 * 3600, 24 * 3600)
    assert total["uptime"] == pytest.approx(460 / 472)
    assert total["measured"] == pytest.approx(472 / 480)
    assert (total["outages"], total["longest"]) == (2, 10 * 3600)
    assert (total["repaired"], total["mean_time_to_repair"]) == (1, 10 * 3600)


def test_it_is_compared_with_the_period_before(person: User, fleet: Fleet) -> None:
    result = found(person)
    assert result["before_title"] == "Week of 9 November 2026"
    assert result["before"]["uptime"] == pytest.approx((84 + 168 + 168) / (3 * 168))


def test_each_group_beneath_has_a_row_with_all_that_lies_in_it(person: User, fleet: Fleet) -> None:
    rows = {row["name"]: row for row in found(person)["groups"]}
    assert {name: row["cameras"] for name, row in rows.items()} == {"Site": 2, "Without a group": 1}
    rows = {row["name"]: row for row in found(person, group_id=fleet.site.id)["groups"]}
    assert {name: row["cameras"] for name, row in rows.items()} == {"Site › Gate": 1, "Directly in this group": 1}
    assert rows["Site › Gate"]["figures"]["uptime"] == pytest.approx(148 / 160)


def test_the_least_available_come_first_and_only_those_that_were_down(person: User, fleet: Fleet) -> None:
    result = found(person)
    assert result["worst"] == [fleet.entry.id]
    assert [row["seconds"] for row in result["outages"]] == [10 * 3600, 2 * 3600]
    assert result["outages"][0]["reason"] == "refused"


def test_an_outage_that_we_lost_sight_of_is_as_long_as_we_saw_it(person: User, fleet: Fleet) -> None:
    changes(fleet.yard, (5 * DAY, "offline", "refused"), (5 * DAY + 3 * HOUR, "unknown", ""))
    fleet.yard.status, fleet.yard.next_due_at = "offline", WEEK + 5 * DAY + 3 * HOUR
    db.session.commit()
    result = found(person)
    assert [row["seconds"] for row in result["outages"]] == [10 * 3600, 3 * 3600, 2 * 3600]
    each = {camera["name"]: camera["figures"]["longest"] for camera in result["each"]}
    assert each["Yard"] == 3 * 3600


def test_faults_of_the_picture_count_as_far_as_they_lie_in_the_period(person: User, fleet: Fleet) -> None:
    assert found(person)["findings"] == [{"finding": "black", "times": 2, "cameras": 1, "seconds": 3 * 3600.0}]


def test_a_report_of_a_group_is_about_its_sub_tree_alone(person: User, fleet: Fleet) -> None:
    result = found(person, group_id=fleet.gate.id)
    assert [camera["name"] for camera in result["each"]] == ["Entry"]
    assert result["each"][0]["group"] == "Gate"


def test_without_a_group_it_is_about_what_its_maker_may_see(person: User, fleet: Fleet) -> None:
    report = make(person, scope_of(fleet.gate))
    assert report.result
    assert [camera["name"] for camera in report.result["each"]] == ["Entry"]
    assert "Site" not in json.dumps(report.result), "the name of a group above is not for this person"


def test_a_period_without_data_has_no_uptime(person: User, fleet: Fleet) -> None:
    total = found(person, period="day", day="2025-01-01")["total"]
    assert (total["uptime"], total["measured"], total["outages"]) == (None, None, 0)


def test_a_period_that_is_not_over_ends_now(person: User, fleet: Fleet) -> None:
    result = found(person, day="2026-11-25")
    assert not result["is_over"]
    assert result["until"] == NOW.isoformat()
    total = result["total"]
    seconds = sum(total[name] for name in ("up", "down", "unknown", "excluded"))
    assert seconds == 3 * (NOW - WEEK - 7 * DAY).total_seconds()


def test_a_week_of_other_clocks_has_other_outages(person: User, fleet: Fleet) -> None:
    """In Auckland the outage at the end of the week, 22:00 UTC on Sunday, belongs to the next one."""
    assert found(person, time_zone="Pacific/Auckland", day="2026-11-20")["total"]["outages"] == 1


def test_a_fleet_without_cameras_is_told_as_such(person: User) -> None:
    result = found(person)
    assert (result["cameras"], result["groups"], result["total"]["uptime"]) == (0, [], None)


def test_csv_and_json_tell_the_same(person: User, fleet: Fleet) -> None:
    report = make(person)
    plain = reading.plain(report)
    assert json.loads(json.dumps(plain)) == plain
    lines = writing.as_csv(report).splitlines()
    assert lines[1].startswith(
        "total,All cameras,,,Week of 16 November 2026,3,97.458,98.333,83.333,2,36000,43200,28800,"
    )
    assert sum(line.startswith("camera,") for line in lines) == 3
    assert any(line.startswith("camera,'=Lone,") for line in lines), "a spreadsheet must not compute a name"


@pytest.mark.parametrize("number", [1, 7])
def test_pieces_add_up(
    person: User, fleet: Fleet, number: int, monkeypatch: pytest.MonkeyPatch, make_camera: Callable[..., Camera]
) -> None:
    whole = found(person)
    monkeypatch.setattr(making, "CHUNK", number)
    assert found(person) == whole


def test_both_databases_say_the_same(either_app: Flask) -> None:
    camera = Camera(name="Gate", rtsp_url="rtsp://10.0.0.1/", created_at=WEEK - DAY, next_due_at=NOW, status="live")
    user = User(email="a@example.com", role="admin", password_hash="x")
    db.session.add_all([camera, user])
    db.session.commit()
    assert found(user)["total"]["uptime"] == 1


class TestTheCourse:
    def test_a_report_is_made_by_one_worker(self, person: User, fleet: Fleet) -> None:
        report = make(person)
        finished = report.finished_at
        making.run(report.id, lambda: NOW + HOUR)
        assert db.session.get_one(Report, report.id, populate_existing=True).finished_at == finished

    def test_what_a_worker_died_over_is_begun_anew(self, person: User, fleet: Fleet) -> None:
        report = asking.create(person, given(), scope_of(), NOW)
        report.state, report.done, report.progress_at = WorkState.RUNNING, 2, NOW - making.LIFELESS - HOUR / 60
        db.session.commit()
        assert making.left_behind(NOW) == [report.id]
        making.run(report.id, clock)
        again = db.session.get_one(Report, report.id, populate_existing=True)
        assert (again.state, again.done) == (WorkState.DONE, 3)

    def test_one_that_is_being_made_is_left_alone(self, person: User, fleet: Fleet) -> None:
        report = asking.create(person, given(), scope_of(), NOW)
        report.state = WorkState.RUNNING
        db.session.commit()
        making.run(report.id, clock)
        assert making.left_behind(NOW) == []
        assert report.result is None

    def test_after_hours_it_is_given_up(self, person: User, fleet: Fleet) -> None:
        report = asking.create(person, given(), scope_of(), NOW - making.GIVE_UP - HOUR)
        assert making.left_behind(NOW) == []
        making.give_up(NOW)
        db.session.refresh(report)
        assert report.state == WorkState.FAILED
        assert report.problem == making.GIVEN_UP

    def test_one_that_is_deleted_meanwhile_ends_the_work(
        self, person: User, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        report = asking.create(person, given(), scope_of(), NOW)
        monkeypatch.setattr(making, "_faults", lambda *_: (asking.delete(report, NOW), [])[1])
        making.run(report.id, clock)
        assert db.session.query(Report).count() == 0

    def test_a_fault_of_ours_is_said_so(
        self, person: User, fleet: Fleet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(making, "_faults", lambda *_: [][1])
        report = make(person)
        assert (report.state, report.problem) == (WorkState.FAILED, making.BROKEN)


def test_the_longest_report_is_of_a_year(person: User) -> None:
    with pytest.raises(ValueError, match="At most 366 days"):
        given(period="custom", day="2025-01-01", until=str((WEEK + timedelta(days=30)).date()))
