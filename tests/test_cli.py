"""The command line, as somebody types it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from tests.conftest import PASSWORD
from webapp.credentials import Credentials
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, User, utc_now
from webapp.services import snapshots
from webapp.services.housekeeping import running


class TestPrepare:
    @pytest.fixture(params=[("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]"), ("cam.lan", "cam.lan")])
    def host(self, request: pytest.FixtureRequest) -> tuple[str, str]:
        """What HOST says, and what a browser on this machine is to be given."""
        found: tuple[str, str] = request.param
        return found

    @pytest.fixture
    def overrides(self, overrides: dict[str, Any], host: tuple[str, str]) -> dict[str, Any]:
        return overrides | {"HOST": host[0]}

    def test_it_prints_a_set_up_link_that_can_be_opened(self, app: Flask, host: tuple[str, str]) -> None:
        said = app.test_cli_runner().invoke(args=["prepare"]).output
        found = re.search(r"http://(\S+):8000(/setup/\S+)", said)
        assert found, said
        assert found[1] == host[1]
        assert app.test_client().get(found[2]).status_code == 200


def test_it_prints_no_link_once_there_is_an_admin(app: Flask) -> None:
    run = app.test_cli_runner()
    made = run.invoke(args=["create-user", "root@example.com", "--role", "admin", "--password", PASSWORD])
    assert made.output == "root@example.com may sign in as admin.\n"
    assert "setup" not in run.invoke(args=["prepare"]).output


def test_it_says_why_a_person_cannot_be_created(app: Flask) -> None:
    made = app.test_cli_runner().invoke(args=["create-user", "root", "--password", "short"])
    assert made.exit_code == 1
    assert "Write the e-mail address" in made.output
    assert "at least 12 characters" in made.output
    assert db.session.query(User).count() == 0


def test_a_person_is_created_with_roles_on_groups(app: Flask) -> None:
    site = CameraGroup(name="Site A")
    db.session.add(site)
    db.session.flush()
    db.session.add(CameraGroup(name="Gate", parent_id=site.id))
    db.session.commit()
    asked = ["create-user", "a@example.com", "--role", "none", "--password", PASSWORD, "--group-role", "operator"]
    made = app.test_cli_runner().invoke(args=[*asked, "--group", "Site A > Gate"])
    assert made.output == "a@example.com may sign in as none.\nOn Site A › Gate: operator.\n"
    refused = app.test_cli_runner().invoke(args=["create-user", "b@example.com", *asked[2:], "--group", "Site B"])
    assert refused.exit_code == 1
    assert "There is no group “Site B”" in refused.output


class TestResetLink:
    def test_it_lets_the_only_administrator_in_again(self, app: Flask, make_user: Callable[..., User]) -> None:
        user = make_user(email="root@example.com")
        cookie = user.get_id()
        said = app.test_cli_runner().invoke(args=["reset-link", "ROOT@example.com"]).output
        found = re.search(r"http://127.0.0.1:8000(/join/\S+)", said)
        assert found, said
        assert user.get_id() != cookie
        answer = app.test_client().post(found[1], data={"password": "another horse battery"})
        assert answer.status_code == 303

    @pytest.mark.parametrize(("email", "why"), [("b@example.com", "Nobody has"), ("a@example.com", "is disabled")])
    def test_it_says_why_there_is_none(self, app: Flask, make_user: Callable[..., User], email: str, why: str) -> None:
        make_user(email="a@example.com", is_enabled=False)
        said = app.test_cli_runner().invoke(args=["reset-link", email])
        assert said.exit_code == 1
        assert why in said.output
        assert "/join/" not in said.output


def test_a_new_key_can_be_used(app: Flask) -> None:
    key = app.test_cli_runner().invoke(args=["secrets", "new-key"]).output.strip()
    assert Credentials([key]).decrypt(Credentials([key]).encrypt("hunter2", "owner"), "owner") == "hunter2"


class TestHousekeeping:
    def test_a_dry_run_says_what_it_would_do(self, app: Flask, make_camera: Callable[..., Camera]) -> None:
        kept = snapshots.keep(make_camera().id, b"a picture", datetime(2026, 1, 1, tzinfo=UTC), "regular")
        assert kept
        said = app.test_cli_runner().invoke(args=["housekeeping", "snapshots", "--dry-run"])
        assert (said.output, said.exit_code) == ("bytes: 9\npictures: 1\nNothing was changed.\n", 0)
        assert app.test_cli_runner().invoke(args=["housekeeping", "snapshots"]).output.endswith("Done.\n")
        assert app.test_cli_runner().invoke(args=["housekeeping", "snapshots"]).output == "Nothing was changed.\n"

    def test_what_stood_in_its_way_is_an_error(self, app: Flask) -> None:
        running.start("snapshots", is_dry=False, now=utc_now())
        said = app.test_cli_runner().invoke(args=["housekeeping", "snapshots"])
        assert said.exit_code == 1
        assert "under way already" in said.output
