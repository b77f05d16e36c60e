"""What load balancers and watchdogs are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from flask import Flask
from flask.testing import FlaskClient

from webapp.services import live


def test_it_serves_without_anything_else(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_it_is_ready_when_everything_answers(client: FlaskClient) -> None:
    live.note_heartbeat(datetime.now(UTC))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "failing": {}})


def test_it_names_a_silent_scheduler(client: FlaskClient) -> None:
    assert "no sign of life yet" in client.get("/readyz").json["failing"]["scheduler"]  # type: ignore[index]
    live.note_heartbeat(datetime.now(UTC) - timedelta(minutes=10))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.json["failing"]) == {"scheduler"}  # type: ignore[index]


def test_it_names_a_redis_that_is_away(app: Flask, client: FlaskClient) -> None:
    live.note_heartbeat(datetime.now(UTC))
    pool = app.extensions["redis_pool"]
    with mock.patch.dict(pool.connection_kwargs, path="/nowhere/redis.sock"):  # a real socket, and nobody behind it
        pool.reset()
        failing = client.get("/readyz").json["failing"]  # type: ignore[index]
    pool.reset()
    assert "redis" in failing
    assert "nowhere" not in str(failing)


def test_it_names_a_store_that_is_away_but_not_where_it_is(client: FlaskClient, tmp_path: Path) -> None:
    live.note_heartbeat(datetime.now(UTC))
    (tmp_path / "pictures").touch()  # where the folder of the pictures should be
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["failing"] == {"storage": "does not answer"}  # type: ignore[index]


def test_it_names_a_database_that_is_away(app: Flask, client: FlaskClient) -> None:
    live.note_heartbeat(datetime.now(UTC))
    from webapp.extensions import db, settings

    db.session.remove()
    db.engine.dispose()
    path = settings.DATA_DIR / "camkeeper.db"
    for file in settings.DATA_DIR.glob("camkeeper.db*"):
        file.unlink()
    path.mkdir()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "database" in answer.json["failing"]  # type: ignore[index]
