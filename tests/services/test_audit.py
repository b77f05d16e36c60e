"""What an entry says, what it never says, and that nobody gets to change one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from tests.views.conftest import counted_queries
from webapp.extensions import db, transaction
from webapp.models import AuditEntry, Camera, CameraGroup, User
from webapp.schemas import CameraInput, InvalidInput, parse
from webapp.services import audit, cameras
from webapp.services.rights import EVERYTHING

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def an_entry() -> AuditEntry:
    with transaction():
        audit.record("group.create", "Gate", after={"name": "Gate"})
    return the_entry()


def the_entry() -> AuditEntry:
    found: AuditEntry = db.session.scalars(db.select(AuditEntry)).one()
    return found


def a_group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    group = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(group)
    db.session.flush()
    return group


class TestAppendOnly:
    @pytest.mark.parametrize("statement", ["UPDATE audit_entries SET actor = 'nobody'", "DELETE FROM audit_entries"])
    def test_the_database_refuses_to_change_or_delete_an_entry(self, either_app: Flask, statement: str) -> None:
        self.refuses(statement)

    def test_nor_may_the_table_be_emptied_at_a_stroke(self, postgres_app: Flask) -> None:
        self.refuses("TRUNCATE audit_entries")

    def refuses(self, statement: str) -> None:
        entry = an_entry()
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text(statement))
        db.session.rollback()
        stored = db.session.get_one(AuditEntry, entry.id, populate_existing=True)
        assert stored.actor == "Camkeeper"

    def test_an_entry_is_not_written_when_the_act_fails(self, either_app: Flask) -> None:
        with pytest.raises(InvalidInput):
            self.act_and_fail()
        assert db.session.query(AuditEntry).count() == 0

    def act_and_fail(self) -> None:
        with transaction():
            audit.record("group.create", "Gate")
            raise InvalidInput({"name": ["No."]})


class TestWho:
    def test_a_job_acts_for_the_person_who_started_it(self, app: Flask) -> None:
        user = User(id="u1", email="a.ruiz@example.com", password_hash="")
        with audit.acting_as(user):
            entry = audit.entry("import.apply", "fleet.csv")
        assert (entry["user_id"], entry["actor"]) == ("u1", "a.ruiz@example.com")
        assert audit.entry("import.apply", "fleet.csv")["actor"] == "Camkeeper"

    def test_signing_in_is_from_where_the_request_comes(self, app: Flask) -> None:
        audit.acts_are_of(lambda: audit.actor_of(None, "10.0.0.7"))
        try:
            with audit.acting_as(User(id="u1", email="a@example.com", password_hash="")):
                assert audit.entry("user.sign_in", "a@example.com")["address"] == "10.0.0.7"
        finally:
            audit.acts_are_of(audit.Actor)

    def test_an_address_that_a_proxy_made_up_does_not_break_the_act(self, either_app: Flask) -> None:
        audit.acts_are_of(lambda: audit.actor_of(None, "x" * 500))
        try:
            assert an_entry().address == "x" * 45
        finally:
            audit.acts_are_of(audit.Actor)


class TestChanges:
    def test_only_what_differs_is_kept(self, app: Flask) -> None:
        assert audit.changes({"name": "Gate", "fps": 15.0}, {"name": "Gate", "fps": 25.0}) == {"fps": [15.0, 25.0]}

    def test_a_group_is_told_by_its_path_as_it_is_now(self, either_app: Flask) -> None:
        site = a_group("Site A")
        gate = a_group("Gate", site)
        with transaction():
            audit.record("camera.move", "Cam 1", {"group_id": None}, {"group_id": gate.id})
        with transaction():
            site.name = "Site B"
        assert the_entry().changes == {"group_id": [None, "Site A › Gate"]}

    def test_a_group_that_the_same_act_made_has_a_path(self, either_app: Flask) -> None:
        first = a_group("Site A")
        with transaction():
            audit.changes({}, {"group_id": first.id})
            second = a_group("Gate", first)
            assert audit.changes({}, {"group_id": second.id}) == {"group_id": [None, "Site A › Gate"]}

    def test_the_next_act_knows_the_new_name_of_a_group(self, either_app: Flask) -> None:
        site = a_group("Site A")
        with transaction():
            audit.changes({}, {"group_id": site.id})
            site.name = "Site B"
        with transaction():
            assert audit.changes({}, {"group_id": site.id}) == {"group_id": [None, "Site B"]}

    def test_a_thousand_entries_read_the_groups_once(self, either_app: Flask) -> None:
        groups = [a_group(f"Hall {n}") for n in range(10)]
        with transaction(), counted_queries() as queries:
            for n in range(1000):
                audit.entry("camera.move", "Cam", {"group_id": None}, {"group_id": groups[n % 10].id})
                audit.entry("camera.move", "Cam", {"group_id": "gone"}, {"group_id": None})
        assert len(queries) == 2, "the groups, and once more because one was not among them"

    @pytest.mark.parametrize(
        ("value", "kept"),
        [
            (("night", "ptz"), "night, ptz"),
            ((), ""),
            (True, True),
            (None, None),
            (0.7, 0.7),
            (datetime(2026, 11, 22, 6, 0, tzinfo=UTC), "2026-11-22T06:00:00+00:00"),
            ({"role": "viewer", "password": "hunter2"}, "role: viewer, password: ***"),
            ("x" * 501, "x" * 499 + "…"),
            ("a\0b", "ab"),
        ],
    )
    def test_a_value_is_kept_as_it_can_be_read(self, app: Flask, value: Any, kept: Any) -> None:
        assert audit.changes({"it": "before"}, {"it": value}) == {"it": ["before", kept]}


class TestSecrets:
    @pytest.mark.parametrize(
        "field", ["password", "password_encrypted", "password_hash", "token", "token_hash", "secret", "api_key"]
    )
    def test_of_a_secret_an_entry_says_only_that_there_is_one(self, app: Flask, field: str) -> None:
        assert audit.changes({field: None}, {field: "hunter2"}) == {field: [None, audit.HIDDEN]}
        assert audit.changes({field: "hunter1"}, {field: "hunter2"}) == {field: [audit.HIDDEN, audit.HIDDEN]}

    @hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(password=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=4, max_size=60))
    def test_no_password_of_a_camera_is_in_any_entry(self, app: Flask, password: str) -> None:
        """The first and last letters keep a word that an entry holds anyway from being taken for the password."""
        password = f"pΩ{password}Ωq"
        self.create_change_delete(password)
        stored = "\n".join(db.session.scalars(text("SELECT subject || changes || actor FROM audit_entries")))
        assert password not in stored
        assert repr(password)[1:-1] not in stored
        assert password.encode("unicode_escape").decode() not in stored

    def create_change_delete(self, password: str) -> None:
        good = {"name": "Gate 2", "rtsp_url": "rtsp://10.20.4.14/s", "username": "admin"}
        camera = cameras.create(parse(CameraInput, good | {"password": password}), NOW, EVERYTHING)
        for changed in ({"password": password + "2"}, {"name": "Gate 3"}, {"clear_password": True}):
            camera = cameras.update(camera, parse(CameraInput, good | changed), NOW, EVERYTHING)
        cameras.delete(camera, NOW, EVERYTHING)

    def test_nor_is_the_login_of_a_url(self, app: Flask) -> None:
        urls = ("rtsp://admin:hunter2@10.0.0.1/s", "rtsp://10.0.0.1/user=admin&password=hunter2")
        for url in urls:
            assert "hunter2" not in str(audit.changes({}, {"rtsp_url": url, "notes": f"see {url}"}))


def test_many_entries_can_be_inserted_at_once(either_app: Flask) -> None:
    camera = Camera(name="Gate", rtsp_url="rtsp://10.0.0.1/s")
    db.session.add(camera)
    db.session.commit()
    rows = [audit.entry("camera.tag", camera, {"tags": ()}, {"tags": (str(n),)}, NOW) for n in range(3)]
    with transaction():
        db.session.execute(insert(AuditEntry), rows)
    found = list(db.session.scalars(db.select(AuditEntry)))
    assert sorted(entry.changes["tags"][1] for entry in found) == ["0", "1", "2"]
    assert {(entry.camera_id, entry.at, entry.subject) for entry in found} == {(camera.id, NOW, "Gate")}
