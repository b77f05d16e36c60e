"""Every page, fragment and picture asked by everybody: who is let in, who is sent away, and that nothing leaks.

A new route fails here until it stands in one of the sets below, and a new argument of an address until
tests/views/strangers.py says what is one's own and what a stranger's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

import jobs.imports
from tests.conftest import PASSWORD
from tests.views.conftest import FRAGMENT, change, fields_of, poll_url
from tests.views.doors import ADMIN_ONLY, EVERY_SET, OPEN, STATIC, WRITE
from tests.views.strangers import (
    ADMIN,
    CAMERA_MARK,
    EVERYBODY,
    NOBODY,
    PERSON_MARK,
    SCOPED,
    YARD_OPERATOR,
    YARD_VIEWER,
    Fleet,
    Person,
    Values,
    forged,
    make_fleet,
)
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, User
from webapp.schemas import RightsInput
from webapp.services import users
from webapp.services.grid import pack

LAST = [
    "tokens.revoke",
    "saved_views.delete",
    "snapshots.delete",
    "clips.delete",
    "windows.delete",
    "reports.delete",
    "camera_forms.delete",
    "group_forms.delete",
    "me.sign_out_everywhere",
]
"""These take away what the others ask for."""
MAY_BE_MISSING = {"pictures.of_test"}
PLACED = {
    "camera_id",
    "change_id",
    "head",
    "picture_hash",
    "snapshot_id",
    "clip_id",
    "group_id",
    "group_head",
    "window_id",
}
"""Arguments whose things lie in a group, or in none."""
OWNED = {"test_id", "view_id", "token_id", "bulk_id", "import_id", "report_id"}
"""Arguments whose things belong to a person."""

Route = tuple[str, str, frozenset[str], Callable[[Values], str]]
"""Endpoint, method, arguments, and the address with their values."""


@pytest.fixture
def fleet(app: Flask, make_camera: Callable[..., Camera]) -> Fleet:
    return make_fleet(make_camera)


@pytest.fixture
def enter(client: FlaskClient, fleet: Fleet) -> Callable[[Person], FlaskClient]:
    def entered(person: Person) -> FlaskClient:
        user = fleet.enter(person)
        assert client.post("/login", data={"email": user.email, "password": PASSWORD}).status_code == 303
        return client

    return entered


def routes(app: Flask) -> Iterator[Route]:
    """Every route but those that serve files of the program, and the API's, which tests/api walks."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint in STATIC or rule.endpoint.startswith("api."):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):

            def address(values: Values, rule: Any = rule) -> str:
                return adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})

            yield rule.endpoint, method, frozenset(rule.arguments), address


def guarded(app: Flask) -> list[Route]:
    """What one has to sign in for; what takes things away comes last."""
    found = [route for route in routes(app) if route[0] not in OPEN]
    return sorted(found, key=lambda route: LAST.index(route[0]) if route[0] in LAST else -1)


def may_enter(person: Person, endpoint: str) -> bool:
    """Whether the page is for such people at all."""
    needed = "cameras:write" if endpoint in WRITE else "users:write" if endpoint in ADMIN_ONLY else None
    return needed is None or person.has(needed)


def test_no_route_is_forgotten_here(app: Flask) -> None:
    known: set[str] = set().union(*EVERY_SET)
    found = {rule.endpoint for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("api.")}
    assert found - known == set(), "say in one of the sets above for whom these are"
    assert known - found == set(), "these are gone"
    assert sum(map(len, EVERY_SET)) == len(known), "an endpoint stands in one set only"


def test_a_stranger_is_asked_to_sign_in(app: Flask, client: FlaskClient, fleet: Fleet) -> None:
    for _, method, _, address in guarded(app):
        url = address(fleet.foreign)
        answer = client.open(url, method=method)
        assert answer.status_code in (302, 401), url
        assert "/login" in answer.headers.get("Location", "") + answer.headers.get("HX-Redirect", ""), url


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.name)
def test_everybody_gets_what_they_may_and_nothing_else(
    app: Flask, enter: Callable[[Person], FlaskClient], fleet: Fleet, person: Person
) -> None:
    client = enter(person)
    for endpoint, method, arguments, address in guarded(app):
        url = address(fleet.own)
        answer = client.open(url, method=method)
        is_hidden = bool(arguments & PLACED) and not person.sees_yard
        told = f"{person.name}: {method} {url}: {answer.status_code}"
        if not may_enter(person, endpoint):
            assert answer.status_code in ((403, 404) if is_hidden else (403,)), told
        elif is_hidden:
            assert is_not_there(answer, endpoint), told
        else:
            assert is_an_answer(answer, endpoint), told
        assert_tells_nothing(answer, person, told)


