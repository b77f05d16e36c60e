"""Storing what a file says: by the rules of the form, in chunks that survive a dying worker, or all or nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from psycopg.errors import DeadlockDetected
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.services.imports.conftest import actions, apply, cameras, check, clock, read, rows, told
from webapp.credentials import Credentials
from webapp.extensions import db, settings, transaction
from webapp.models import AuditEntry, Camera, CameraGroup, Import, ImportRow, StatusChange, User, WorkState
from webapp.schemas import GroupRemoval, parse
from webapp.services import group_paths, groups
from webapp.services.imports import applying, course, work, writing
from webapp.services.imports.course import Failed, OutOfTurn
from webapp.services.rights import EVERYTHING

THREE = "name,code,rtsp_url,group\nA,1,10.0.0.1,Site A\nB,2,10.0.0.2,Site A > B1\nC,3,10.0.0.3,\n"


def password_of(camera: Camera) -> str | None:
    sealed = camera.password_encrypted
    return Credentials(settings.CREDENTIAL_KEYS).decrypt(sealed, camera.id) if sealed else None


def test_new_cameras_are_as_their_rows_say(person: User) -> None:
    import_ = apply(
        check(
            person,
            "name,code,rtsp_url,sub_rtsp_url,stream,username,password,group,location,vendor,model,notes,tags,resolution,"
            "fps,codec,is_active,enable_detection,detection_sensitivity,check_interval_seconds,retention_days\n"
            'Tür,T1,rtsp://10.0.0.1/a,rtsp://10.0.0.1/b,sub,admin," ge,heim ",Werk A > Halle 1,Oben,Axis,P1,"zwei\n'
            'Zeilen","nacht, tor",1920×1080,"12,5",HEVC,ja,nein,"0,5",300,7\n',
        )
    )
    assert (import_.state, import_.counts["created"], import_.counts["updated"]) == (WorkState.DONE, 1, 0)
    camera = cameras()["Tür"]
    assert password_of(camera) == " ge,heim "
    assert group_paths.read()[camera.group_id or ""] == ("Werk A", "Halle 1")
    expected: dict[str, Any] = {
        "code": "T1",
        "rtsp_url": "rtsp://10.0.0.1/a",
        "sub_rtsp_url": "rtsp://10.0.0.1/b",
        "stream": "sub",
        "username": "admin",
        "location": "Oben",
        "notes": "zwei\nZeilen",
        "tags": ("nacht", "tor"),
        "resolution": "1920x1080",
        "fps": 12.5,
        "codec": "h265",
        "is_active": True,
        "enable_detection": False,
        "detection_sensitivity": 0.5,
        "check_interval_seconds": 300,
        "retention_days": 7,
        "version": 1,
    }
    assert {name: getattr(camera, name) for name in expected} == expected


def test_every_camera_group_and_the_import_itself_stand_in_the_audit(person: User) -> None:
    db.session.add(Camera(name="Old", code="3", rtsp_url="rtsp://10.0.0.3/"))
    db.session.commit()
    apply(check(person, THREE + "D,4,10.0.0.4,\nE,5,nowhere at all,\n"))
    entries = db.session.query(AuditEntry).all()
    assert {entry.actor for entry in entries if entry.action != "import.start"} == {person.email}
    assert sorted((entry.action, entry.subject) for entry in entries) == [
        ("camera.create", "A"),
        ("camera.create", "B"),
        ("camera.create", "D"),
        ("camera.update", "C"),
        ("group.create", "B1"),
        ("group.create", "Site A"),
        ("import.apply", "cameras.csv"),
        ("import.start", "cameras.csv"),
    ]
    by_name = {entry.subject: entry for entry in entries if entry.action != "import.start"}
    assert by_name["B"].changes["group_id"] == [None, "Site A › B1"]
    assert by_name["C"].changes == {"name": ["Old", "C"]}
    assert by_name["A"].camera_id == cameras()["A"].id
    assert {name: after for name, (_, after) in by_name["cameras.csv"].changes.items()} == {
        "created": 3,
        "updated": 1,
        "error": 1,
        "end": "done",
    }


def test_an_update_keeps_what_checks_wrote_and_switching_off_is_history(person: User) -> None:
    camera = Camera(name="A", code="1", rtsp_url="rtsp://10.0.0.1/", status="live", failures=1, latency_ms=12.5)
    db.session.add(camera)
    db.session.commit()
    apply(check(person, "code,vendor,is_active\n1,Axis,no\n"))
    db.session.refresh(camera)
    assert (camera.vendor, camera.is_active, camera.latency_ms, camera.failures) == ("Axis", False, 12.5, 1)
    assert camera.version == 2
    (change,) = db.session.query(StatusChange).all()
    assert (change.camera_id, change.old, change.new) == (camera.id, "live", "disabled")


def test_first_checks_are_spread_over_the_next_interval(person: User) -> None:
    lines = "\n".join(f"Camera {n},10.0.0.{n}" for n in range(60))
    before = clock()
    apply(check(person, f"name,rtsp_url\n{lines}\n"))
    due = sorted((camera.next_due_at - before).total_seconds() for camera in cameras().values())
    assert 50 < due[-1] - due[0] < 60
    assert all(abs(later - earlier) < 3 for earlier, later in pairwise(due))


def test_the_same_file_again_changes_nothing(person: User) -> None:
    text = "name,rtsp_url,password,tags\nA,rtsp://10.0.0.1/a,geheim,x\n"
    apply(check(person, text))
    again = check(person, text)
    assert actions(again) == {2: "unchanged"}
    apply(again)
    assert cameras()["A"].version == 1


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


def test_a_worker_that_dies_leaves_whole_chunks_and_another_goes_on(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 2)
    lines = "\n".join(f"Camera {n},{n},10.0.0.{n},Site > Building {n}" for n in range(9))
    import_ = check(person, f"name,code,rtsp_url,group\n{lines}\n")
    die_after(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        apply(import_)
    monkeypatch.undo()
    import_ = read(import_)
    assert (import_.state, import_.done, len(cameras())) == (WorkState.RUNNING, 4, 4)
    assert sum(row.is_applied for row in rows(import_)) == 4
    applying.run(import_.id, clock)
    assert len(cameras()) == 4, "the first one may still be alive"
    later = lambda: clock() + 2 * course.LIFELESS  # noqa: E731
    assert [found[0] for found in course.left_behind(later())] == [import_.id]
    applying.run(import_.id, later)
    import_ = read(import_)
    assert (import_.state, import_.done, import_.counts["created"]) == (WorkState.DONE, 9, 9)
    assert len(cameras()) == 9
    assert db.session.query(CameraGroup).count() == 10
    assert len(import_.group_ids) == 10
    assert db.session.query(AuditEntry).filter_by(action="camera.create").count() == 9


def test_it_stops_between_chunks_when_asked_and_goes_on_when_asked(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 1)
    import_ = check(person, THREE)
    written = applying.write

    def write(*args: Any) -> Any:
        ids = written(*args)
        if "B" in cameras():
            db.session.execute(text("UPDATE imports SET wants_cancel = (1 = 1)"))
        return ids

    monkeypatch.setattr(applying, "write", write)
    import_ = apply(import_)
    monkeypatch.setattr(applying, "write", written)
    assert (import_.state, set(cameras()), import_.counts["created"]) == (WorkState.CANCELLED, {"A"}, 1)
    applying.go_on(import_, clock())
    applying.run(import_.id, clock)
    assert set(cameras()) == {"A", "B", "C"}
    assert read(import_).state == WorkState.DONE


def test_all_or_nothing_stores_all(person: User) -> None:
    import_ = apply(check(person, THREE), is_all_or_nothing=True)
    assert (import_.state, set(cameras())) == (WorkState.DONE, {"A", "B", "C"})


def test_all_or_nothing_is_refused_with_errors(person: User) -> None:
    import_ = check(person, THREE + "D,4,nowhere at all,\n")
    with pytest.raises(Failed, match="1 rows cannot be imported"):
        applying.start(import_, True, clock())
    assert read(import_).state == WorkState.CHECKED


def test_all_or_nothing_stores_nothing_when_a_row_has_become_wrong(person: User) -> None:
    import_ = check(person, THREE, match="url")
    db.session.add(Camera(name="Newer", code="3", rtsp_url="rtsp://10.0.0.9/"))
    db.session.commit()
    import_ = apply(import_, is_all_or_nothing=True)
    assert import_.state == WorkState.CHECKED
    assert (import_.problem or "").startswith("1 rows cannot be imported any more, so nothing was. line 4: “Newer”")
    assert set(cameras()) == {"Newer"}
    assert db.session.query(CameraGroup).count() == 0


def test_all_or_nothing_leaves_nothing_when_the_worker_dies(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = check(person, THREE)
    die_after(0, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        apply(import_, is_all_or_nothing=True)
    assert cameras() == {}
    assert db.session.query(CameraGroup).count() == 0
    assert db.session.query(ImportRow).filter_by(is_applied=True).count() == 0


def test_a_button_pressed_twice_starts_it_once(person: User) -> None:
    import_ = check(person, THREE)
    applying.start(import_, False, clock())
    with pytest.raises(OutOfTurn):
        applying.start(import_, False, clock())


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


def test_it_rests_between_transactions_where_one_writer_locks_out_all(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    monkeypatch.setattr(work.time, "sleep", rests.append)
    apply(check(person, THREE))
    assert bool(rests) == settings.is_embedded
    assert all(0 < rest <= work.LONGEST_REST_S for rest in rests)


def test_an_import_that_takes_long_is_not_taken_for_dead(person: User) -> None:
    import_ = check(person, THREE)
    applying.start(import_, False, clock())
    assert course.left_behind(clock()) == []
    assert course.left_behind(clock() + course.LIFELESS + timedelta(seconds=1))


def test_a_fault_of_ours_ends_it_with_a_sentence_and_it_can_go_on(
    person: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 2)
    import_ = check(person, THREE)
    written, turns = applying.write, [0]

    def write(*args: Any) -> None:
        turns[0] += 1
        if turns[0] == 2:
            raise ZeroDivisionError
        written(*args)

    monkeypatch.setattr(applying, "write", write)
    import_ = apply(import_)
    assert (import_.state, set(cameras())) == (WorkState.FAILED, {"A", "B"})
    assert import_.problem == "This failed on our side (ZeroDivisionError); it is in the log. Try again."
    assert "An import failed on our side." in caplog.text
    applying.go_on(import_, clock())
    applying.run(import_.id, clock)
    assert set(cameras()) == {"A", "B", "C"}


def test_a_database_that_is_away_leaves_it_for_the_next_worker(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = check(person, THREE)

    def away(*_: Any) -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(applying, "write", away)
    with pytest.raises(OperationalError):
        apply(import_)
    assert read(import_).state == WorkState.RUNNING


def test_stopping_what_waits_to_go_on_leaves_what_is_stored(person: User) -> None:
    import_ = apply(check(person, THREE))
    course.go(import_.id, [WorkState.DONE], WorkState.CANCELLED, clock())
    applying.go_on(import_, clock())
    course.cancel(import_.id, clock())
    assert read(import_).state == WorkState.CANCELLED


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


def test_edits_of_other_cameras_do_not_hold_it_up(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Camera(name="Other", rtsp_url="rtsp://10.9.9.9/")
    db.session.add(other)
    db.session.commit()
    import_, prepare, turns = check(person, THREE), applying.prepare, [0]

    def meanwhile(*args: Any) -> Any:
        turns[0] += 1
        with transaction():
            db.session.get_one(Camera, other.id, populate_existing=True).version += 1
        return prepare(*args)

    monkeypatch.setattr(applying, "prepare", meanwhile)
    assert apply(import_, is_all_or_nothing=True).state == WorkState.DONE
    assert turns == [1]


def test_stopping_what_a_dead_worker_left_ends_it_with_what_is_stored(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "CHUNK", 1)
    import_ = check(person, THREE)
    die_after(1, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        apply(import_)
    course.cancel(import_.id, clock())
    assert read(import_).state == WorkState.RUNNING, "the worker may still be alive"
    course.cancel(import_.id, clock() + 2 * course.LIFELESS)
    import_ = read(import_)
    assert (import_.state, import_.counts["created"]) == (WorkState.CANCELLED, 1)
    assert import_.finished_at
    assert course.left_behind(clock() + 4 * course.LIFELESS) == []


@pytest.mark.parametrize("state", [WorkState.CHECKING, WorkState.TESTING])
def test_stopping_a_dry_run_that_lost_its_worker_ends_it(person: User, state: WorkState) -> None:
    import_ = check(person, THREE)
    course.go(import_.id, [WorkState.CHECKED], state, clock(), started_at=clock())
    course.cancel(import_.id, clock() + 2 * course.LIFELESS)
    assert read(import_).state == (WorkState.DRAFT if state == WorkState.CHECKING else WorkState.CHECKED)
