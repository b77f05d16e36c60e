"""Storing rows while others change cameras and groups, too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from flask import Flask
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

from tests.services.imports.conftest import THREE, actions, apply, cameras, check, clock, told
from webapp.extensions import db, transaction
from webapp.models import Camera, CameraGroup, Import, User, WorkState
from webapp.schemas import GroupRemoval, parse
from webapp.services import groups
from webapp.services.imports import applying, writing
from webapp.services.rights import EVERYTHING


def test_rows_are_planned_anew_when_the_fleet_has_changed_since_the_dry_run(person: User) -> None:
    import_ = check(person, "name,code,rtsp_url\nA,1,10.0.0.1\nB,2,10.0.0.2\n")
    db.session.add(Camera(name="Newer", code="1", rtsp_url="rtsp://10.0.0.1/"))
    db.session.commit()
    import_ = apply(import_)
    assert (import_.counts["created"], import_.counts["updated"]) == (1, 1)
    assert set(cameras()) == {"A", "B"}
    assert actions(import_) == {2: "update", 3: "create"}


def test_a_row_that_has_become_wrong_is_left_out_and_said(person: User) -> None:
    import_ = check(person, "name,code,rtsp_url\nA,1,10.0.0.1\nB,2,10.0.0.2\n", match="url")
    db.session.add(Camera(name="Newer", code="1", rtsp_url="rtsp://10.0.0.9/"))
    db.session.commit()
    import_ = apply(import_)
    assert (import_.state, import_.counts["created"], import_.counts["error"]) == (WorkState.DONE, 1, 1)
    assert told(import_)[2][0][2].startswith("“Newer” has this code already")


def test_somebody_who_is_faster_within_a_chunk_is_not_overwritten(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between plan and transaction a colleague takes the code: the chunk is planned anew."""
    import_ = check(person, "name,code,rtsp_url\nA,1,10.0.0.1\n", match="url")
    prepare = applying.prepare

    def meanwhile(*args: Any) -> Any:
        prepared = prepare(*args)
        if not db.session.query(Camera).count():
            with transaction():
                db.session.add(Camera(name="Faster", code="1", rtsp_url="rtsp://10.0.0.9/"))
        return prepared

    monkeypatch.setattr(applying, "prepare", meanwhile)
    assert apply(import_).counts["created"] == 0
    assert set(cameras()) == {"Faster"}


def test_two_workers_at_once_store_every_row_once(either_app: Flask, person: User) -> None:
    import_id = check(person, "name,rtsp_url\n" + "\n".join(f"C{n},10.0.1.{n}" for n in range(250))).id
    applying.start(db.session.get_one(Import, import_id), False, clock())

    def work_too() -> None:
        with either_app.app_context():
            applying.run(import_id, clock)
            db.session.remove()

    workers = [threading.Thread(target=work_too) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(cameras()) == db.session.query(Camera).count() == 250
    assert db.session.get_one(Import, import_id).state == WorkState.DONE


def together(app: Flask, *acts: Callable[[], object]) -> None:
    """Each in a thread of its own."""

    def do(act: Callable[[], object]) -> None:
        with app.app_context():
            act()
            db.session.remove()

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def queued(person: User, text: str, is_all_or_nothing: bool = False) -> str:
    import_id: str = check(person, text).id
    applying.start(db.session.get_one(Import, import_id), is_all_or_nothing, clock())
    db.session.commit()
    return import_id


def test_two_imports_of_one_file_at_once_store_every_camera_once(
    either_app: Flask, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [queued(person, "name,rtsp_url\nA,rtsp://10.0.0.1/a\n") for _ in range(2)]
    make, prepare, both = writing._make_groups, applying.prepare, threading.Barrier(2)

    def slowly(*args: Any) -> Any:
        time.sleep(0.2)
        return make(*args)

    def at_once(*args: Any) -> Any:
        prepared = prepare(*args)
        with suppress(threading.BrokenBarrierError):
            both.wait(5)
            both.abort()
        return prepared

    monkeypatch.setattr(writing, "_make_groups", slowly)
    monkeypatch.setattr(applying, "prepare", at_once)
    together(either_app, *[partial(applying.run, import_id, clock) for import_id in ids])
    assert db.session.query(Camera).count() == 1


def test_it_and_the_deletion_of_a_group_do_not_wait_for_each_other(
    either_app: Flask, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = groups.ensure_path(("G",))
    assert group
    group_id = group.id
    db.session.add_all(
        Camera(name=f"Old {n}", code=str(n), rtsp_url=f"rtsp://10.0.0.{n}/", group_id=group_id) for n in range(3)
    )
    db.session.commit()
    lines = "".join(f"C{n},{n},rtsp://10.0.0.{n}/,G\n" for n in range(5))
    import_id = queued(person, f"name,code,rtsp_url,group\n{lines}")
    update, begun = writing._update, threading.Event()

    def slowly(*args: Any) -> None:
        begun.set()
        time.sleep(0.3)
        update(*args)

    def delete() -> None:
        begun.wait(5)
        found = db.session.get_one(CameraGroup, group_id)
        groups.delete(found, parse(GroupRemoval, {"target_id": "top"}), clock(), EVERYTHING)

    monkeypatch.setattr(writing, "_update", slowly)
    together(either_app, partial(applying.run, import_id, clock), delete)
    assert db.session.get_one(Import, import_id, populate_existing=True).state == WorkState.DONE
    assert db.session.get(CameraGroup, group_id, populate_existing=True) is None
    assert len(cameras()) == 5


def test_after_a_deadlock_it_tries_again(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = check(person, THREE)
    written, turns = applying.write, [0]

    def write(*args: Any) -> None:
        turns[0] += 1
        if turns[0] == 1:
            raise OperationalError("", {}, DeadlockDetected())
        written(*args)

    monkeypatch.setattr(applying, "write", write)
    assert apply(import_).state == WorkState.DONE
    assert set(cameras()) == {"A", "B", "C"}
