"""The grid as it opens: what it counts, what it remembers for the polls, and that no change falls in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from webapp.extensions import db, settings
from webapp.models import Camera, CameraGroup, Status, User
from webapp.services import finding, grid, groups, live
from webapp.services.grid import GridQuery, open_grid, pack, unpack
from webapp.services.rights import EVERYTHING
from webapp.services.shown import patience

NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE = timedelta(minutes=1)
Make = Callable[..., Camera]


@pytest.fixture
def make(make_camera: Make) -> Make:
    """A camera that was checked a moment ago."""
    return lambda **fields: make_camera(**({"status": "live", "next_due_at": NOW + MINUTE} | fields))


def add_group(name: str) -> CameraGroup:
    group = CameraGroup(name=name)
    db.session.add(group)
    db.session.commit()
    return group


def change_elsewhere(camera_id: str, status: str) -> None:
    """A worker in another process writes a new status and tells the pages."""
    with sqlite3.connect(settings.DATA_DIR / "camkeeper.db") as other:
        other.execute("UPDATE cameras SET status = ? WHERE id = ?", (status, camera_id))
    other.close()
    live.publish([camera_id], status_changed=True)


def test_a_change_after_the_person_was_read_is_on_the_page_or_told_later(
    make: Make, make_user: Callable[..., User]
) -> None:
    camera_id, user_id = make().id, make_user().id
    db.session.remove()
    db.session.get(User, user_id)  # from here on SQLite shows this transaction what was there now
    change_elsewhere(camera_id, "offline")
    opened = open_grid(GridQuery(), NOW, EVERYTHING)
    assert opened.watch.since == live.changes_since(0).seq
    assert [camera.status for camera in opened.page.cameras] == ["offline"]
    assert opened.frame.tree.counts == {"offline": 1}


def test_problems_on_later_pages_are_counted_for_worst_first_only(make: Make) -> None:
    for number in range(5):
        make(name=f"Camera {number}", status="offline")
    assert open_grid(GridQuery(size=2), NOW, EVERYTHING).watch.worse == 3
    assert open_grid(GridQuery(size=2, sort="name"), NOW, EVERYTHING).watch.worse == 0
    assert open_grid(GridQuery(size=2, search="Camera"), NOW, EVERYTHING).watch.worse == 0


def test_it_remembers_how_many_cameras_match_elsewhere(make: Make) -> None:
    for number in range(5):
        make(name=f"Camera {number}")
    make(name="Lobby")
    assert open_grid(GridQuery(size=2), NOW, EVERYTHING).watch.elsewhere == 4
    assert open_grid(GridQuery(size=2, search="camera"), NOW, EVERYTHING).watch.elsewhere == 3
    assert open_grid(GridQuery(size=2, statuses=(Status.OFFLINE,)), NOW, EVERYTHING).watch.elsewhere == 0


def test_a_group_that_is_gone_is_said(app: Flask) -> None:
    with pytest.raises(grid.NoSuchGroup):
        open_grid(GridQuery(group_id="gone"), NOW, EVERYTHING)


def test_a_group_counts_what_lies_beneath_it(make: Make) -> None:
    plant = CameraGroup(name="Plant")
    db.session.add(plant)
    db.session.commit()
    make(group_id=plant.id)
    make()
    opened = open_grid(GridQuery(group_id=plant.id), NOW, EVERYTHING)
    assert (opened.page.total, opened.frame.tree.total) == (1, 2)


def test_it_is_looked_at_again_when_the_first_camera_turns_unknown(make: Make) -> None:
    live.note_batch(NOW, live.Counts(done=1), NOW)
    make(next_due_at=NOW - MINUTE)
    turns = NOW - MINUTE + patience()
    assert open_grid(GridQuery(), NOW, EVERYTHING).watch.stale_at == int(turns.timestamp())


def test_without_a_camera_that_turns_it_is_looked_at_when_the_banner_may_come(app: Flask) -> None:
    live.note_batch(NOW, live.Counts(done=1), NOW)
    assert open_grid(GridQuery(), NOW, EVERYTHING).watch.stale_at == int((NOW + patience()).timestamp())


def test_the_cameras_of_a_page_travel_as_the_beginning_of_their_ids(make: Make) -> None:
    cameras = [make() for _ in range(3)]
    packed = pack(cameras)
    assert len(packed) == 8 * 3
    assert unpack(packed) == {camera.id[:13] for camera in cameras}


def test_a_filter_narrows_the_page_of_a_group_and_several_groups_add_up(make: Make) -> None:
    plant, gate, dock, other = (add_group(name) for name in ("Plant", "Gate", "Dock", "Other"))
    gate.parent_id = dock.parent_id = plant.id
    db.session.commit()
    for group in (plant, gate, dock, other):
        make(name=group.name, group_id=group.id)

    def found(**query: Any) -> list[str]:
        return [camera.name for camera in open_grid(GridQuery(sort="name", **query), NOW, EVERYTHING).page.cameras]

    assert found(groups=(gate.id, other.id)) == ["Gate", "Other"]
    assert found(groups=(plant.id,)) == ["Dock", "Gate", "Plant"]
    assert found(group_id=plant.id, groups=(gate.id, other.id)) == ["Gate"]


def test_a_group_to_filter_by_that_is_gone_holds_nothing_rather_than_everything(make: Make) -> None:
    make()
    gone = GridQuery(groups=("00000000-0000-4000-8000-000000000000",))
    assert open_grid(gone, NOW, EVERYTHING).page.total == 0
    tree = groups.tree(NOW, EVERYTHING)
    assert finding.ids(grid.filter_of(gone, tree, EVERYTHING), NOW) == []


def test_the_total_is_that_of_the_filter_also_where_the_tree_counts(make: Make) -> None:
    make(status="offline", tags=("night",))
    make(status="offline")
    make()
    assert open_grid(GridQuery(statuses=(Status.OFFLINE,)), NOW, EVERYTHING).page.total == 2
    assert open_grid(GridQuery(statuses=(Status.OFFLINE,), tags=("night",)), NOW, EVERYTHING).page.total == 1
    assert open_grid(GridQuery(view="matrix", tags=("night",)), NOW, EVERYTHING).page.total == 1


def test_the_chips_count_what_matches_besides_the_status(make: Make) -> None:
    make(status="offline", tags=("night",))
    make(tags=("night",))
    make()
    make(status="offline")
    of_a_tag = open_grid(GridQuery(statuses=(Status.OFFLINE,), tags=("night",)), NOW, EVERYTHING)
    assert of_a_tag.counts == {"offline": 1, "live": 1}
    assert of_a_tag.frame.tree.counts == {"offline": 2, "live": 2}
    assert open_grid(GridQuery(statuses=(Status.OFFLINE,)), NOW, EVERYTHING).counts == {"offline": 2, "live": 2}