@pytest.mark.parametrize("person", [person for person in EVERYBODY if person is not ADMIN], ids=lambda p: p.name)
def test_what_is_a_strangers_is_not_there(
    app: Flask, enter: Callable[[Person], FlaskClient], fleet: Fleet, person: Person
) -> None:
    client, before = enter(person), the_strangers(fleet)
    for endpoint, method, arguments, address in guarded(app):
        is_hidden = bool(arguments & OWNED or (arguments & PLACED and not person.sees_all))
        if endpoint == "me.sign_out_everywhere" or not (is_hidden or not person.sees_all):
            continue
        url = address(fleet.foreign)
        for sent in forged(endpoint, method, fleet.foreign):
            answer = client.open(url, method=method, **sent)
            told = f"{person.name}: {method} {url} {sent}: {answer.status_code}"
            assert answer.status_code < 500, told
            if not may_enter(person, endpoint):
                assert answer.status_code in (403, 404), told
            elif is_hidden:
                assert is_not_there(answer, endpoint), told
            assert_tells_nothing(answer, person, told)
    if not person.sees_all:
        assert the_strangers(fleet) == before


@pytest.mark.parametrize("person", [YARD_OPERATOR, YARD_VIEWER], ids=lambda person: person.name)
def test_what_is_ones_own_is_no_way_to_what_is_a_strangers(
    app: Flask, enter: Callable[[Person], FlaskClient], fleet: Fleet, person: Person
) -> None:
    client, before = enter(person), the_strangers(fleet)
    for endpoint, method, arguments, address in guarded(app):
        if endpoint == "me.sign_out_everywhere" or not arguments:
            continue
        url = address(fleet.own)
        for sent in forged(endpoint, method, fleet.foreign, fleet.own):
            answer = client.open(url, method=method, **sent)
            told = f"{person.name}: {method} {url} {sent}: {answer.status_code}"
            assert answer.status_code < 500, told
            assert_tells_nothing(answer, person, told)
    assert the_strangers(fleet) == before


def is_an_answer(answer: TestResponse, endpoint: str) -> bool:
    refused = {401, 403, 404} - ({404} if endpoint in MAY_BE_MISSING else set())
    return answer.status_code < 500 and answer.status_code not in refused


def is_not_there(answer: TestResponse, endpoint: str) -> bool:
    """A poll without news says so before it looks for anything."""
    return answer.status_code == 404 or (endpoint.startswith("live.") and answer.status_code == 204)


def assert_tells_nothing(answer: TestResponse, person: Person, told: str) -> None:
    body = (answer.text if answer.mimetype != "image/jpeg" else "") + str(answer.headers)
    if not person.sees_all:
        assert CAMERA_MARK not in body.lower(), told
    if person is not ADMIN:
        assert PERSON_MARK not in body.lower(), told


def the_strangers(fleet: Fleet) -> dict[str, list[Any]]:
    """Every camera and group outside of Yard, as they are stored."""
    db.session.expire_all()
    inside = {fleet.yard.id}
    for _ in range(3):
        inside |= set(db.session.scalars(select(CameraGroup.id).where(CameraGroup.parent_id.in_(inside))))
    groups = select(*CameraGroup.__table__.columns).where(CameraGroup.id.not_in(inside)).order_by(CameraGroup.id)
    outside = Camera.group_id.is_(None) | Camera.group_id.not_in(inside)
    cameras = select(*Camera.__table__.columns).where(outside).order_by(Camera.id)
    return {"groups": [*map(tuple, db.session.execute(groups))], "cameras": [*map(tuple, db.session.execute(cameras))]}


