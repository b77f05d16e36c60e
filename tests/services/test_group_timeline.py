"""Rows of a group's timeline: worst first, sub-groups as a whole, in pages, and never beyond what one may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from webapp.extensions import db
from webapp.models import Camera, CameraGroup, StatusChange, new_id
from webapp.services import group_timeline, groups
from webapp.services.group_timeline import GroupTimeline, open_timeline
from webapp.services.rights import EVERYTHING, Scope
from webapp.services.time_axis import DAY, HOUR, Axis

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Make = Callable[..., Camera]


@pytest.fixture
def tree(app: Flask) -> dict[str, str]:
    """Plant with Dock and Gate beneath it; name → id."""
    ids = {name: new_id() for name in ("Plant", "Dock", "Gate")}
    for name, group_id in ids.items():
        db.session.add(CameraGroup(id=group_id, name=name, parent_id=None if name == "Plant" else ids["Plant"]))
        db.session.flush()
    db.session.commit()
    return ids


@pytest.fixture
def make(make_camera: Make) -> Make:
    def made(name: str, group_id: str | None = None, down_hours: float = 0, **fields: object) -> Camera:
        usual = {"status": "live", "created_at": NOW - 50 * DAY, "next_due_at": NOW + HOUR}
        camera = make_camera(name=name, group_id=group_id, **(usual | fields))
        if down_hours:
            begin, end = NOW - 12 * HOUR, NOW - (12 - down_hours) * HOUR
            db.session.add(StatusChange(camera_id=camera.id, at=begin, old="live", new="offline", reason="timeout"))
            db.session.add(StatusChange(camera_id=camera.id, at=end, old="offline", new="live", reason="online"))
            db.session.commit()
        return camera

    return made


def opened(group_id: str | None, number: int = 1, scope: Scope = EVERYTHING) -> GroupTimeline:
    axis = Axis(NOW - DAY, NOW, ends_now=True)
    return open_timeline(groups.tree(NOW, scope), group_id, axis, number, scope, NOW)


def names(found: GroupTimeline) -> list[str]:
    return [row.name for row in found.rows]


def test_the_worst_stands_first_be_it_a_camera_or_a_group(tree: dict[str, str], make: Make) -> None:
    make("Well", tree["Plant"])
    make("Bad", tree["Plant"], down_hours=6)
    make("Dock 1", tree["Dock"], down_hours=8)
    make("Dock 2", tree["Dock"])
    make("Gate 1", tree["Gate"])
    found = opened(tree["Plant"])
    assert names(found) == ["Bad", "Dock", "Gate", "Well"]
    assert [round(row.share.uptime or 0, 3) for row in found.rows] == [0.75, 0.833, 1, 1]
    assert found.share.down_s == pytest.approx(14 * 3600)


def test_the_fleet_has_the_groups_at_its_top_and_the_cameras_without_one(tree: dict[str, str], make: Make) -> None:
    make("Loose")
    make("Dock 1", tree["Dock"], down_hours=1)
    assert names(opened(None)) == ["Plant", "Loose"]


def test_an_empty_group_is_a_row_of_which_nothing_is_known(tree: dict[str, str]) -> None:
    row = opened(tree["Plant"]).rows[0]
    assert row.share.uptime is None
    assert row.cells == []


def test_who_sees_only_some_groups_sees_only_their_time(tree: dict[str, str], make: Make) -> None:
    make("Loose", down_hours=5)
    make("Dock 1", tree["Dock"], down_hours=2)
    make("Gate 1", tree["Gate"], down_hours=3)
    found = opened(None, scope=Scope(frozenset([tree["Gate"]])))
    assert names(found) == ["Gate"]
    assert found.share.down_s == pytest.approx(3 * 3600)


def test_a_camera_with_many_changes_is_drawn_in_cells(tree: dict[str, str], make: Make) -> None:
    camera = make("Flaps", tree["Plant"])
    states = ("live", "offline")
    for n in range(group_timeline.MOST_CHANGES + 10):
        at = NOW - HOUR - timedelta(minutes=group_timeline.MOST_CHANGES + 10 - n)
        db.session.add(StatusChange(camera_id=camera.id, at=at, old=states[n % 2], new=states[1 - n % 2]))
    db.session.commit()
    row = next(row for row in opened(tree["Plant"]).rows if row.name == "Flaps")
    assert row.intervals is None
    assert sum(cell.get("offline", 0) for cell in row.cells) == pytest.approx(row.share.down_s)


def test_many_children_come_in_pages(tree: dict[str, str], make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_timeline, "ROWS", 2)
    for n in range(3):
        make(f"Camera {n}", tree["Dock"], down_hours=n)
    assert names(opened(tree["Dock"])) == ["Camera 2", "Camera 1"]
    last = opened(tree["Dock"], number=99)
    assert (names(last), last.number, last.pages, last.total) == (["Camera 0"], 2, 2, 3)


def test_the_queries_do_not_grow_with_the_children(tree: dict[str, str], make: Make) -> None:
    def number_of_queries() -> int:
        queries: list[str] = []

        def note(*args: object) -> None:
            queries.append(str(args[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        opened(tree["Plant"])
        event.remove(db.engine, "before_cursor_execute", note)
        return len(queries)

    make("First", tree["Plant"], down_hours=1)
    few = number_of_queries()
    for n in range(8):
        make(f"More {n}", tree["Plant"], down_hours=n / 4)
        make(f"Dock {n}", tree["Dock"], down_hours=n / 4)
    assert number_of_queries() == few
