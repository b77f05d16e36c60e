"""Load or 404: whatever stands in an address where an id should be."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PASSWORD
from tests.views.conftest import FRAGMENT, LoneClient, counted_queries, poll_url
from webapp.extensions import db
from webapp.models import CameraGroup, utc_now
from webapp.schemas import GroupRoleInput, UserInput
from webapp.services import live, users


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
        f"/users/{wrong}",
    ):
        assert admin.get(url).status_code == 404, url


def test_somebody_with_rights_on_a_group_polls_with_one_query_too(either_app: Flask) -> None:
    group = CameraGroup(name="Gate")
    db.session.add(group)
    db.session.commit()
    given = (GroupRoleInput(group="Gate", role="operator"),)
    users.create(UserInput(email="a@example.com", password=PASSWORD, role="none", groups=given))
    either_app.test_client_class = LoneClient
    client = either_app.test_client()
    client.post("/login", data={"email": "a@example.com", "password": PASSWORD})
    live.publish([], status_changed=True)
    live.note_batch(utc_now(), live.Counts(done=1), utc_now())
    url = poll_url(client.get("/cameras").text)
    with counted_queries() as queries:
        assert client.get(url, headers=FRAGMENT).status_code == 204
    assert ["FROM users" in query for query in queries] == [True]
