"""The page of the clean-ups."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import jobs
from jobs import housekeeping
from webapp.extensions import db
from webapp.models import HousekeepingRun, utc_now
from webapp.services.housekeeping import running
from webapp.views.housekeeping import told


def runs() -> list[HousekeepingRun]:
    return list(db.session.scalars(select(HousekeepingRun)))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(housekeeping, "start", found.append)
    return found


def test_it_says_what_there_is_and_when_it_comes(admin: FlaskClient) -> None:
    page = admin.get("/housekeeping").text
    assert "Daily at 02:00 UTC" in page
    assert "Sunday at 03:00 UTC" in page
    assert page.count("none yet") == 4
    assert "hx-trigger" not in page.partition('id="upkeep"')[2].partition(">")[0]


def test_a_dry_run_is_asked_for_and_its_answer_shown(admin: FlaskClient, asked: list[str]) -> None:
    assert admin.post("/housekeeping/snapshots", data={"act": "dry"}).status_code == 303
    [run] = runs()
    assert (run.is_dry, run.actor is None, asked) == (True, False, [run.id])
    page = admin.get("/housekeeping").text
    assert "dry run under way: nothing so far" in page
    assert 'hx-trigger="every 2s"' in page
    run.found, run.finished_at, run.problem = {"pictures": 31, "bytes": 4_100_000}, utc_now(), "The store is slow."
    db.session.commit()
    page = admin.get("/housekeeping").text
    assert "would delete or change 31 pictures, 4.1 MB" in page
    assert "The store is slow." in page


def test_it_is_run_by_hand(admin: FlaskClient, asked: list[str]) -> None:
    admin.post("/housekeeping/database", data={"act": "run"})
    [run] = runs()
    assert (run.is_dry, asked) == (False, [run.id])
    running.run(run.id, utc_now)
    assert "Clean-up started" in admin.get("/audit").text
    assert "broke off" not in admin.get("/housekeeping").text


def test_one_that_is_under_way_is_not_started_again(admin: FlaskClient, asked: list[str]) -> None:
    for _ in range(2):
        admin.post("/housekeeping/health", data={"act": "run"})
    assert len(asked) == 1
    assert "under way already" in admin.get("/housekeeping").text


def test_without_redis_it_is_said_and_can_be_tried_again(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_run_id: str) -> None:
        raise jobs.QueueAway

    monkeypatch.setattr(housekeeping, "start", away)
    for _ in range(2):
        admin.post("/housekeeping/health", data={"act": "run"})
        assert "Redis does not answer" in admin.get("/housekeeping").text
    assert all(run.finished_at for run in runs())


def test_there_is_no_other_task(admin: FlaskClient) -> None:
    assert admin.post("/housekeeping/everything").status_code == 404


def test_what_was_found_is_told_in_words() -> None:
    assert told({}) == "nothing"
    assert told({"orphans": 1, "days": 2, "bytes": 1500}) == "2 days, 1 file without a record, 2 kB"
