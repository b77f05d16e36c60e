"""The pages of reports: asking for one, following it, reading it, and what others may not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

import jobs.reports
from tests.views.conftest import FRAGMENT
from webapp.extensions import db, redis_client
from webapp.models import Camera, CameraGroup, Report, Role, StatusChange, WorkState
from webapp.services.reports import making
from webapp.views.report_words import lasting, share, trend


@pytest.fixture
def camera(make_camera: Callable[..., Camera]) -> Camera:
    """Down for three hours, eight days ago; live since then and before."""
    group = CameraGroup(name="Gate")
    db.session.add(group)
    db.session.flush()
    now = datetime.now(UTC)
    found = make_camera(
        name="Entry",
        group_id=group.id,
        status="live",
        created_at=now - timedelta(days=90),
        checked_at=now,
        next_due_at=now + timedelta(minutes=1),
    )
    began = now - timedelta(days=8)
    for at, old, new, reason in ((0, "live", "offline", "timeout"), (3, "offline", "live", "online")):
        moment = began + timedelta(hours=at)
        db.session.add(StatusChange(camera_id=found.id, at=moment, old=old, new=new, reason=reason))
    db.session.commit()
    return found


def ask(client: FlaskClient, **form: str) -> Report:
    answer = client.post("/reports", data=form)
    assert answer.status_code == 303, answer.text
    return db.session.query(Report).filter_by(id=answer.headers["Location"].rpartition("/")[2]).one()


def spanning() -> dict[str, str]:
    """Two weeks up to yesterday."""
    today = datetime.now(UTC).date()
    days = today - timedelta(days=14), today - timedelta(days=1)
    return dict(zip(("day", "until"), map(str, days), strict=True)) | {"period": "custom"}


def made(client: FlaskClient, **form: str) -> Report:
    report = ask(client, **(spanning() | form))
    jobs.reports.make(report.id)
    return report


def test_a_report_is_followed_until_it_is_there(admin: FlaskClient, camera: Camera) -> None:
    report = ask(admin, **spanning())
    assert redis_client.llen("rq:queue:slow") == 1
    page = admin.get(f"/reports/{report.id}").text
    assert "Waiting for a worker." in page
    assert admin.get(f"/reports/{report.id}/progress", headers=FRAGMENT).status_code == 200
    jobs.reports.make(report.id)
    answer = admin.get(f"/reports/{report.id}/progress", headers=FRAGMENT)
    assert answer.headers["HX-Redirect"] == f"/reports/{report.id}?finished=1"


def test_it_tells_uptime_outages_and_reasons(admin: FlaskClient, camera: Camera) -> None:
    page = admin.get(f"/reports/{made(admin).id}").text
    assert "99.10 %" in page, "3 of 336 hours"
    assert "no answer" in page
    assert "3 h" in page
    assert f'href="/cameras/{camera.id}"' in page


def test_a_period_from_before_any_camera_says_so(admin: FlaskClient, camera: Camera) -> None:
    report = made(admin, period="day", day="2020-01-01")
    assert "No camera was here in this period" in admin.get(f"/reports/{report.id}").text


def test_csv_has_a_row_for_the_whole_each_group_and_each_camera(admin: FlaskClient, camera: Camera) -> None:
    answer = admin.get(f"/reports/{made(admin).id}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["Row"], row["Name"]) for row in rows] == [
        ("total", "All cameras"),
        ("group", "Gate"),
        ("camera", "Entry"),
    ]
    assert {row["Down (s)"] for row in rows} == {"10800"}
    assert "attachment" in answer.headers["Content-Disposition"]


def test_json_tells_the_same(admin: FlaskClient, camera: Camera) -> None:
    found = admin.get(f"/reports/{made(admin).id}.json").get_json()
    assert found["result"]["total"]["down"] == 10800
    assert found["state"] == "done"


def test_it_is_run_again_for_the_next_period(admin: FlaskClient, camera: Camera) -> None:
    first = made(admin, period="week", day=str(datetime.now(UTC).date() - timedelta(days=14)), until="")
    page = admin.get(f"/reports/{first.id}").text
    assert re.search(r"Run for Week of \d+ \w+ \d{4}", page)
    answer = admin.post(f"/reports/{first.id}/again")
    second = db.session.get_one(Report, answer.headers["Location"].rpartition("/")[2])
    assert second.starts_at == first.ends_at


def test_what_has_not_begun_cannot_be_run(admin: FlaskClient, camera: Camera) -> None:
    report = made(admin, period="month", day=str(datetime.now(UTC).date()), until="")
    assert "Run for" not in admin.get(f"/reports/{report.id}").text
    answer = admin.post(f"/reports/{report.id}/again")
    assert answer.status_code == 422
    assert "has not begun yet" in answer.text


def test_what_is_refused_keeps_what_was_typed(admin: FlaskClient, camera: Camera) -> None:
    answer = admin.post("/reports", data={"period": "custom", "day": "2026-11-02", "name": "Board"})
    assert answer.status_code == 422
    assert "Choose the first and the last day of the period." in answer.text
    assert 'value="Board"' in answer.text
    assert 'value="2026-11-02"' in answer.text


def test_the_persons_own_zone_counts_more_than_the_browsers(
    client: FlaskClient, sign_in: Callable[..., object], camera: Camera
) -> None:
    user = sign_in(client, Role.VIEWER)
    assert ask(client, time_zone="Europe/Vienna").time_zone == "Europe/Vienna"
    assert ask(client, time_zone="Etc/Unknown").time_zone == "UTC"
    user.time_zone = "Asia/Tokyo"  # type: ignore[attr-defined]
    db.session.commit()
    assert ask(client, time_zone="Europe/Vienna").time_zone == "Asia/Tokyo"


def test_only_its_maker_and_administrators_delete_it(
    client: FlaskClient, sign_in: Callable[..., object], camera: Camera
) -> None:
    sign_in(client, Role.VIEWER)
    report = ask(client, group_id=camera.group_id or "")
    client.post("/logout")
    sign_in(client, Role.OPERATOR)
    assert client.get(f"/reports/{report.id}").status_code == 200
    for method in ("GET", "POST"):
        assert client.open(f"/reports/{report.id}/delete", method=method).status_code == 403
    client.post("/logout")
    sign_in(client, Role.ADMIN)
    asked = client.get(f"/reports/{report.id}/delete").text
    assert "It cannot be undone." in asked
    assert db.session.query(Report).count() == 1
    assert client.post(f"/reports/{report.id}/delete").status_code == 303
    assert db.session.query(Report).count() == 0


def test_an_unfinished_report_has_no_file(admin: FlaskClient, camera: Camera) -> None:
    report = ask(admin)
    assert admin.get(f"/reports/{report.id}.csv").status_code == 404
    assert admin.get(f"/reports/{report.id}.json").status_code == 404


def test_without_redis_it_is_kept_and_made_later(app: Flask, admin: FlaskClient, camera: Camera) -> None:
    pool = app.extensions["redis_pool"]
    with mock.patch.dict(pool.connection_kwargs, path="/nowhere/redis.sock"):
        pool.reset()
        report = ask(admin)
        assert "made by itself when Redis is back" in admin.get(f"/reports/{report.id}").text
    pool.reset()
    db.session.execute(update(Report).values(progress_at=datetime.now(UTC) - 2 * making.LIFELESS))
    db.session.commit()
    jobs.reports.go_on()
    assert redis_client.llen("rq:queue:slow") == 1
    jobs.reports.go_on()
    assert redis_client.llen("rq:queue:slow") == 1, "it waits already"


def test_one_that_could_not_be_made_says_why(admin: FlaskClient, camera: Camera) -> None:
    report = ask(admin)
    db.session.execute(update(Report).values(state=WorkState.FAILED, problem=making.GIVEN_UP))
    db.session.commit()
    assert making.GIVEN_UP in admin.get(f"/reports/{report.id}").text


@pytest.mark.parametrize(
    ("value", "told"), [(None, "–"), (1.0, "100.00 %"), (0.99999, "99.99 %"), (0.0, "0.00 %"), (0.5, "50.00 %")]
)
def test_what_is_not_all_is_never_told_as_all(value: float | None, told: str) -> None:
    assert share(value) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "–"),
        (0, "–"),
        (0.4, "1 s"),
        (59, "59 s"),
        (720, "12 min"),
        (3600, "1 h"),
        (11_520, "3 h 12 min"),
        (187_200, "2 d 4 h"),
    ],
)
def test_spans_are_told_as_people_say_them(seconds: float | None, told: str) -> None:
    assert lasting(seconds) == told


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [(0.99, 0.98, "+ 1.00 points"), (0.98, 0.99, "− 1.00 points"), (0.9, 0.9, "unchanged"), (0.9, None, "")],
)
def test_a_trend_is_told_in_points(now: float | None, before: float | None, told: str) -> None:
    assert trend(now, before) == told
