"""Rows that go to the driver as they are must come back as those that SQLAlchemy wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import insert

from webapp.extensions import db, transaction
from webapp.models import Camera, Import, ImportRow, new_id
from webapp.services.imports.driver_rows import Batch

cameras, lines = Camera.__table__, ImportRow.__table__


def row(**fields: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    moments = dict.fromkeys(("created_at", "updated_at", "status_since", "next_due_at"), now)
    plain = {"id": new_id(), "rtsp_url": "rtsp://10.0.0.1/", "stream": "main", "is_active": True, "version": 1}
    rest = {"status": "idle", "failures": 0, "auth_failures": 0, "enable_detection": None, "fps": 12.5}
    return moments | plain | rest | {"name": "'; DROP TABLE x --", "tags": ("night", "ptz")} | fields


def read(camera_id: str) -> dict[str, Any]:
    found = db.session.execute(cameras.select().where(cameras.c.id == camera_id)).one()
    return {name: value for name, value in found._mapping.items() if name != "id"}


def test_an_inserted_row_is_as_sqlalchemy_would_have_written_it(either_app: Flask) -> None:
    ours, theirs = row(), row()
    theirs |= {name: value for name, value in ours.items() if name != "id"}
    batch = Batch(cameras)
    batch.add(ours)
    with transaction():
        batch.write()
        db.session.execute(insert(cameras), [theirs])
    assert read(ours["id"]) == read(theirs["id"])


def test_an_update_changes_the_row_of_its_key_alone(either_app: Flask) -> None:
    import_ = Import(filename="a.csv", file={}, options={})
    db.session.add(import_)
    db.session.flush()
    db.session.add_all(ImportRow(import_id=import_.id, line=n, action="create") for n in (2, 3))
    db.session.commit()
    batch = Batch(lines, ("import_id", "line"))
    said = {"changes": {"name": [None, "Tür"]}, "problems": None, "is_applied": True}
    batch.add({"key_import_id": import_.id, "key_line": 3} | said)
    with transaction():
        batch.write()
    db.session.expire_all()
    untouched, changed = db.session.query(ImportRow).order_by(ImportRow.line)
    assert (untouched.is_applied, untouched.changes) == (False, None)
    assert (changed.is_applied, changed.changes, changed.problems) == (True, {"name": [None, "Tür"]}, None)
    assert db.session.query(ImportRow).filter(ImportRow.problems.is_(None)).count() == 2


def test_rows_that_were_set_aside_are_written_with_the_others(either_app: Flask) -> None:
    batch = Batch(cameras)
    kept = [batch.add(row(name=str(n))) for n in range(3)]
    batch.set_aside()
    assert batch.rows == []
    batch.add(row(name="last"))
    with transaction():
        batch.write()
    assert {found.name for found in db.session.query(Camera)} == {"0", "1", "2", "last"}
    assert read(kept[0]["id"])["tags"] == ("night", "ptz")


def test_no_rows_are_no_statement(app: Flask) -> None:
    with transaction():
        Batch(cameras).write()
