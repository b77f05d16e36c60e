"""Entering the simulated fleet: once, with its groups, and with somebody who may watch it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from simulator.fleet import demo_cameras
from webapp import config, demo
from webapp.extensions import db, settings
from webapp.models import Camera, CameraGroup, utc_now
from webapp.schemas import SignIn
from webapp.services import sign_in
from webapp.video.addresses import parse_networks

pytestmark = pytest.mark.usefixtures("app")


def test_the_fleet_is_entered_once() -> None:
    fleet = demo_cameras("127.0.0.1", 8554)
    assert demo.enter_fleet(utc_now()) == len(fleet)
    assert demo.enter_fleet(utc_now()) == 0
    assert db.session.scalar(select(func.count(Camera.id))) == len(fleet)
    assert db.session.scalar(select(func.count(CameraGroup.id))) > 2


def test_its_greeting_names_a_login_that_works() -> None:
    demo.enter_fleet(utc_now())
    greeting = demo.greeting(settings)
    password = demo.password(settings)
    assert demo.EMAIL in greeting
    assert password in greeting
    user = sign_in.sign_in(SignIn(email=demo.EMAIL, password=password), utc_now())
    assert user is not None
    assert user.role == "admin"


def test_the_password_is_this_installations_own(app: Flask, overrides: dict[str, Any]) -> None:
    first = config.load({}, overrides | {"SECRET_KEY": "a" * 32})
    second = config.load({}, overrides | {"SECRET_KEY": "b" * 32})
    assert demo.password(first) == demo.password(first) != demo.password(second)
    assert len(demo.password(first)) >= 12


@pytest.mark.parametrize("already", ["", "10.1.0.0/16"])
def test_demo_cameras_may_live_on_this_machine(already: str) -> None:
    networks = demo.environment({"CAMERA_ALLOWED_NETWORKS": already})["CAMERA_ALLOWED_NETWORKS"]
    parsed = [str(network) for network in parse_networks(networks)]
    assert "127.0.0.0/8" in parsed
    assert ("10.1.0.0/16" if already else "10.0.0.0/8") in parsed


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1"])
def test_a_port_that_is_none_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATOR_PORT", text)
    with pytest.raises(SystemExit, match="SIMULATOR_PORT"):
        demo.simulator_port()
