"""What `flask doctor` asks of the set-up, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from webapp.credentials import Credentials, generate_key
from webapp.extensions import db, migrate, redis_client, settings
from webapp.models import Camera, Role, User
from webapp.services import doctor
from webapp.services.system_checks import Check, Level


def found() -> dict[str, Check]:
    return {check.name: check for check in doctor.check(migrate)}


def test_a_sound_set_up_is_well(either_app: Flask) -> None:
    checks = found()
    assert checks.pop("admin").level == Level.WARNING
    assert {check.level for check in checks.values()} == {Level.OK}


def test_an_administrator_is_enough(app: Flask, make_user: Callable[..., User]) -> None:
    make_user(Role.ADMIN)
    assert found()["admin"].level == Level.OK


def test_a_database_of_another_version_fails(app: Flask) -> None:
    db.session.execute(db.text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    check = found()["migrations"]
    assert check.level == Level.FAILING
    assert "is at version 0001" in check.sentence
    assert check.remedy == "Run: flask prepare"


def test_passwords_that_no_key_opens_are_counted(app: Flask, make_camera: Callable[..., Camera]) -> None:
    for keys in (settings.CREDENTIAL_KEYS, [generate_key()]):
        camera = make_camera()
        camera.password_encrypted = Credentials(keys).encrypt("hunter2", camera.id)
    db.session.commit()
    check = found()["passwords"]
    assert check.level == Level.FAILING
    assert "of 1 camera cannot be read" in check.sentence


@pytest.mark.usefixtures("app")
def test_a_redis_that_throws_things_away_is_named() -> None:
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert "allkeys-lru" in found()["redis memory"].sentence
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")


@pytest.mark.usefixtures("app")
def test_a_key_that_others_can_read_fails() -> None:
    (settings.DATA_DIR / "secret.key").chmod(0o644)
    assert found()["secrets"].level == Level.FAILING


class TestListeningOutside:
    @pytest.fixture
    def overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        return overrides | {"HOST": "0.0.0.0"}

    def test_plain_http_for_everybody_is_a_warning(self, app: Flask) -> None:
        assert found()["cookies"].level == Level.WARNING


def test_it_exits_with_1_and_names_remedies_when_something_fails(app: Flask) -> None:
    said = app.test_cli_runner().invoke(args=["doctor"])
    assert said.exit_code == 1
    assert "FAILING  The scheduler has given no sign of life yet." in said.output
    assert "→ Start one: python -m jobs.worker checks" in said.output
    assert said.output.index("FAILING") < said.output.index("ok     ")


def test_quiet_leaves_out_what_is_well(app: Flask) -> None:
    said = app.test_cli_runner().invoke(args=["doctor", "--quiet"]).output
    assert "FAILING" in said
    assert "ok     " not in said
