"""A small fleet of which everything is known: what a report must say of it was computed by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from webapp.extensions import db
from webapp.models import Camera, CameraGroup, ImageFinding, Role, StatusChange, User
from webapp.schemas import ReportInput
from webapp.services.rights import EVERYTHING, Scope

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
"""A Wednesday."""
WEEK = datetime(2026, 11, 16, tzinfo=UTC)
"""Monday of the last week that is over."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def changes(camera: Camera, *told: tuple[timedelta, str, str]) -> None:
    """(time from the beginning of the week, status, reason) in order; it was live before."""
    old = "live"
    for at, new, reason in told:
        db.session.add(StatusChange(camera_id=camera.id, at=WEEK + at, old=old, new=new, reason=reason or None))
        old = new
    camera.status = old
    db.session.commit()


@dataclass(frozen=True)
class Fleet:
    site: CameraGroup
    gate: CameraGroup
    entry: Camera
    yard: Camera
    lone: Camera


@pytest.fixture
def person(app: Flask, make_user: Callable[..., User]) -> User:
    return make_user(Role.OPERATOR)


@pytest.fixture
def fleet(app: Flask, make_camera: Callable[..., Camera]) -> Fleet:
    """Of the 168 hours of the week Entry is down for 10 and 2 and unknown for 8, Yard in maintenance for 24; Lone is up
    all the time. The week before Entry was down for 84 hours.
    """
    site = CameraGroup(name="Site")
    db.session.add(site)
    db.session.flush()
    gate = CameraGroup(name="Gate", parent_id=site.id)
    db.session.add(gate)
    db.session.flush()
    known = {"status": "live", "created_at": WEEK - 30 * DAY, "next_due_at": NOW + HOUR, "checked_at": NOW}
    entry = make_camera(name="Entry", code="E-1", group_id=gate.id, **known)
    yard = make_camera(name="Yard", group_id=site.id, **known)
    lone = make_camera(name="=Lone", **known)
    changes(
        entry,
        (-7 * DAY, "offline", "timeout"),
        (-7 * DAY + 84 * HOUR, "live", "online"),
        (1 * DAY, "offline", "refused"),
        (1 * DAY + 10 * HOUR, "live", "online"),
        (2 * DAY, "unknown", ""),
        (2 * DAY + 8 * HOUR, "live", "online"),
        (7 * DAY - 2 * HOUR, "offline", "timeout"),
        (7 * DAY + 5 * HOUR, "live", "online"),
    )
    changes(yard, (3 * DAY, "maintenance", ""), (4 * DAY, "live", "online"))
    for camera, begins, ends in ((yard, -HOUR, 2 * HOUR), (yard, DAY, DAY + HOUR), (entry, 8 * DAY, None)):
        cleared = WEEK + ends if ends else None
        db.session.add(ImageFinding(camera_id=camera.id, finding="black", raised_at=WEEK + begins, cleared_at=cleared))
    db.session.commit()
    return Fleet(site, gate, entry, yard, lone)


def given(**fields: object) -> ReportInput:
    return ReportInput.model_validate(fields)


def scope_of(*groups: CameraGroup) -> Scope:
    return Scope(frozenset(group.id for group in groups)) if groups else EVERYTHING
