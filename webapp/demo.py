"""The demo: what differs from a real start, and `python -m webapp.demo`, which enters the simulated fleet."""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select

from simulator.fleet import DemoCamera, demo_cameras

from . import create_app, demo_past
from .config import Settings
from .extensions import db, settings
from .models import Camera, Role, utc_now
from .schemas import CameraInput, InvalidInput, UserInput
from .services import cameras, groups, users
from .services.rights import EVERYTHING
from .video.addresses import DEFAULT_CAMERA_NETWORKS

EMAIL = "admin@demo.example"
DEFAULT_SIMULATOR_PORT = 8554


def simulator_port() -> int:
    text = os.environ.get("SIMULATOR_PORT") or str(DEFAULT_SIMULATOR_PORT)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise SystemExit("SIMULATOR_PORT must be a whole number from 1 to 65535.")
    return int(text)


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings of the demo beside what is set already: cameras may live on this machine, and pictures soon add up."""
    networks = ", ".join(str(network) for network in DEFAULT_CAMERA_NETWORKS)
    return {
        "CAMERA_ALLOWED_NETWORKS": f"127.0.0.0/8, {environ.get('CAMERA_ALLOWED_NETWORKS') or networks}",
        "SNAPSHOT_EVERY_MINUTES": environ.get("SNAPSHOT_EVERY_MINUTES") or "5",
    }


def password(values: Settings) -> str:
    """Made from this installation's own key: the same at every start, and nobody else's."""
    made = hmac.digest(values.SECRET_KEY.encode(), b"password of the demo's admin", "sha256")
    return base64.b32encode(made).decode()[:16].lower()


def admin(values: Settings) -> dict[str, str]:
    """The settings that make the demo's person the first admin."""
    return {"ADMIN_EMAIL": EMAIL, "ADMIN_PASSWORD": password(values)}


def greeting(values: Settings) -> str:
    return f" · sign in as {EMAIL} with the password {password(values)}"


def enter_fleet(now: datetime) -> int:
    """Enter the simulated cameras that are not there yet, and somebody who may watch them; gives their number.

    At the first start they are entered as of the beginning of their past, so that the audit agrees with it.
    """
    with suppress(InvalidInput):  # the person exists
        users.create(UserInput(email=EMAIL, name="Demo", role=Role.ADMIN.value, password=password(settings)))
    known = set(db.session.scalars(select(Camera.rtsp_url)))
    missing = [found for found in demo_cameras("127.0.0.1", simulator_port()) if found.url not in known]
    entered_at = now if known else demo_past.begin(now)
    for found in missing:
        cameras.create(_as_entered(found, entered_at), entered_at, EVERYTHING)
    return len(missing)


def _as_entered(found: DemoCamera, now: datetime) -> CameraInput:
    group = groups.ensure_path(found.group_path, now)
    return CameraInput(
        name=found.name,
        rtsp_url=found.url,
        username=found.username,
        password=found.password,
        location=found.location,
        fps=found.fps,
        group_id=group.id if group else None,
    )


if __name__ == "__main__":
    with create_app().app_context():
        started_at = utc_now()
        print(f"{enter_fleet(started_at)} simulated cameras entered.")
        demo_past.write(demo_cameras("127.0.0.1", simulator_port()), started_at)
