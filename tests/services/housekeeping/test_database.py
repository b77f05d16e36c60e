"""What SQLite and PostgreSQL each need to stay quick and small."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from tests.services.housekeeping.conftest import did
from webapp.extensions import db
from webapp.services.housekeeping.database import optimise


def test_sqlite_gives_the_space_of_what_was_deleted_back(app: Flask) -> None:
    db.session.execute(text("CREATE TABLE ballast (bytes TEXT)"))
    db.session.execute(text("INSERT INTO ballast VALUES (hex(randomblob(2000000)))"))
    db.session.commit()
    before = _size()
    db.session.execute(text("DROP TABLE ballast"))
    db.session.commit()
    tried = did(optimise, is_dry=True)
    assert _size() == before
    given = did(optimise).found["bytes"]
    assert given == tried.found["bytes"] > 3_000_000
    assert before - _size() >= given


def test_a_file_of_an_earlier_version_says_what_lies_idle_in_it(app: Flask) -> None:
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA auto_vacuum=NONE")
        connection.rollback()
        connection.connection.dbapi_connection.execute("VACUUM")  # type: ignore[union-attr]
    db.session.execute(text("CREATE TABLE ballast (bytes TEXT)"))
    db.session.execute(text("INSERT INTO ballast VALUES (hex(randomblob(2000000)))"))
    db.session.execute(text("DROP TABLE ballast"))
    db.session.commit()
    found = did(optimise).found
    assert found["reusable_bytes"] > 3_000_000
    assert "bytes" not in found


def test_postgresql_looks_through_the_tables_that_changed(postgres_app: Flask) -> None:
    db.session.execute(text("SELECT pg_stat_force_next_flush()"))
    db.session.commit()
    assert did(optimise, is_dry=True).problem is None
    assert did(optimise).problem is None


def _size() -> int:
    found = db.session.execute(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"))
    size = int(found.scalar_one())
    db.session.commit()
    return size
