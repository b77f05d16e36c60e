"""Outages: what is one, when it began and ended, and what of it nobody knows."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from webapp import create_app
from webapp.extensions import db
from webapp.models import Acknowledgement, Camera, Status, StatusChange, new_id
from webapp.outcomes import Outcome
from webapp.services.outages import Outage, of_camera, of_cameras, pair

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Make = Callable[..., Camera]


def at(minutes: float) -> datetime:
    """Minutes after ten o'clock."""
    return NOW - timedelta(hours=2) + timedelta(minutes=minutes)


def history(*steps: tuple[float, str], camera_id: str = "c", first: str = "live", **fields: Any) -> list[StatusChange]:
    """The changes of a camera from (minute, status), oldest first."""
    found, old = [], first
    for minute, new in steps:
        known = {"id": new_id(), "camera_id": camera_id, "at": at(minute), "old": old, "new": new} | fields
        found.append(StatusChange(**known))
        old = new
    return found


def told(found: list[Outage]) -> list[tuple[str, datetime, datetime | None]]:
    return [(outage.severity.value, outage.start, outage.end) for outage in found]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], []),
        ([(0, "live")], []),
        ([(0, "offline")], [("offline", at(0), None)]),
        ([(0, "offline"), (5, "live")], [("offline", at(0), at(5))]),
        ([(0, "offline"), (5, "live"), (9, "offline")], [("offline", at(0), at(5)), ("offline", at(9), None)]),
        ([(0, "degraded"), (5, "offline")], [("degraded", at(0), at(5)), ("offline", at(5), None)]),
        ([(0, "offline"), (5, "degraded"), (7, "live")], [("offline", at(0), at(5)), ("degraded", at(5), at(7))]),
        ([(0, "offline"), (5, "unknown"), (8, "offline"), (9, "live")], [("offline", at(0), at(9))]),
        ([(0, "offline"), (5, "unknown"), (8, "live")], [("offline", at(0), at(5))]),
        ([(0, "offline"), (5, "unknown")], [("offline", at(0), None)]),
        ([(0, "unknown"), (8, "offline")], [("offline", at(8), None)]),
        ([(0, "offline"), (5, "maintenance"), (8, "offline")], [("offline", at(0), at(5)), ("offline", at(8), None)]),
        ([(0, "offline"), (5, "disabled")], [("offline", at(0), at(5))]),
    ],
)
def test_an_outage_lasts_from_the_change_into_it_to_the_one_out_of_it(
    steps: list[tuple[float, str]], expected: list[tuple[str, datetime, datetime | None]]
) -> None:
    assert told(pair(history(*steps))) == expected


def test_a_gap_in_the_checks_is_told_apart() -> None:
    (bridged,) = pair(history((0, "offline"), (5, "unknown"), (8, "offline"), (9, "live")))
    assert (bridged.unmeasured, bridged.is_end_seen) == (timedelta(minutes=3), True)
    (lost,) = pair(history((0, "offline"), (5, "unknown"), (8, "live")))
    assert (lost.unmeasured, lost.is_end_seen) == (timedelta(0), False)


def test_the_reason_is_the_one_it_began_with() -> None:
    first, *_ = changes = history((0, "offline"), (5, "unknown"), (8, "offline"))
    first.reason, changes[2].reason = "timeout", "refused"
    (found,) = pair(changes)
    assert (found.reason, found.finding) == (Outcome.TIMEOUT, None)


def test_the_span_of_an_open_one_is_never_negative() -> None:
    """The clock may have been put back since it began."""
    (found,) = pair(history((0, "offline")))
    assert found.lasted(at(3)) == timedelta(minutes=3)
    assert found.lasted(at(-60)) == timedelta(0)


STATUSES = [status.value for status in Status]


@given(st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(STATUSES)), max_size=40), st.sampled_from(STATUSES))
def test_outages_never_overlap_and_last_as_long_as_the_camera_was_seen_so(
    steps: list[tuple[int, str]], first: str
) -> None:
    changes = history(*sorted(steps, key=lambda step: step[0]), first=first)
    found = pair(changes)
    assert all(a.end is not None and a.end <= b.start for a, b in pairwise(found))
    assert all(outage.end is None or outage.start <= outage.end for outage in found)
    for severity in ("offline", "degraded"):
        seen = sum(
            (b.at - a.at for a, b in pairwise(changes) if a.new == severity),
            timedelta(0),
        )
        last = changes[-1].at if changes else NOW
        counted = sum(((o.end or last) - o.start - o.unmeasured for o in found if o.severity == severity), timedelta(0))
        tail = _dark_tail(changes, severity)
        assert counted - tail == seen


