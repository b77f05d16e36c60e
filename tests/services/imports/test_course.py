"""An import that is stopped, comes to a halt or loses its worker, and goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.services.imports.conftest import THREE, apply, cameras, check, clock, die_after, read, rows
from webapp.extensions import db
from webapp.models import AuditEntry, CameraGroup, Import, User, WorkState
from webapp.services.imports import applying, checking, course, testing
from webapp.services.imports.course import OutOfTurn


def test_a_worker_that_dies_leaves_whole_chunks_and_another_goes_on(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 2)
    lines = "\n".join(f"Camera {n},{n},10.0.0.{n},Site > Building {n}" for n in range(9))
    import_ = check(person, f"name,code,rtsp_url,group\n{lines}\n")
    die_after(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        apply(import_)
    monkeypatch.undo()
    import_ = read(import_)
    assert (import_.state, import_.done, len(cameras())) == (WorkState.RUNNING, 4, 4)
    assert sum(row.is_applied for row in rows(import_)) == 4
    applying.run(import_.id, clock)
    assert len(cameras()) == 4, "the first one may still be alive"
    later = lambda: clock() + 2 * course.LIFELESS  # noqa: E731
    assert [found[0] for found in course.left_behind(later())] == [import_.id]
    applying.run(import_.id, later)
    import_ = read(import_)
    assert (import_.state, import_.done, import_.counts["created"]) == (WorkState.DONE, 9, 9)
    assert len(cameras()) == 9
    assert db.session.query(CameraGroup).count() == 10
    assert len(import_.group_ids) == 10
    assert db.session.query(AuditEntry).filter_by(action="camera.create").count() == 9


def test_it_stops_between_chunks_when_asked_and_goes_on_when_asked(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 1)
    import_ = check(person, THREE)
    written = applying.write

    def write(*args: Any) -> Any:
        ids = written(*args)
        if "B" in cameras():
            db.session.execute(text("UPDATE imports SET wants_cancel = (1 = 1)"))
        return ids

    monkeypatch.setattr(applying, "write", write)
    import_ = apply(import_)
    monkeypatch.setattr(applying, "write", written)
    assert (import_.state, set(cameras()), import_.counts["created"]) == (WorkState.CANCELLED, {"A"}, 1)
    applying.go_on(import_, clock())
    applying.run(import_.id, clock)
    assert set(cameras()) == {"A", "B", "C"}
    assert read(import_).state == WorkState.DONE


def test_an_end_asked_for_in_the_moment_a_worker_begins_is_not_forgotten(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_ = check(person, THREE)
    claim = course.claim

    def and_then_stop(*args: Any) -> Any:
        found = claim(*args)
        course.cancel(import_.id, clock())
        return found

    monkeypatch.setattr(course, "claim", and_then_stop)
    assert apply(import_).state == WorkState.CHECKED
    assert cameras() == {}


def test_an_end_asked_for_between_dry_run_and_trying_out_holds_for_both(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = checking.Summary.counts

    def and_then_stop(summary: checking.Summary) -> Any:
        course.cancel(db.session.scalars(db.select(Import.id)).one(), clock())
        return counts(summary)

    monkeypatch.setattr(checking.Summary, "counts", and_then_stop)
    monkeypatch.setattr(testing, "_test", lambda *_: pytest.fail("nobody wants to know any more"))
    import_ = check(person, THREE, tests_streams=True)
    assert import_.state == WorkState.TESTING
    testing.run(import_.id, clock)
    assert read(import_).state == WorkState.CHECKED


def test_a_button_pressed_twice_starts_it_once(person: User) -> None:
    import_ = check(person, THREE)
    applying.start(import_, False, clock())
    with pytest.raises(OutOfTurn):
        applying.start(import_, False, clock())


def test_an_import_that_takes_long_is_not_taken_for_dead(person: User) -> None:
    import_ = check(person, THREE)
    applying.start(import_, False, clock())
    assert course.left_behind(clock()) == []
    assert course.left_behind(clock() + course.LIFELESS + timedelta(seconds=1))


def test_a_fault_of_ours_ends_it_with_a_sentence_and_it_can_go_on(
    person: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 2)
    import_ = check(person, THREE)
    written, turns = applying.write, [0]

    def write(*args: Any) -> None:
        turns[0] += 1
        if turns[0] == 2:
            raise ZeroDivisionError
        written(*args)

    monkeypatch.setattr(applying, "write", write)
    import_ = apply(import_)
    assert (import_.state, set(cameras())) == (WorkState.FAILED, {"A", "B"})
    assert import_.problem == "This failed on our side (ZeroDivisionError); it is in the log. Try again."
    assert "An import failed on our side." in caplog.text
    applying.go_on(import_, clock())
    applying.run(import_.id, clock)
    assert set(cameras()) == {"A", "B", "C"}


def test_a_database_that_is_away_leaves_it_for_the_next_worker(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = check(person, THREE)

    def away(*_: Any) -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(applying, "write", away)
    with pytest.raises(OperationalError):
        apply(import_)
    assert read(import_).state == WorkState.RUNNING


def test_stopping_what_waits_to_go_on_leaves_what_is_stored(person: User) -> None:
    import_ = apply(check(person, THREE))
    course.go(import_.id, [WorkState.DONE], WorkState.CANCELLED, clock())
    applying.go_on(import_, clock())
    course.cancel(import_.id, clock())
    assert read(import_).state == WorkState.CANCELLED


def test_stopping_what_a_dead_worker_left_ends_it_with_what_is_stored(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 1)
    import_ = check(person, THREE)
    die_after(1, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        apply(import_)
    course.cancel(import_.id, clock())
    assert read(import_).state == WorkState.RUNNING, "the worker may still be alive"
    course.cancel(import_.id, clock() + 2 * course.LIFELESS)
    import_ = read(import_)
    assert (import_.state, import_.counts["created"]) == (WorkState.CANCELLED, 1)
    assert import_.finished_at
    assert course.left_behind(clock() + 4 * course.LIFELESS) == []


@pytest.mark.parametrize("state", [WorkState.CHECKING, WorkState.TESTING])
def test_stopping_a_dry_run_that_lost_its_worker_ends_it(person: User, state: WorkState) -> None:
    import_ = check(person, THREE)
    course.go(import_.id, [WorkState.CHECKED], state, clock(), started_at=clock())
    course.cancel(import_.id, clock() + 2 * course.LIFELESS)
    assert read(import_).state == (WorkState.DRAFT if state == WorkState.CHECKING else WorkState.CHECKED)
