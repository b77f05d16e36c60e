"""Load or 404: whatever stands in an address where an id should be."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PASSWORD
from tests.views.conftest import LoneClient
from webapp.schemas import UserInput
from webapp.services import users


@pytest.fixture
def admin(either_app: Flask) -> FlaskClient:
    users.create(UserInput(email="root@example.com", password=PASSWORD, role="admin"))
    either_app.test_client_class = LoneClient
    client = either_app.test_client()
    assert client.post("/login", data={"email": "root@example.com", "password": PASSWORD}).status_code == 303
    return client


@pytest.mark.parametrize("wrong", ["%00", "none", "%F0%9F%93%B7", "x" * 5000, "0" * 32])
def test_an_id_that_is_none_is_not_found(admin: FlaskClient, wrong: str) -> None:
    for url in (
        f"/cameras/{wrong}",
        f"/cameras/{wrong}/edit",
        f"/pictures/{wrong}/a.jpg",
        f"/live/cameras/{wrong}",
        f"/connection-tests/{wrong}",
        f"/connection-tests/{wrong}/picture.jpg",
        f"/groups/{wrong}",
    ):
        assert admin.get(url).status_code == 404, url
