"""Which entries are found, in which order, and what is told of them to whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from tests.views.conftest import counted_queries
from webapp.extensions import db
from webapp.models import AuditEntry, Camera, CameraGroup, User, new_id
from webapp.services import audit_trail
from webapp.services.audit_trail import NOBODY, AuditFilter, Line, NoSuchEntry, Page, Reader
from webapp.services.rights import EVERYTHING, Scope

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
AUDITOR = Reader(EVERYTHING, is_auditor=True, may_write=True)


def write(subject: str, minutes: float = 0, **fields: Any) -> AuditEntry:
    """An entry `minutes` before NOW."""
    usual = {"actor": "Camkeeper", "action": "camera.update", "changes": {}}
    entry = AuditEntry(id=new_id(), at=NOW - timedelta(minutes=minutes), subject=subject, **(usual | fields))
    db.session.add(entry)
    db.session.commit()
    return entry


def a_camera(name: str, group: CameraGroup | None = None) -> Camera:
    camera = Camera(name=name, rtsp_url="rtsp://10.0.0.1/s", group_id=group.id if group else None)
    db.session.add(camera)
    db.session.commit()
    return camera


def a_user(email: str = "a.ruiz@example.com", name: str = "A. Ruiz") -> User:
    user = User(email=email, name=name, password_hash="")
    db.session.add(user)
    db.session.commit()
    return user


def a_group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    group = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(group)
    db.session.commit()
    return group


def found(reader: Reader = AUDITOR, **wanted: Any) -> list[str]:
    return subjects(audit_trail.find(AuditFilter(**wanted), reader))


def subjects(page: Page) -> list[str]:
    return [line.subject for line in page.lines]


def only(reader: Reader) -> Line:
    [line] = audit_trail.find(AuditFilter(), reader).lines
    return line


class TestFilter:
    @pytest.fixture(autouse=True)
    def entries(self, either_app: Flask) -> None:
        self.camera, self.user = a_camera("Gate"), a_user()
        self.by_person = {"user_id": self.user.id, "actor": self.user.email}
        write("Gate", 1, camera_id=self.camera.id, address="10.0.0.7")
        write("Dock", 2, action="camera.delete", camera_id=new_id(), **self.by_person)
        write("Hall", 3, action="group.create", changes={"location": [None, "Küche 10%"]})
        write("B. Lang", 4, action="user.invite", **self.by_person)

    def test_the_newest_come_first(self) -> None:
        assert found() == ["Gate", "Dock", "Hall", "B. Lang"]

    def test_by_person_and_by_camkeeper_itself(self) -> None:
        assert found(person=self.user.id) == ["Dock", "B. Lang"]
        assert found(person=NOBODY) == ["Gate", "Hall"]
        assert found(person="nobody we know") == []

    def test_by_action_and_by_all_of_a_noun(self) -> None:
        assert found(action="camera.delete") == ["Dock"]
        assert found(action="camera") == ["Gate", "Dock"]
        assert found(action="cam") == []

    def test_by_camera_also_one_that_is_gone(self) -> None:
        gone = db.session.scalars(db.select(AuditEntry.camera_id).where(AuditEntry.subject == "Dock")).one()
        assert found(camera_id=self.camera.id) == ["Gate"]
        assert found(camera_id=gone or "") == ["Dock"]

    def test_from_a_moment_until_before_another(self) -> None:
        since, until = NOW - timedelta(minutes=3), NOW - timedelta(minutes=1)
        assert found(since=since, until=until) == ["Dock", "Hall"]

    def test_by_words_in_subject_person_address_and_values(self) -> None:
        assert found(search="GATE") == ["Gate"]
        assert found(search="ruiz") == ["Dock", "B. Lang"]
        assert found(search="10.0.0.7") == ["Gate"]
        assert found(search="Küche") == ["Hall"]
        assert found(search="10%") == ["Hall"], "no sign of a search is a wildcard"
        assert found(search="dock ruiz") == ["Dock"]
        assert found(search="dock hall") == []

    def test_everything_at_once(self) -> None:
        wanted = {"person": self.user.id, "action": "camera", "search": "dock", "since": NOW - timedelta(days=1)}
        assert found(**wanted) == ["Dock"]
        assert found(**wanted | {"person": NOBODY}) == []

    def test_the_actions_there_are(self) -> None:
        assert audit_trail.actions() == ["camera.delete", "camera.update", "group.create", "user.invite"]


def test_without_entries_there_are_no_actions(either_app: Flask) -> None:
    assert audit_trail.actions() == []


class TestPages:
    @pytest.fixture(autouse=True)
    def entries(self, either_app: Flask) -> None:
        for n in range(7):
            write(f"{n}", minutes=n // 3)  # three share a moment, as those of one bulk action do

    def test_they_go_on_where_the_one_before_ends(self) -> None:
        walked, page = [], self.open()
        while page.lines:
            walked += subjects(page)
            if not page.older:
                break
            page = self.open(before=page.older)
        assert sorted(walked) == list("0123456")
        assert [int(subject) // 3 for subject in walked] == [0, 0, 0, 1, 1, 1, 2]

    def test_the_way_back_is_the_same(self) -> None:
        first = self.open()
        second = self.open(before=first.older or "")
        third = self.open(before=second.older or "")
        assert subjects(self.open(after=third.newer or "")) == subjects(second)
        assert subjects(self.open(after=second.newer or "")) == subjects(first)

    def test_the_ends_lead_no_further(self) -> None:
        first = self.open()
        last = self.open(before=self.open(before=first.older or "").older or "")
        assert (first.newer, len(last.lines), last.older) == (None, 1, None)
        assert self.open(after=last.newer or "").newer, "there is one page before this one"

    def test_new_entries_move_nothing(self) -> None:
        first = self.open()
        second = subjects(self.open(before=first.older or ""))
        write("new", minutes=-1)
        assert subjects(self.open(before=first.older or "")) == second

    def test_one_cannot_go_on_from_an_entry_that_is_none(self) -> None:
        with pytest.raises(NoSuchEntry):
            self.open(before=new_id())

    def open(self, before: str = "", after: str = "") -> Page:
        return audit_trail.find(AuditFilter(), AUDITOR, before, after, size=3)


class TestToWhom:
    """What is told of an entry depends on who reads it."""

    @pytest.fixture(autouse=True)
    def entries(self, either_app: Flask) -> None:
        self.user = a_user()
        self.site = a_group("Site A")
        self.hall = a_group("Hall", self.site)
        self.camera = a_camera("Gate", self.hall)

    def write(self, **changes: list[Any]) -> None:
        by_person = {"user_id": self.user.id, "actor": self.user.email, "address": "10.0.0.7"}
        write("Gate", camera_id=self.camera.id, changes=changes, **by_person)

    def scoped(self, **known: Any) -> Reader:
        return Reader(Scope(frozenset({self.hall.id})), **known)

    def test_an_auditor_learns_name_email_and_address(self) -> None:
        self.write()
        line = only(AUDITOR)
        assert (line.who, line.email, line.address) == ("A. Ruiz", "a.ruiz@example.com", "10.0.0.7")

    def test_others_learn_the_name_alone(self) -> None:
        self.write()
        line = only(self.scoped())
        assert (line.who, line.email, line.address) == ("A. Ruiz", "", "")

    def test_of_somebody_who_is_gone_others_learn_no_domain(self) -> None:
        write("Gate", camera_id=self.camera.id, user_id=new_id(), actor="b.lang@example.com")
        assert only(self.scoped()).who == "b.lang"

    def test_nobody_learns_of_a_camera_outside_of_their_groups(self) -> None:
        elsewhere = a_camera("Roof", self.site)
        write("Roof", camera_id=elsewhere.id)
        write("Gone", camera_id=new_id())
        write("People", action="user.invite")
        assert found(self.scoped()) == []

    def test_a_group_is_called_as_its_reader_sees_it(self) -> None:
        self.write(group_id=["Site A", "Site A › Hall"])
        [change] = only(self.scoped()).changes
        assert (change.before, change.after) == ("a group you do not see", "Hall")
        [change] = only(AUDITOR).changes
        assert (change.before, change.after) == ("Site A", "Site A › Hall")

    def test_only_those_who_may_change_a_camera_see_the_path_of_its_url(self) -> None:
        self.write(rtsp_url=["rtsp://10.0.0.1/one", "rtsp://10.0.0.1:8554/two"], sub_rtsp_url=[None, "odd"])
        [main, sub] = only(self.scoped()).changes
        assert (main.before, main.after) == ("10.0.0.1:554", "10.0.0.1:8554")
        assert (sub.before, sub.after) == ("–", "an address")
        assert only(self.scoped(may_write=True)).changes[0].after == "rtsp://10.0.0.1:8554/two"

    def test_only_those_who_may_change_a_camera_see_its_user_name(self) -> None:
        self.write(username=[None, "operator9"])
        assert only(self.scoped()).changes[0].after == "●●●"
        assert only(self.scoped(may_write=True)).changes[0].after == "operator9"

    def test_a_camera_that_is_gone_has_no_page_to_go_to(self) -> None:
        self.write()
        assert only(AUDITOR).camera_is_there
        db.session.delete(self.camera)
        db.session.commit()
        assert not only(AUDITOR).camera_is_there
        assert only(AUDITOR).subject == "Gate"

    def test_what_was_added_has_no_before(self) -> None:
        self.write(name=[None, "Gate"], fps=[None, 15.0])
        assert only(AUDITOR).is_new

    def test_what_was_changed_has_one(self) -> None:
        self.write(name=["Dock", "Gate"], fps=[None, 15.0])
        assert not only(AUDITOR).is_new


def test_a_page_takes_as_many_queries_however_many_entries_it_has(either_app: Flask) -> None:
    def count(reader: Reader) -> int:
        with counted_queries() as queries:
            audit_trail.find(AuditFilter(action="camera", search="gate"), reader)
        return len(queries)

    group = a_group("Site A")
    readers = (AUDITOR, Reader(Scope(frozenset({group.id}))))
    write("Gate", camera_id=a_camera("Gate", group).id)
    few = [count(reader) for reader in readers]
    for n in range(40):
        user = a_user(f"{n}@example.com")
        write("Gate", n, camera_id=a_camera("Gate", group).id, user_id=user.id, changes={"group_id": [None, "Site A"]})
    assert [count(reader) for reader in readers] == few


class TestEach:
    def test_it_gives_all_in_order_in_short_transactions(
        self, either_app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit_trail, "CHUNK", 3)
        for n in range(8):
            write(f"{n}", minutes=n // 2)
        given = []
        for line in audit_trail.each(AuditFilter(), AUDITOR):
            assert not db.session().in_transaction(), "a slow download holds none open"
            given.append(line.subject)
        assert sorted(given) == list("01234567")
        assert [int(subject) // 2 for subject in given] == [0, 0, 1, 1, 2, 2, 3, 3]

    def test_the_first_line_comes_before_the_rest_is_read(
        self, either_app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit_trail, "CHUNK", 3)
        for n in range(9):
            write(f"{n}", n)
        lines = audit_trail.each(AuditFilter(), AUDITOR)
        with counted_queries() as queries:
            next(lines)
        assert len([query for query in queries if "FROM audit_entries" in query]) == 1
        with counted_queries() as queries:
            list(lines)
        assert len([query for query in queries if "FROM audit_entries" in query]) == 3


class TestIndexes:
    """No filter that people use reads the whole table, nor sorts it."""

    @pytest.fixture
    def plans(self, app: Flask) -> Iterator[list[str]]:
        """The plan of every query on the entries, as SQLite explains it."""
        found: list[str] = []

        def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            if statement.startswith("SELECT audit_entries.id"):
                rows = connection.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                found.append("; ".join(row[-1] for row in rows))

        event.listen(db.engine, "before_cursor_execute", explain)
        yield found
        event.remove(db.engine, "before_cursor_execute", explain)

    @pytest.mark.parametrize(
        ("wanted", "index"),
        [
            ({}, "ix_audit_entries_at"),
            ({"since": NOW, "until": NOW}, "ix_audit_entries_at"),
            ({"person": "u1"}, "ix_audit_entries_user_at"),
            ({"action": "camera.update"}, "ix_audit_entries_action_at"),
            ({"camera_id": "c1"}, "ix_audit_entries_camera_at"),
            ({"camera_id": "c1", "since": NOW, "search": "x"}, "ix_audit_entries_camera_at"),
        ],
    )
    def test_a_filter_is_answered_from_an_index(self, plans: list[str], wanted: dict[str, Any], index: str) -> None:
        audit_trail.find(AuditFilter(**wanted), AUDITOR)
        [plan] = plans
        assert f"USING INDEX {index}" in plan
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
