"""Imports from the text of a file to their end, without a worker in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from webapp.credentials import Credentials
from webapp.extensions import db, settings
from webapp.models import Camera, Import, ImportRow, Role, User, new_id
from webapp.schemas import ImportOptions, parse
from webapp.services import rights
from webapp.services.imports import applying, checking, drafts, undoing

Check = Callable[..., Import]
THREE = "name,code,rtsp_url,group\nA,1,10.0.0.1,Site A\nB,2,10.0.0.2,Site A > B1\nC,3,10.0.0.3,\n"


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def person(either_app: Flask) -> User:
    return make_person()


def make_person(role: Role = Role.OPERATOR) -> User:
    user = User(email=f"{role}@example.com", role=role, password_hash="-")
    db.session.add(user)
    db.session.commit()
    return user


def add(**fields: Any) -> Camera:
    """A stored camera; a password is sealed for it."""
    password = fields.pop("password", None)
    camera = Camera(**{"id": new_id(), "name": "Gate", "rtsp_url": "rtsp://10.0.0.1/a"} | fields)
    if password:
        camera.password_encrypted = Credentials(settings.CREDENTIAL_KEYS).encrypt(password, camera.id)
    db.session.add(camera)
    db.session.commit()
    return camera


def check(person: User, text: str | bytes, **options: Any) -> Import:
    """Upload and dry run; options as schemas.ImportOptions."""
    data = text if isinstance(text, bytes) else text.encode()
    import_ = drafts.create(person, "cameras.csv", data, clock())
    given = parse(ImportOptions, import_.options | options)
    drafts.start_check(import_, given, rights.scope_of(person, "cameras:write"), clock())
    checking.run(import_.id, clock)
    return read(import_)


def apply(import_: Import, is_all_or_nothing: bool = False) -> Import:
    applying.start(import_, is_all_or_nothing, clock())
    applying.run(import_.id, clock)
    return read(import_)


def undo(import_: Import) -> Import:
    undoing.start(import_, clock())
    undoing.run(import_.id, clock)
    return read(import_)


def read(import_: Import) -> Import:
    db.session.expire_all()
    return db.session.get_one(Import, import_.id)


def rows(import_: Import) -> list[ImportRow]:
    db.session.expire_all()
    return db.session.query(ImportRow).filter_by(import_id=import_.id).order_by(ImportRow.line).all()


def actions(import_: Import) -> dict[int, str]:
    return {row.line: row.action for row in rows(import_)}


def told(import_: Import) -> dict[int, list[tuple[str, str, str]]]:
    """Line → column, value and sentence of each of its problems."""
    return {
        row.line: [(problem["column"], problem["value"], problem["sentence"]) for problem in row.problems]
        for row in rows(import_)
        if row.problems
    }


def cameras() -> dict[str, Camera]:
    db.session.expire_all()
    return {camera.name: camera for camera in db.session.query(Camera)}


def die_after(chunks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the process is killed: the next chunk's transaction never gets to its end."""
    written = applying.write
    left = [chunks]

    def write(*args: Any) -> Any:
        ids = written(*args)
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return ids

    monkeypatch.setattr(applying, "write", write)
