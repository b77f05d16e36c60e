"""What an open page learns by its poll."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.services.test_grid import change_elsewhere
from webapp.extensions import db
from webapp.models import Camera, User
from webapp.services import live
from webapp.services.grid import GridQuery, Watch, open_grid
from webapp.services.grid_changes import CATCH_UP, Delta, changes
from webapp.services.rights import EVERYTHING

NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE = timedelta(minutes=1)
Make = Callable[..., Camera]


@pytest.fixture
def make(make_camera: Make) -> Make:
    """A camera that was checked a moment ago, while sweeps go on."""
    live.publish(["somebody"], status_changed=True)
    live.note_batch(NOW, live.Counts(done=1), NOW)
    return lambda **fields: make_camera(**({"status": "live", "next_due_at": NOW + MINUTE} | fields))


def opened(query: GridQuery | None = None) -> Watch:
    return open_grid(query or GridQuery(), NOW, EVERYTHING).watch


def poll(watch: Watch, query: GridQuery | None = None, now: datetime = NOW) -> Delta:
    delta = changes(query or GridQuery(), watch, now, lambda: EVERYTHING)
    assert delta is not None
    return delta


def test_a_change_after_the_person_was_read_is_in_the_poll_that_moves_on(
    make: Make, make_user: Callable[..., User]
) -> None:
    camera_id, user_id = make().id, make_user().id
    watch = opened()
    db.session.remove()
    db.session.get(User, user_id)
    change_elsewhere(camera_id, "offline")
    delta = poll(watch)
    assert delta.watch.since == live.changes_since(0).seq
    assert [camera.status for camera in delta.cameras] == ["offline"]
    assert delta.tree
    assert delta.tree.counts == {"offline": 1}


def test_nothing_new_is_nothing(make: Make) -> None:
    make()
    assert changes(GridQuery(), opened(), NOW, lambda: EVERYTHING) is None


def test_a_page_moves_its_number_on_though_the_changes_are_elsewhere(make: Make) -> None:
    make()
    watch = opened()
    live.publish([f"other {n}" for n in range(CATCH_UP + 1)], status_changed=False)
    delta = poll(watch)
    assert (delta.cameras, delta.tree, delta.banner) == ([], None, None)
    assert delta.watch == replace(watch, since=watch.since + 1)


def test_a_lost_sequence_draws_every_tile_anew(make: Make) -> None:
    cameras = {make().id, make().id}
    watch = opened()
    assert {camera.id for camera in poll(replace(watch, since=watch.since + 5)).cameras} == cameras


def test_counts_that_did_not_move_are_not_sent(make: Make) -> None:
    camera = make()
    watch = opened()
    live.publish([camera.id], status_changed=True)
    delta = poll(watch)
    assert delta.tree is None
    assert (delta.newly, delta.worse) == (0, 0)


def test_time_alone_draws_only_what_it_turned(make: Make) -> None:
    turned = make(next_due_at=NOW - MINUTE)
    make()
    delta = poll(opened(), now=NOW + 2 * MINUTE)
    assert [camera.id for camera in delta.cameras] == [turned.id]
    assert delta.watch.stale_at > opened().stale_at


def test_the_counts_of_a_filter_are_told_though_those_of_the_fleet_stay(make: Make) -> None:
    sought, other = make(tags=("night",)), make(status="offline")
    query = GridQuery(tags=("night",))
    watch = opened(query)
    change_elsewhere(other.id, "live")
    change_elsewhere(sought.id, "offline")
    delta = poll(watch, query)
    assert (delta.tree, delta.counts) == (None, {"offline": 1})
