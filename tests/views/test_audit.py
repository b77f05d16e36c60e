"""The audit as auditors see it, and the history of a camera as everybody sees it who sees the camera."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from webapp.extensions import db
from webapp.models import AuditEntry, Camera, CameraGroup, GroupRole, Role, User, new_id

Make = Callable[..., Camera]


def write(subject: str, at: datetime | None = None, **fields: Any) -> AuditEntry:
    usual = {"actor": "Camkeeper", "action": "camera.update", "changes": {}}
    entry = AuditEntry(id=new_id(), at=at or datetime.now(UTC), subject=subject, **(usual | fields))
    db.session.add(entry)
    db.session.commit()
    return entry


def edit(client: FlaskClient, camera: Camera, **changed: str) -> None:
    form = {"name": camera.name, "rtsp_url": camera.rtsp_url} | changed
    assert client.post(f"/cameras/{camera.id}/edit", data=form).status_code == 303


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


class TestAudit:
    def test_an_edit_is_there_with_who_from_where_and_what(self, admin: FlaskClient, make_camera: Make) -> None:
        edit(admin, make_camera(), name="North gate", location="Hall")
        page = admin.get("/audit").text
        for words in ("Camera changed", "127.0.0.1", "@example.com", "Gate 2", "North gate", "Location", "Hall"):
            assert words in page

    def test_a_password_is_said_to_be_set_and_never_shown(self, admin: FlaskClient, make_camera: Make) -> None:
        edit(admin, make_camera(), password="hunter2hunter2")
        assert "hunter2" not in admin.get("/audit").text + admin.get("/audit.csv").text
        assert [row["After"] for row in cells(admin.get("/audit.csv").text) if row["Field"] == "Password"] == ["set"]

    @hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(middle=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=4, max_size=40))
    def test_no_password_typed_into_a_form_is_in_any_entry(
        self, admin: FlaskClient, make_camera: Make, middle: str
    ) -> None:
        password = f"pΩ{middle}Ωq"  # nothing that an entry holds anyway looks like it
        edit(admin, make_camera(), password=password)
        stored = [str(row) for row in db.session.execute(db.text("SELECT * FROM audit_entries"))]
        assert any("password_encrypted" in row for row in stored), "it was noted that there is one"
        for form in (password, repr(password)[1:-1], json.dumps(password)[1:-1]):
            assert not [row for row in stored if form in row]

    def test_the_filter_stands_in_the_address_and_in_the_form(self, admin: FlaskClient) -> None:
        write("Gate", action="camera.delete")
        write("Hall", action="group.create")
        page = admin.get("/audit?action=group.create&q=hall").text
        assert "Hall" in page
        assert ">Gate<" not in page
        assert '<option value="group.create" selected>Group added</option>' in page
        assert 'value="hall"' in page
        assert "/audit.csv?action=group.create&amp;q=hall" in page

    def test_a_filter_that_finds_nothing_is_still_shown_as_chosen(self, admin: FlaskClient) -> None:
        page = admin.get("/audit?action=camera.delete").text
        assert '<option value="camera.delete" selected>Camera deleted</option>' in page
        assert "No entry matches" in page

    def test_days_are_those_of_the_reader(self, admin: FlaskClient) -> None:
        db.session.query(User).update({"time_zone": "Europe/Vienna"})
        write("Last night", datetime(2026, 11, 21, 23, 30, tzinfo=UTC))  # half past midnight in Vienna
        assert "Last night" in admin.get("/audit?since=2026-11-22&until=2026-11-22").text
        assert "Last night" not in admin.get("/audit?until=2026-11-21").text
        assert "2026-11-22 00:30" in admin.get("/audit").text

    @pytest.mark.parametrize("day", ["tomorrow", "2026-13-40", "0001-01-01", "2026-11-22T06:00", "9999-12-31"])
    def test_a_day_that_is_none_is_refused_and_nothing_else_shown(self, admin: FlaskClient, day: str) -> None:
        write("Gate")
        answer = admin.get(f"/audit?since={day}")
        assert answer.status_code == 422
        assert "is no day. Write it like 2026-11-22." in answer.text
        assert ">Gate<" not in answer.text
        assert admin.get(f"/audit.csv?since={day}").status_code == 400

    @pytest.mark.parametrize(
        "query", ["q=%00", "person=%00", "action=%00", "camera=%00", "q=%25_%5C'\"", "q=" + "x" * 5000]
    )
    def test_hostile_texts_find_nothing(self, admin: FlaskClient, query: str) -> None:
        assert admin.get(f"/audit?{query}").status_code == 200

    @pytest.mark.parametrize("place", ["x", "%00", "0" * 36])
    def test_a_page_after_no_entry_is_not_there(self, admin: FlaskClient, place: str) -> None:
        assert admin.get(f"/audit?before={place}").status_code == 404
        assert admin.get(f"/audit?after={new_id()}").status_code == 404

    def test_entries_of_a_deleted_camera_stay_findable(self, admin: FlaskClient, make_camera: Make) -> None:
        camera = make_camera(name="Old dock")
        edit(admin, camera, name="Old dock 2")
        assert admin.post(f"/cameras/{camera.id}/delete").status_code == 303
        page = admin.get(f"/audit?camera={camera.id}").text
        assert "Camera deleted" in page
        assert "Camera changed" in page
        assert f'href="/cameras/{camera.id}"' not in page

    def test_older_entries_are_a_page_further(self, admin: FlaskClient) -> None:
        for n in range(55):
            write(f"entry-{n:02}", datetime(2026, 11, 22, 6, n, tzinfo=UTC))
        first = admin.get("/audit?q=entry").text
        assert "entry-54" in first
        assert "entry-04" not in first
        older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        second = admin.get(older).text
        assert "entry-04" in second
        assert "entry-54" not in second


class TestCsv:
    def test_it_has_the_filter_of_the_page_and_a_line_for_each_field(self, admin: FlaskClient) -> None:
        write("Gate", changes={"location": [None, "Küche"], "group_id": ["Site A", None]})
        write("Hall", action="group.create")
        answer = admin.get("/audit.csv?action=camera")
        assert answer.mimetype == "text/csv"
        assert "camkeeper-audit-" in answer.headers["Content-Disposition"]
        told = [(row["On"], row["Field"], row["Before"], row["After"]) for row in cells(answer.text)]
        assert told == [("Gate", "Location", "–", "Küche"), ("Gate", "Group", "Site A", "–")]

    def test_no_cell_is_a_formula(self, admin: FlaskClient) -> None:
        write("=HYPERLINK(1)", changes={"name": ["+1", "@x"], "location": ["-1", "\t=1"]})
        name, location = cells(admin.get("/audit.csv?q=HYPERLINK").text)
        assert (name["On"], name["Before"], name["After"]) == ("'=HYPERLINK(1)", "'+1", "'@x")
        assert (location["Before"], location["After"]) == ("'-1", "'\t=1")


class TestHistoryOfACamera:
    def test_it_stands_on_the_page_of_the_camera(
        self, as_role: Callable[[Role], FlaskClient], make_camera: Make
    ) -> None:
        client, camera = as_role(Role.OPERATOR), make_camera()
        for n in range(7):
            edit(client, camera, name=f"Gate {n}", version=str(camera.version + n))
        page = client.get(f"/cameras/{camera.id}").text
        assert "Gate 6" in page.split('aria-label="History"')[1]
        assert f'href="/cameras/{camera.id}/history"' in page
        assert client.get(f"/cameras/{camera.id}/history").text.count("Camera changed") == 7

    def test_a_viewer_sees_who_by_name_and_no_path_of_a_url(
        self, as_role: Callable[[Role], FlaskClient], make_camera: Make, make_user: Callable[..., User]
    ) -> None:
        camera, user = make_camera(), make_user(Role.OPERATOR, "s.moser@example.com", name="S. Moser")
        told = {"user_id": user.id, "actor": user.email, "address": "10.9.9.9", "camera_id": camera.id}
        write("Gate", changes={"rtsp_url": ["rtsp://10.0.0.1/secret-path", "rtsp://10.0.0.2/secret-path"]}, **told)
        page = as_role(Role.VIEWER).get(f"/cameras/{camera.id}/history").text
        assert "S. Moser" in page
        assert "10.0.0.2:554" in page
        for words in ("s.moser@", "10.9.9.9", "secret-path"):
            assert words not in page

    def test_of_a_foreign_camera_there_is_none(self, as_role: Callable[[Role], FlaskClient], make_camera: Make) -> None:
        client = as_role(Role.NONE)
        own, foreign = CameraGroup(name="Own"), CameraGroup(name="Foreign")
        db.session.add_all([own, foreign])
        db.session.flush()
        user = db.session.query(User).one()
        db.session.add(GroupRole(user_id=user.id, group_id=own.id, role=Role.VIEWER))
        db.session.commit()
        assert client.get(f"/cameras/{make_camera(group_id=own.id).id}/history").status_code == 200
        assert client.get(f"/cameras/{make_camera(group_id=foreign.id).id}/history").status_code == 404
        assert client.get(f"/cameras/{new_id()}/history").status_code == 404
