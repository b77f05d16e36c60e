"""Undo: what the import made goes, what it changed comes back, and what others have touched since stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.services.imports.conftest import apply, cameras, check, clock, make_person, read, rows, told, undo
from webapp.credentials import Credentials
from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, CameraGroup, GroupRole, Role, StatusChange, User, WorkState, new_id
from webapp.schemas import GroupInput, parse
from webapp.services import groups
from webapp.services.imports import course, undoing
from webapp.services.imports.course import OutOfTurn
from webapp.services.pictures import latest_key
from webapp.services.rights import EVERYTHING
from webapp.storage import storage_from_settings

FILE = "name,code,rtsp_url,group,vendor,tags,password,is_active\n"


def stored(**fields: Any) -> Camera:
    camera = Camera(**{"id": new_id(), "name": "Old", "code": "1", "rtsp_url": "rtsp://10.0.0.1/"} | fields)
    camera.password_encrypted = Credentials(settings.CREDENTIAL_KEYS).encrypt("before", camera.id)
    db.session.add(camera)
    db.session.commit()
    return camera


def test_everything_is_as_it_was_and_can_be_imported_again(person: User) -> None:
    old = stored(tags=("night",), vendor="Axis")
    sealed = old.password_encrypted
    text = FILE + "New,2,10.0.0.2,Site A > B1,,,x,\nOld name,1,10.0.0.1,,Bosch,day,after,no\n"
    import_ = undo(apply(check(person, text)))
    assert (import_.state, import_.counts["undone"], import_.counts["left"]) == (WorkState.UNDONE, 2, 0)
    assert set(cameras()) == {"Old"}
    camera = cameras()["Old"]
    assert (camera.vendor, camera.tags, camera.is_active, camera.version) == ("Axis", ("night",), True, 3)
    assert camera.password_encrypted == sealed
    assert db.session.query(CameraGroup).count() == 0
    assert [change.new for change in db.session.query(StatusChange).order_by(StatusChange.at)] == ["disabled", "idle"]
    again = apply(check(person, text))
    assert (again.counts["created"], again.counts["updated"]) == (1, 1)
    assert set(cameras()) == {"New", "Old name"}


def test_it_stands_in_the_audit(person: User) -> None:
    undo(apply(check(person, FILE + "New,2,10.0.0.2,Site A,,,x,\n")))
    entries = [(entry.action, entry.subject, entry.actor) for entry in db.session.query(AuditEntry)]
    for action, subject in (("camera.delete", "New"), ("group.delete", "Site A"), ("import.undo", "cameras.csv")):
        assert (action, subject, person.email) in entries
    assert "x" not in [entry.changes for entry in db.session.query(AuditEntry)]


def test_what_somebody_has_touched_since_is_left_and_said(person: User) -> None:
    import_ = apply(check(person, FILE + "A,1,10.0.0.1,Site A,,,,\nB,2,10.0.0.2,Site A,,,,\nC,3,10.0.0.3,Site B,,,,\n"))
    known = cameras()
    known["A"].notes, known["A"].version = "Mine", 2
    db.session.delete(known["B"])
    db.session.commit()
    import_ = undo(import_)
    assert (import_.counts["undone"], import_.counts["left"]) == (1, 2)
    assert set(cameras()) == {"A"}
    assert {line: found[0][2] for line, found in told(import_).items()} == {
        2: undoing.CHANGED_SINCE,
        3: undoing.DELETED_SINCE,
    }
    assert [group.name for group in db.session.query(CameraGroup)] == ["Site A"], "a camera is still in it"


def test_a_code_or_a_group_that_is_gone_keeps_the_row_as_it_is(person: User) -> None:
    gone = groups.create(parse(GroupInput, {"name": "Gone"}), clock(), EVERYTHING)
    stored(group_id=gone.id)
    stored(code="2", name="Second", rtsp_url="rtsp://10.0.0.2/")
    import_ = apply(check(person, "name,code,rtsp_url,group\nOld,1,10.0.0.1,New\nSecond,3,10.0.0.2,\n", match="url"))
    db.session.delete(db.session.get_one(CameraGroup, gone.id))
    db.session.add(Camera(name="Third", code="2", rtsp_url="rtsp://10.0.0.9/"))
    db.session.commit()
    import_ = undo(import_)
    assert {line: found[0][2] for line, found in told(import_).items()} == {
        2: undoing.GROUP_GONE,
        3: undoing.CODE_TAKEN,
    }


def test_a_group_that_somebody_renamed_stays(person: User) -> None:
    import_ = apply(check(person, FILE + "A,1,10.0.0.1,Site A,,,,\n"))
    (group,) = db.session.query(CameraGroup)
    groups.update(group, parse(GroupInput, {"name": "Site 1"}), clock(), EVERYTHING)
    undo(import_)
    assert [group.name for group in db.session.query(CameraGroup)] == ["Site 1"]


def test_pictures_of_what_goes_are_deleted(person: User) -> None:
    import_ = apply(check(person, FILE + "A,1,10.0.0.1,,,,,\n"))
    camera, storage = cameras()["A"], storage_from_settings(settings)
    key = latest_key(camera.id)
    storage.put(key, b"picture")
    camera.picture_hash = "0" * 16
    db.session.commit()
    undo(import_)
    assert not storage.exists(key)


def test_it_goes_on_where_a_worker_died(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "FIRST_PIECE", 2)
    monkeypatch.setattr(undoing, "LARGEST_PIECE", 2)
    import_ = apply(check(person, FILE + "".join(f"C{n},{n},10.0.0.{n},,,,,\n" for n in range(6))))
    publish, left = undoing.live.publish, [1]

    def die(*args: Any, **kwargs: Any) -> None:
        publish(*args, **kwargs)
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1

    monkeypatch.setattr(undoing.live, "publish", die)
    with pytest.raises(KeyboardInterrupt):
        undo(import_)
    monkeypatch.setattr(undoing.live, "publish", publish)
    assert len(cameras()) == 2
    undoing.run(import_.id, lambda: clock() + 2 * course.LIFELESS)
    assert cameras() == {}
    assert read(import_).counts["undone"] == 6
    assert not any(row.is_applied for row in rows(import_))


def test_it_is_possible_for_a_day(person: User) -> None:
    import_ = apply(check(person, FILE + "A,1,10.0.0.1,,,,,\n"))
    assert undoing.is_possible(import_, clock() + timedelta(hours=23))
    with pytest.raises(OutOfTurn):
        undoing.start(import_, clock() + timedelta(hours=25))


def test_what_stored_nothing_cannot_be_undone(person: User) -> None:
    with pytest.raises(OutOfTurn):
        undoing.start(check(person, FILE + "A,1,10.0.0.1,,,,,\n"), clock())


def test_a_check_that_was_a_day_away_comes_as_the_earlier_interval_says(person: User) -> None:
    camera = stored()
    import_ = apply(check(person, "code,check_interval_seconds\n1,86400\n"))
    camera.next_due_at = clock() + timedelta(hours=23)
    db.session.commit()
    undo(import_)
    camera = cameras()["Old"]
    assert camera.check_interval_seconds is None
    assert camera.next_due_at - clock() < timedelta(minutes=5)


def test_nothing_goes_back_to_a_group_that_whoever_undoes_it_has_lost(person: User) -> None:
    earlier, later = groups.ensure_path(("Earlier",)), groups.ensure_path(("Later",))
    assert earlier
    assert later
    stored(group_id=earlier.id)
    import_ = apply(check(person, "code,group\n1,Later\n"))
    person.role = Role.NONE
    db.session.add(GroupRole(user_id=person.id, group_id=later.id, role=Role.OPERATOR))
    db.session.commit()
    import_ = undo(import_)
    assert told(import_)[2][0][2] == undoing.OUTSIDE_BEFORE
    assert cameras()["Old"].group_id == later.id


def test_a_fault_of_ours_ends_it_with_a_sentence_and_it_can_be_undone_again(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_ = apply(check(person, FILE + "A,1,10.0.0.1,Site A,,,,\n"))
    remove = undoing.made_groups.remove

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(undoing.made_groups, "remove", fail)
    import_ = undo(import_)
    assert (import_.state, import_.problem) == (
        WorkState.FAILED,
        "This failed on our side (ZeroDivisionError); it is in the log. Try again.",
    )
    monkeypatch.setattr(undoing.made_groups, "remove", remove)
    assert undo(import_).state == WorkState.UNDONE
    assert db.session.query(CameraGroup).count() == 0


def test_what_an_administrator_undoes_is_the_act_of_the_administrator(person: User) -> None:
    admin = make_person(Role.ADMIN)
    import_ = apply(check(person, FILE + "A,1,10.0.0.1,Site A,,,,\n"))
    undoing.start(import_, clock(), admin)
    undoing.run(import_.id, clock)
    entries = {entry.action: entry.actor for entry in db.session.query(AuditEntry)}
    assert entries["camera.create"] == person.email
    assert {entries[act] for act in ("camera.delete", "group.delete", "import.undo")} == {admin.email}
