"""A client whose every request stands alone, as behind a real server, and a way to count its queries."""

from __future__ import annotations

import contextvars
import hashlib
import html
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from webapp.extensions import db, settings
from webapp.models import Camera, CameraReference, CameraSnapshot, Clip, Role, User, new_id
from webapp.services import live, snapshots
from webapp.services.clips import pieces
from webapp.storage import storage_from_settings

JPEG = b"\xff\xd8 a picture \xff\xd9"
FRAGMENT = {"HX-Request": "true"}


class LoneClient(FlaskClient):
    """Runs each request outside the test's app context: nothing of the person before stays in g or the session."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        db.session.commit()  # what the test reads afterwards is what the request left behind
        kwargs.setdefault("buffered", True)  # a streamed answer is made in the context of its request
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.test_client_class = LoneClient
    return app.test_client()


@pytest.fixture
def as_role(client: FlaskClient, sign_in: Callable[..., User]) -> Callable[[Role], FlaskClient]:
    def signed_in(role: Role = Role.ADMIN) -> FlaskClient:
        sign_in(client, role)
        return client

    return signed_in


@pytest.fixture
def admin(as_role: Callable[..., FlaskClient]) -> FlaskClient:
    return as_role(Role.ADMIN)


@pytest.fixture
def make_live(make_camera: Callable[..., Camera]) -> Callable[..., Camera]:
    """A camera that was checked a moment ago and is due in a minute."""

    def make(**fields: Any) -> Camera:
        now = datetime.now(UTC)
        known = {"status": "live", "outcome": "online", "latency_ms": 18.2, "actual_fps": 15.0, "checked_at": now}
        return make_camera(**(known | {"next_due_at": now + timedelta(minutes=1)} | fields))

    return make


@pytest.fixture
def sweep_lives(app: Flask) -> None:
    """Sweeps run, and one has just finished: no banner."""
    live.publish([], status_changed=True)
    live.note_batch(datetime.now(UTC), live.Counts(done=1), datetime.now(UTC))


def give_picture(camera: Camera, data: bytes = JPEG) -> str:
    storage_from_settings(settings).put(f"latest/{camera.id}.jpg", data)
    camera.picture_hash, camera.picture_at = hashlib.sha256(data).hexdigest()[:16], datetime.now(UTC)
    db.session.commit()
    return camera.picture_hash


def give_snapshot(camera: Camera, at: datetime | None = None, kind: str = "regular", **more: str) -> CameraSnapshot:
    kept = snapshots.keep(camera.id, JPEG, at or datetime.now(UTC), kind, **more)
    assert kept
    return kept


def give_clip(camera: Camera, data: bytes = b"0123456789", **fields: Any) -> Clip:
    """One that is done, unless told otherwise."""
    now = datetime.now(UTC)
    clip = Clip(id=new_id(), camera_id=camera.id, kind="recorded", codec="h264", seconds=2.0, state="done")
    clip.size = len(data)
    clip.storage_path, clip.created_at, clip.expiry_date = f"clips/{clip.id}/", now, now + timedelta(days=30)
    for name, value in fields.items():
        setattr(clip, name, value)
    if data:
        pieces.put(storage_from_settings(settings), clip.storage_path, io.BytesIO(data), len(data))
    db.session.add(clip)
    db.session.commit()
    return clip


def give_reference(camera: Camera, light: str = "day") -> CameraReference:
    """A view that is right; nothing here compares anything with it."""
    path = f"references/{camera.id}/{new_id()}.jpg"
    reference = CameraReference(camera_id=camera.id, light=light, features=b"", facts={}, storage_path=path)
    storage_from_settings(settings).put(path, JPEG)
    db.session.add(reference)
    db.session.commit()
    return reference


def change(camera: Camera, status_changed: bool = True, **fields: Any) -> None:
    """Write to a camera and tell open pages, as a sweep does."""
    for name, value in fields.items():
        setattr(camera, name, value)
    db.session.commit()
    live.publish([camera.id], status_changed)


def poll_url(page: str) -> str:
    """Where the page will ask for changes next."""
    found = re.search(r'id="live" hx-get="([^"]+)"', page)
    assert found, page[:2000]
    return html.unescape(found[1])


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the selects of a page."""
    selects = re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.S)
    chosen = {name: re.search(r'<option value="([^"]*)"[^>]*\bselected', options) for name, options in selects}
    return {name: found[1] for name, found in chosen.items() if found}


def tile(page: str, camera: Camera) -> str:
    """The tile of a camera on a page or in a fragment; empty when it is not there."""
    found = re.search(rf'<li id="c-{camera.id}".*?</li>', page, re.S)
    return found[0] if found else ""


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    queries: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
            queries.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield queries
    finally:
        event.remove(engine, "before_cursor_execute", note)
