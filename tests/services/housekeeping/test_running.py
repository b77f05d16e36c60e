"""Runs: noted from the beginning to the end, one at a time, and honest about what went wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.services.housekeeping.conftest import JPEG, NOW, camera, files, picture, storage
from webapp.extensions import db, settings
from webapp.models import AuditEntry, HousekeepingRun, Role, User
from webapp.services.housekeeping import running, tasks, work
from webapp.services.housekeeping.running import AlreadyRunning, run, start
from webapp.services.housekeeping.tasks import BY_NAME, TASKS

pytestmark = pytest.mark.usefixtures("either_app")


def noted(run_id: str) -> HousekeepingRun:
    db.session.expire_all()
    found = db.session.get_one(HousekeepingRun, run_id)
    db.session.commit()
    return found


def test_a_run_is_noted_with_what_it_did() -> None:
    picture(camera(), -1)
    run_id = start("snapshots", is_dry=False, now=NOW)
    assert (noted(run_id).finished_at, noted(run_id).actor) == (None, None)
    run(run_id, lambda: NOW)
    found = noted(run_id)
    assert (found.found, found.problem, found.finished_at) == ({"pictures": 1, "bytes": len(JPEG)}, None, NOW)
    assert files() == set()


def test_a_person_who_starts_one_stands_in_the_audit() -> None:
    person = User(email="a@example.com", role=Role.ADMIN, password_hash="x")
    db.session.add(person)
    db.session.commit()
    run_id = start("database", is_dry=True, now=NOW, by=person)
    assert noted(run_id).actor == "a@example.com"
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject) == ("housekeeping.dry_run", "Database")


def test_one_at_a_time_until_its_worker_is_lost() -> None:
    start("health", is_dry=False, now=NOW)
    with pytest.raises(AlreadyRunning, match="under way already"):
        start("health", is_dry=True, now=NOW + timedelta(minutes=9))
    start("snapshots", is_dry=False, now=NOW)
    start("health", is_dry=True, now=NOW + timedelta(minutes=11))


def test_a_store_that_is_away_is_told_and_the_run_ends() -> None:
    (settings.DATA_DIR / "pictures").write_text("in the way")
    gate = camera()
    picture(gate, -1, has_file=False)
    run_id = start("snapshots", is_dry=False, now=NOW)
    run(run_id, lambda: NOW)
    found = noted(run_id)
    assert found.finished_at == NOW
    assert found.problem


def test_an_error_of_ours_ends_the_run_and_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_work: work.Work) -> None:
        raise ZeroDivisionError

    task = tasks.Task("health", "Health", "", (broken,), 3)
    monkeypatch.setitem(tasks.BY_NAME, "health", task)
    run_id = start("health", is_dry=False, now=NOW)
    with pytest.raises(ZeroDivisionError):
        run(run_id, lambda: NOW)
    assert noted(run_id).problem == "It broke off: ZeroDivisionError. The log says more."
    assert noted(run_id).finished_at == NOW


def test_a_run_that_takes_too_long_stops_between_two_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LONGEST", timedelta(0))
    for _ in range(2):
        picture(camera(), -1)
    monkeypatch.setattr("webapp.services.housekeeping.expired.PIECE", 1)
    run_id = start("snapshots", is_dry=False, now=NOW)
    run(run_id, lambda: NOW)
    assert noted(run_id).found["pictures"] == 1
    assert noted(run_id).problem == "The time for one run was up; the next one goes on from there."
    monkeypatch.setattr(work, "LONGEST", timedelta(minutes=1))
    run(start("snapshots", is_dry=False, now=NOW), lambda: NOW)
    assert not list(storage().list("snapshots/"))


def test_progress_is_noted_while_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "TELL_EVERY_S", 0.0)
    monkeypatch.setattr("webapp.services.housekeeping.expired.PIECE", 1)
    seen: list[int] = []
    note = running._note

    def watched(run_id: str, at_work: work.Work, moments: dict[str, object]) -> None:
        seen.append(at_work.found["pictures"])
        note(run_id, at_work, moments)

    monkeypatch.setattr(running, "_note", watched)
    for _ in range(3):
        picture(camera(), -1)
    run(start("snapshots", is_dry=False, now=NOW), lambda: NOW)
    assert seen[:3] == [1, 2, 3]


@pytest.mark.parametrize("name", BY_NAME)
def test_every_clean_up_runs_on_a_fresh_installation(name: str) -> None:
    for is_dry in (True, False):
        run_id = start(name, is_dry, NOW)
        run(run_id, lambda: NOW)
        assert noted(run_id).problem is None


class TestTimes:
    SATURDAY = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def test_they_are_those_of_the_timetable(self) -> None:
        assert {task.name: task.cron for task in TASKS} == {
            "snapshots": "0 2 * * *",
            "health": "0 3 * * 0",
            "history": "0 4 * * 0",
            "database": "0 5 * * 0",
        }

    def test_the_next_one_is_told(self) -> None:
        assert BY_NAME["snapshots"].next_due(self.SATURDAY) == datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
        sunday = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
        assert BY_NAME["health"].next_due(self.SATURDAY) == sunday
        assert BY_NAME["health"].next_due(sunday) == sunday + timedelta(days=7)
