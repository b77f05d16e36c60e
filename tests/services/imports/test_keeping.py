"""The file is sealed and goes after a day, what an undo needs goes with its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests.services.imports.conftest import apply, check, clock, make_person, rows
from webapp.credentials import generate_key
from webapp.extensions import db, settings
from webapp.models import Camera, Import, User, WorkState
from webapp.services.imports import file, keeping
from webapp.services.imports.table import Unreadable
from webapp.storage import StorageError, storage_from_settings

FILE = "name,rtsp_url,password\nA,10.0.0.1,geheim!\n"


@pytest.fixture
def person(app: Flask) -> User:
    return make_person()


def test_nobody_reads_a_password_in_the_store(person: User) -> None:
    import_ = check(person, FILE)
    storage = storage_from_settings(settings)
    keys = [entry.key for entry in storage.list("imports/")]
    assert keys == [f"imports/{import_.id}/0"]
    assert b"geheim" not in storage.get(keys[0]).data
    assert file.load(import_.id) == FILE.encode()


def test_a_large_file_is_kept_in_parts(app: Flask) -> None:
    data = bytes(range(256)) * 60_000
    file.store("a", data)
    assert len(list(storage_from_settings(settings).list("imports/a/"))) == 3
    assert file.load("a") == data


def test_under_other_keys_it_is_to_be_uploaded_again(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = check(person, FILE)
    object.__setattr__(settings._get_current_object(), "CREDENTIAL_KEYS", (generate_key(),))  # type: ignore[attr-defined]
    with pytest.raises(Unreadable, match="Upload it again"):
        file.load(import_.id)


def test_the_file_goes_after_a_day(person: User) -> None:
    import_ = check(person, FILE)
    keeping.forget_old(clock() + timedelta(hours=23))
    assert file.load(import_.id)
    keeping.forget_old(clock() + timedelta(hours=25))
    with pytest.raises(Unreadable, match="a day after it came"):
        file.load(import_.id)
    assert len(rows(import_)) == 1


def test_the_file_of_an_import_that_is_at_work_stays(person: User) -> None:
    import_ = check(person, FILE)
    db.session.execute(update(Import).values(state=WorkState.RUNNING))
    db.session.commit()
    keeping.forget_old(clock() + timedelta(hours=25))
    assert file.load(import_.id)


def test_what_was_before_goes_with_the_time_for_an_undo(person: User) -> None:
    db.session.add(Camera(name="Old", rtsp_url="rtsp://10.0.0.1/"))
    db.session.commit()
    import_ = apply(check(person, FILE))
    keeping.forget_old(clock() + timedelta(hours=23))
    assert rows(import_)[0].before
    keeping.forget_old(clock() + timedelta(hours=25))
    assert rows(import_)[0].before is None


def test_rows_go_after_a_month_and_the_history_stays(person: User) -> None:
    import_ = apply(check(person, FILE))
    keeping.forget_old(clock() + timedelta(days=31))
    assert rows(import_) == []
    assert db.session.query(Import).count() == 1


def test_a_store_that_is_away_is_asked_again_later(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = check(person, FILE)

    def away(*_: object) -> None:
        raise StorageError("The store is away.")

    monkeypatch.setattr(keeping.file, "forget", away)
    keeping.forget_old(clock() + timedelta(hours=25))
    monkeypatch.undo()
    assert file.load(import_.id)
