"""The command line, as somebody types it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from tests.conftest import PASSWORD
from webapp.credentials import Credentials
from webapp.extensions import db
from webapp.models import User


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


def test_a_new_key_can_be_used(app: Flask) -> None:
    key = app.test_cli_runner().invoke(args=["secrets", "new-key"]).output.strip()
    assert Credentials([key]).decrypt(Credentials([key]).encrypt("hunter2", "owner"), "owner") == "hunter2"
