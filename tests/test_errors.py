"""What a person sees when something we need is away, and that it passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import make_url

from tests.conftest import PASSWORD
from tests.views.conftest import FRAGMENT, LoneClient
from webapp.extensions import db, settings
from webapp.schemas import UserInput
from webapp.services import users


@contextmanager
def database_away() -> Iterator[None]:
    """SQLite: a directory lies where the file was. PostgreSQL: connections are cut and refused."""
    db.session.remove()
    with _no_sqlite() if settings.is_embedded else _no_postgres():
        yield


@contextmanager
def _no_sqlite() -> Iterator[None]:
    db.engine.dispose()
    path = settings.DATA_DIR / "camkeeper.db"
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    try:
        yield
    finally:
        db.engine.dispose()
        path.rmdir()
        aside.rename(path)


@contextmanager
def _no_postgres() -> Iterator[None]:
    url = make_url(settings.DATABASE_URL).set(drivername="postgresql")
    name = url.database
    with psycopg.connect(
        url.set(database="postgres").render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())


@pytest.fixture
def browser(either_app: Flask) -> FlaskClient:
    """Somebody who is signed in."""
    users.create(UserInput(email="root@example.com", password=PASSWORD, role="admin"))
    either_app.test_client_class = LoneClient
    client = either_app.test_client()
    assert client.post("/login", data={"email": "root@example.com", "password": PASSWORD}).status_code == 303
    return client


@pytest.mark.parametrize("page", ["/cameras", "/login", "/me"])
def test_a_page_says_that_the_database_does_not_answer_and_works_again_afterwards(
    browser: FlaskClient, page: str
) -> None:
    with database_away():
        answer = browser.get(page)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "The database does not answer" in answer.text
    assert browser.get(page).status_code in (200, 302)


def test_a_fragment_says_so_in_a_toast(browser: FlaskClient) -> None:
    with database_away():
        answer = browser.get("/live/cameras", headers=FRAGMENT)
    assert answer.status_code == 503
    assert "The database does not answer" in answer.headers["HX-Trigger"]
    assert "<html" not in answer.text