def _dark_tail(changes: list[StatusChange], severity: str) -> timedelta:
    """How long an open one has been out of sight, to the last change: nobody has checked since."""
    known = [change for change in changes if change.new != "unknown"]
    if not known or known[-1].new != severity:
        return timedelta(0)
    dark = changes[changes.index(known[-1]) + 1 :]
    return changes[-1].at - dark[0].at if dark else timedelta(0)


def store(camera: Camera, *steps: tuple[float, str]) -> list[StatusChange]:
    changes = history(*steps, camera_id=camera.id, reason="timeout")
    db.session.add_all(changes)
    db.session.commit()
    return changes


def test_a_span_shows_what_touches_it_with_its_true_beginning_and_end(either_app: Flask, make_camera: Make) -> None:
    camera = make_camera()
    store(camera, (0, "offline"), (10, "live"), (20, "offline"), (30, "unknown"), (40, "offline"), (60, "live"))
    assert told(of_camera(camera.id, at(35), at(36))) == [("offline", at(20), at(60))]
    assert told(of_camera(camera.id, at(5), at(21))) == [("offline", at(0), at(10)), ("offline", at(20), at(60))]
    assert of_camera(camera.id, at(10), at(20)) == []
    assert of_camera(camera.id, at(-50), at(0)) == []
    assert told(of_camera(camera.id, at(60), at(90))) == []


def test_one_that_turns_into_something_else_after_the_span_still_ends(either_app: Flask, make_camera: Make) -> None:
    camera = make_camera()
    store(camera, (0, "offline"), (10, "degraded"), (20, "unknown"), (30, "maintenance"))
    assert told(of_camera(camera.id, at(1), at(2))) == [("offline", at(0), at(10))]
    assert told(of_camera(camera.id, at(11), at(12))) == [("degraded", at(10), at(20))]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(STATUSES)), max_size=12, unique_by=lambda step: step[0]),
    st.integers(-5, 65),
    st.integers(1, 30),
)
def test_a_span_is_the_whole_history_cut_out(
    span_camera: Callable[[list[StatusChange]], str], steps: list[tuple[int, str]], start: int, length: int
) -> None:
    ordered = sorted(steps)
    moves = [step for before, step in pairwise([(0, "live"), *ordered]) if before[1] != step[1]]
    camera_id = span_camera(changes := history(*moves))
    window = (at(start), at(start + length))
    whole = [o for o in pair(changes) if o.start < window[1] and (o.end is None or o.end > window[0])]
    found = of_camera(camera_id, *window)
    assert told(found) == told(whole)
    assert [o.unmeasured for o in found] == [o.unmeasured for o in whole]


@pytest.fixture(scope="module")
def span_camera(
    migrated_sqlite: Path, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[list[StatusChange]], str]]:
    """Stores a history anew for each example, and gives the camera's id."""
    folder = tmp_path_factory.mktemp("spans")
    shutil.copy(migrated_sqlite, folder / "camkeeper.db")
    app = create_app({"DATA_DIR": folder, "REDIS_URL": redis_url, "TESTING": True})
    with app.app_context():
        camera = Camera(id=new_id(), name="Gate 2", rtsp_url="rtsp://10.20.4.14:554/stream1")
        db.session.add(camera)
        db.session.commit()

        def stored(changes: list[StatusChange]) -> str:
            db.session.execute(db.delete(StatusChange))
            for change in changes:
                change.camera_id = camera.id
            db.session.add_all(changes)
            db.session.commit()
            return camera.id

        yield stored
        db.session.remove()
        db.engine.dispose()


def test_who_acknowledged_is_told(app: Flask, make_camera: Make) -> None:
    camera = make_camera()
    first, *_ = store(camera, (0, "offline"), (10, "live"), (20, "offline"))
    db.session.add(Acknowledgement(change_id=first.id, actor="Ada", reason="power cut", at=at(3)))
    db.session.commit()
    one, other = of_camera(camera.id, at(0), at(60))
    assert one.acknowledged is not None
    assert (one.acknowledged.who, one.acknowledged.at, one.acknowledged.reason) == ("Ada", at(3), "power cut")
    assert other.acknowledged is None


def test_many_cameras_cost_two_queries(app: Flask, make_camera: Make) -> None:
    made = [make_camera(name=f"{n}") for n in range(5)]
    for n, camera in enumerate(made):
        store(camera, *[(hour * 10 + n, ("offline", "live")[hour % 2]) for hour in range(n)])
    queries: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    found = of_cameras([camera.id for camera in made], at(0), at(120))
    assert len([query for query in queries if query.startswith(("SELECT", "WITH"))]) == 2
    assert [len(found[camera.id]) for camera in made] == [0, 1, 1, 2, 2]