class TestWhatIsShown:
    """Lists, counts, tree, search, suggestions, matrix and polls."""

    PAGES = (
        "/cameras",
        "/cameras?view=table",
        "/cameras?view=matrix",
        "/cameras?status=offline&status=degraded",
        f"/cameras?q={CAMERA_MARK[:4]}",
        f"/cameras?tag={CAMERA_MARK[:4]}",
        f"/search?q={CAMERA_MARK[:4]}",
        "/problems",
        "/maintenance",
        "/maintenance/new",
        "/cameras/export",
        "/cameras/export?format=json",
        "/cameras/new",
        "/groups/new",
        "/me",
        "/tokens",
        "/views",
        "/audit",
        "/live/frame?since=0",
        "/live/cameras?since=0&stale_at=1",
        "/live/problems?since=0&stale_at=1",
    )

    def test_the_marks_would_be_seen(self, enter: Callable[[Person], FlaskClient]) -> None:
        client = enter(ADMIN)
        for page in (
            "/cameras",
            "/problems",
            "/cameras?view=table",
            f"/cameras?q={CAMERA_MARK[:4]}",
            "/cameras/export",
        ):
            assert CAMERA_MARK in client.get(page).text.lower(), page
        assert CAMERA_MARK in client.get(f"/search?q={CAMERA_MARK[:4]}", headers=FRAGMENT).text.lower()
        for page in ("/users", "/tokens"):
            assert PERSON_MARK in client.get(page).text.lower(), page

    @pytest.mark.parametrize("person", SCOPED, ids=lambda person: person.name)
    def test_nothing_of_a_strangers_is_in_any_of_it(
        self, enter: Callable[[Person], FlaskClient], fleet: Fleet, person: Person
    ) -> None:
        client = enter(person)
        for page in self.PAGES:
            for headers in ({}, FRAGMENT):
                answer = client.get(page, headers=headers)
                assert answer.status_code < 500, page
                assert_tells_nothing(answer, person, page)
                for name in ("camera_id", "group_id"):
                    assert fleet.foreign[name] not in answer.text, page

    def test_counts_are_of_what_one_sees(self, enter: Callable[[Person], FlaskClient]) -> None:
        page = enter(YARD_VIEWER).get("/cameras").text
        assert "Barrier" in page
        assert page.count("data-camera-id=") == 1
        assert "No problems" in page
        assert "offline,</span>" not in page

    def test_without_any_right_one_is_told_so(self, enter: Callable[[Person], FlaskClient]) -> None:
        page = enter(NOBODY).get("/cameras").text
        assert "Nobody has given you cameras yet" in page
        assert "data-camera-id=" not in page

    def test_a_poll_tells_nothing_of_what_changes_elsewhere(
        self, enter: Callable[[Person], FlaskClient], fleet: Fleet
    ) -> None:
        client = enter(YARD_VIEWER)
        url = poll_url(client.get("/cameras").text)
        foreign = db.session.get_one(Camera, fleet.foreign["camera_id"])
        change(foreign, status="degraded")
        forged_url = f"{url}&heads={pack([foreign])}"
        for asked in (url, forged_url, f"/live/cameras/{foreign.id}?since=0"):
            answer = client.get(asked, headers=FRAGMENT)
            assert answer.status_code in (200, 204, 404), asked
            assert_tells_nothing(answer, YARD_VIEWER, asked)
            assert foreign.id not in answer.text

    def test_the_dry_run_of_a_file_tells_nothing_of_the_camera_that_has_a_code(
        self, enter: Callable[[Person], FlaskClient], fleet: Fleet
    ) -> None:
        client = enter(YARD_OPERATOR)
        rows = "name,rtsp_url,code,group\nNew,rtsp://10.66.9.9:554/a,Z-0,Yard > Gate\n"
        page = client.post("/imports", data={"text": rows}).headers["Location"]
        assert client.post(f"{page}/check", data=fields_of(client.get(page).text)).status_code == 303
        jobs.imports.check(page.rpartition("/")[2])
        answer = client.get(page)
        assert "has this code already" in answer.text
        assert_tells_nothing(answer, YARD_OPERATOR, page)

    def test_a_right_that_is_taken_away_is_gone_at_once(
        self, enter: Callable[[Person], FlaskClient], fleet: Fleet
    ) -> None:
        client = enter(YARD_VIEWER)
        assert client.get(f"/cameras/{fleet.own['camera_id']}").status_code == 200
        user = db.session.scalars(select(User).where(User.email.startswith("viewer.of.the.yard"))).one()
        users.update(user, RightsInput(role="none"), user.created_at)
        assert client.get(f"/cameras/{fleet.own['camera_id']}").status_code == 404


def test_a_viewer_sees_no_way_to_change_anything(enter: Callable[[Person], FlaskClient], fleet: Fleet) -> None:
    client = enter(YARD_VIEWER)
    for url in ("/cameras", f"/cameras/{fleet.own['camera_id']}", f"/groups/{fleet.own['group_id']}"):
        page = client.get(url).text
        for words in ("Add camera", "/edit", "/delete", "Check now", "People", 'href="/users'):
            assert words not in page, f"{words} on {url}"
