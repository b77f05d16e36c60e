"""The jobs of snapshots and clean-ups, as a worker runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

import jobs.health
import jobs.housekeeping
from webapp.extensions import db
from webapp.models import AuditEntry, Camera, CameraSnapshot, HousekeepingRun, User, utc_now
from webapp.outcomes import Outcome, Reading
from webapp.services import sweep
from webapp.services.housekeeping import running


def test_a_snapshot_is_taken_in_the_name_of_who_asked(
    make_camera: Callable[..., Camera], make_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*_: Any, **__: Any) -> Reading:
        return Reading(utc_now(), Outcome.ONLINE, jpeg=b"a picture")

    monkeypatch.setattr(sweep, "check_stored", answer)
    camera, person = make_camera(), make_user()
    jobs.health.take_snapshot(camera.id, person.id)
    assert db.session.scalars(select(CameraSnapshot)).one().kind == "manual"
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor) == ("camera.snapshot", person.email)


@pytest.mark.parametrize("name", ["snapshots", "health", "history", "database"])
def test_the_clock_runs_each_clean_up(app: object, name: str) -> None:
    getattr(jobs.housekeeping, name)()
    run = db.session.scalars(select(HousekeepingRun)).one()
    assert (run.task, run.is_dry, run.actor, run.problem) == (name, False, None, None)
    assert run.finished_at


def test_a_person_has_one_run(app: object) -> None:
    run_id = running.start("snapshots", is_dry=True, now=utc_now())
    jobs.housekeeping.run(run_id)
    assert db.session.get_one(HousekeepingRun, run_id, populate_existing=True).finished_at
