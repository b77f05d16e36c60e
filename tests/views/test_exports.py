"""Exporting the cameras of a list through the pages: the filter of the address, the choices, the password."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PASSWORD
from webapp.credentials import Credentials
from webapp.extensions import db, settings
from webapp.models import AuditEntry, Camera, CameraGroup, GroupRole, Role, User

Make = Callable[..., Camera]
SECRET = "hunter2 of the camera"


def names(text: str) -> list[str]:
    return [row["Name"] for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))]


def with_password(camera: Camera) -> Camera:
    camera.password_encrypted = Credentials(settings.CREDENTIAL_KEYS).encrypt(SECRET, camera.id)
    db.session.commit()
    return camera


def actions() -> list[str]:
    found = db.session.scalars(db.select(AuditEntry.action).where(AuditEntry.action.like("camera.export%")))
    return list(found)


class TestFile:
    def test_it_holds_the_cameras_of_the_list_it_was_asked_from(self, admin: FlaskClient, make_live: Make) -> None:
        group = CameraGroup(name="Site A")
        db.session.add(group)
        db.session.commit()
        make_live(name="Gate", tags=("night",))
        make_live(name="Dock", status="offline", outcome="timeout")
        make_live(name="Hall", group_id=group.id)
        for query, found in (
            ("", ["Dock", "Gate", "Hall"]),
            ("?status=offline&sort=name&page=3&size=120&view=table", ["Dock"]),
            ("?q=gat", ["Gate"]),
            ("?tag=night", ["Gate"]),
            (f"?group={group.id}", ["Hall"]),
            (f"?within={group.id}", ["Hall"]),
        ):
            assert names(admin.get(f"/cameras/export{query}").text) == found, query

    def test_its_name_has_the_day_of_the_reader(self, admin: FlaskClient) -> None:
        answer = admin.get("/cameras/export?format=json")
        today = datetime.now(UTC).strftime("%Y-%m-%d")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="camkeeper-cameras-{today}.json"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.mimetype == "application/json"

    def test_csv_for_excel(self, admin: FlaskClient, make_camera: Make) -> None:
        make_camera(name="Tür")
        data = admin.get("/cameras/export?delimiter=semicolon&byte_order_mark=yes").data
        assert data.startswith(b"\xef\xbb\xbfName;Code;")
        assert "Tür;".encode() in data

    @pytest.mark.parametrize("query", ["format=xls", "delimiter=x", "byte_order_mark=perhaps"])
    def test_a_choice_that_is_none_is_refused_with_a_sentence(self, admin: FlaskClient, query: str) -> None:
        answer = admin.get(f"/cameras/export?{query}")
        assert answer.status_code == 422
        assert "This must be" in answer.text
        assert actions() == []

    def test_a_group_that_is_gone_has_no_list(self, admin: FlaskClient) -> None:
        assert admin.get("/cameras/export?within=00000000-0000-0000-0000-000000000000").status_code == 404

    def test_a_scoped_reader_gets_their_own_cameras_alone(
        self, as_role: Callable[[Role], FlaskClient], make_camera: Make
    ) -> None:
        client = as_role(Role.NONE)
        own, foreign = CameraGroup(name="Own"), CameraGroup(name="Foreign")
        db.session.add_all([own, foreign])
        db.session.flush()
        user = db.session.query(User).one()
        db.session.add(GroupRole(user_id=user.id, group_id=own.id, role=Role.VIEWER))
        db.session.commit()
        make_camera(name="Ours", group_id=own.id)
        make_camera(name="Theirs", group_id=foreign.id)
        make_camera(name="Nobody's")
        assert names(client.get("/cameras/export").text) == ["Ours"]
        assert names(client.get(f"/cameras/export?group={foreign.id}").text) == []
        assert client.get(f"/cameras/export?within={foreign.id}").status_code == 404


class TestPasswords:
    def test_nobody_gets_them_from_an_address(self, admin: FlaskClient, make_camera: Make) -> None:
        with_password(make_camera())
        for query in ("", "?credentials=yes", f"?password={PASSWORD}"):
            assert SECRET not in admin.get(f"/cameras/export{query}").text

    def test_an_administrator_gets_them_for_their_own_password(self, admin: FlaskClient, make_camera: Make) -> None:
        with_password(make_camera(name="Gate"))
        make_camera(name="Dock")
        answer = admin.post("/cameras/export?q=gate", data={"password": PASSWORD, "format": "json"})
        assert [(item["name"], item["password"]) for item in json.loads(answer.text)] == [("Gate", SECRET)]
        assert "with-passwords" in answer.headers["Content-Disposition"]
        assert actions() == ["camera.export_credentials"]

    def test_one_download_needs_it_each_time(self, admin: FlaskClient, make_camera: Make) -> None:
        with_password(make_camera())
        assert SECRET in admin.post("/cameras/export", data={"password": PASSWORD}).text
        assert SECRET not in admin.post("/cameras/export").text

    @pytest.mark.parametrize("password", ["", "wrong horse"])
    def test_without_it_there_is_a_sentence_beside_the_field(
        self, admin: FlaskClient, make_camera: Make, password: str
    ) -> None:
        with_password(make_camera())
        answer = admin.post("/cameras/export?q=gate", data={"password": password, "delimiter": "semicolon"})
        assert answer.status_code == 422
        assert "This is not your password. Nothing was exported." in answer.text
        assert 'action="/cameras/export?q=gate"' in answer.text, "the filter is still that of the list"
        assert SECRET not in answer.text
        assert actions() == ["camera.export_refused"]

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
    def test_others_are_neither_asked_nor_answered(
        self, as_role: Callable[[Role], FlaskClient], make_camera: Make, role: Role
    ) -> None:
        client = as_role(role)
        with_password(make_camera())
        assert "With the passwords" not in client.get("/cameras/export/options").text
        assert client.post("/cameras/export", data={"password": PASSWORD}).status_code == 403


class TestGuessing:
    @pytest.fixture
    def overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        return overrides | {"RATELIMIT_ENABLED": True}

    def test_the_own_password_cannot_be_guessed_at_leisure(self, app: Flask, admin: FlaskClient) -> None:
        codes = [admin.post("/cameras/export", data={"password": "wrong"}).status_code for _ in range(6)]
        assert codes == [422] * 5 + [429]
        assert admin.post("/cameras/export", data={"password": PASSWORD}).status_code == 429


class TestOptions:
    def test_it_carries_the_filter_along(self, admin: FlaskClient, make_live: Make) -> None:
        make_live(status="offline", name="Gate 1")
        make_live(name="Gate 2")
        page = admin.get("/cameras/export/options?status=offline&q=gate&page=2").text
        assert "Export 1 camera<" in page
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
        assert {("status", "offline"), ("q", "gate")} <= set(fields)
        assert "page" not in dict(fields)

    def test_the_list_leads_there_with_its_filter(self, admin: FlaskClient, make_live: Make) -> None:
        make_live()
        page = admin.get("/cameras?q=gate").text
        assert 'href="/cameras/export?q=gate&amp;format=csv"' in page
        assert 'href="/cameras/export/options?q=gate"' in page

    def test_so_does_the_page_of_a_group(self, admin: FlaskClient, make_live: Make) -> None:
        group = CameraGroup(name="Site A")
        db.session.add(group)
        db.session.commit()
        make_live(group_id=group.id)
        assert f'href="/cameras/export/options?within={group.id}"' in admin.get(f"/groups/{group.id}").text
