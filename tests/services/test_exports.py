"""Cameras as a file: what stands in it, what does not, and that it is written while it is read."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from werkzeug.security import generate_password_hash

from tests.views.conftest import counted_queries
from webapp.credentials import Credentials, generate_key
from webapp.extensions import db, settings, transaction
from webapp.models import AuditEntry, Camera, CameraGroup, ImportRow, Status, User, new_id
from webapp.schemas import CameraInput, ExportInput, ImportOptions, InvalidInput, parse
from webapp.services import camera_columns, cameras, exports
from webapp.services.finding import CameraFilter
from webapp.services.imports import checking, drafts
from webapp.services.rights import EVERYTHING, Scope

NOW = datetime.now(UTC).replace(microsecond=0)
EVERY = CameraFilter(EVERYTHING)
JSON = ExportInput(format="json")
FULL: dict[str, Any] = {
    "name": "=Gate, 2",
    "code": "VIE-0412",
    "rtsp_url": "rtsp://10.20.4.14/stream1",
    "sub_rtsp_url": "rtsp://10.20.4.14/stream2",
    "stream": "sub",
    "username": "@admin",
    "location": "-1. Stock",
    "vendor": "Äxis",
    "model": "+P3245",
    "notes": 'first "line"\nsecond; line',
    "tags": ("night", "a,b"),
    "resolution": "1920x1080",
    "fps": 12.5,
    "codec": "h265",
    "is_active": False,
    "enable_detection": True,
    "detection_sensitivity": 0.7,
    "check_interval_seconds": 30,
    "retention_days": 14,
}


def a_camera(name: str = "Gate", password: str | None = None, **fields: Any) -> Camera:
    camera = Camera(**{"id": new_id(), "name": name, "rtsp_url": "rtsp://10.0.0.1/s"} | fields)
    if password:
        camera.password_encrypted = Credentials(settings.CREDENTIAL_KEYS).encrypt(password, camera.id)
    db.session.add(camera)
    db.session.commit()
    return camera


def a_group(name: str, parent: CameraGroup | None = None) -> CameraGroup:
    group = CameraGroup(name=name, parent_id=parent.id if parent else None)
    db.session.add(group)
    db.session.commit()
    return group


def an_admin() -> User:
    hashed = generate_password_hash("correct horse battery", method="scrypt:1024:8:1")
    user = User(email="a@example.com", role="admin", password_hash=hashed)
    db.session.add(user)
    db.session.commit()
    return user


def exported(wanted: CameraFilter = EVERY, **given: Any) -> str:
    return "".join(exports.start(wanted, ExportInput(**given), "", NOW, EVERYTHING))


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def entries() -> list[AuditEntry]:
    return list(db.session.scalars(db.select(AuditEntry)))


def test_of_a_camera_one_may_only_look_at_it_tells_the_address_alone(app: Flask) -> None:
    mine = a_group("Mine")
    a_camera("Mine", group_id=mine.id, rtsp_url="rtsp://10.20.4.1/own?k=K1", username="one")
    streams = {"rtsp_url": "rtsp://10.20.4.2:8554/their?k=K2", "sub_rtsp_url": "rtsp://10.20.4.2/low?k=K3"}
    a_camera("Theirs", username="two", **streams)
    text = "".join(exports.start(EVERY, JSON, "", NOW, Scope(frozenset({mine.id}))))
    told = {row["name"]: (row["rtsp_url"], row["sub_rtsp_url"], row["username"]) for row in json.loads(text)}
    assert told["Mine"] == ("rtsp://10.20.4.1/own?k=K1", None, "one")
    assert told["Theirs"] == ("rtsp://10.20.4.2:8554", "rtsp://10.20.4.2:554", None)


class TestCsv:
    def test_a_camera_comes_back_from_its_line_as_it_is_stored(self, either_app: Flask) -> None:
        gate = a_group("Gate > Dock", a_group("Site A"))
        a_camera(**FULL, group_id=gate.id)
        [row] = rows(exported())
        names = {column.label: column.name for column in camera_columns.COLUMNS}
        read = {names[label]: camera_columns.from_cell(names[label], cell) for label, cell in row.items()}
        assert read.pop("group") == ("Site A", "Gate > Dock")
        assert parse(CameraInput, read).model_dump(include=set(FULL)) == FULL

    def test_what_a_camera_has_not_of_its_own_is_blank(self, either_app: Flask) -> None:
        a_camera()
        [row] = rows(exported())
        said = {label: cell for label, cell in row.items() if cell}
        assert said == {"Name": "Gate", "RTSP URL": "rtsp://10.0.0.1/s", "Checked stream": "main", "Checked": "yes"}

    def test_no_cell_is_a_formula(self, either_app: Flask) -> None:
        a_camera(**FULL)
        [row] = rows(exported())
        assert (row["Name"], row["Location"], row["User name"]) == ("'=Gate, 2", "'-1. Stock", "'@admin")

    @pytest.mark.parametrize(("delimiter", "sign"), [("comma", ","), ("semicolon", ";")])
    def test_cells_are_parted_as_asked(self, either_app: Flask, delimiter: str, sign: str) -> None:
        a_camera("A,B;C")
        assert rows(exported(delimiter=delimiter), sign)[0]["Name"] == "A,B;C"

    def test_the_byte_order_mark_is_there_when_asked_for(self, either_app: Flask) -> None:
        assert exported(byte_order_mark=True) == "\ufeff" + exported()

    def test_without_cameras_it_is_a_line_of_headings(self, either_app: Flask) -> None:
        assert exported().count("\n") == 1

    @hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(texts=st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30), min_size=3, max_size=3))
    def test_any_text_survives_the_way_out_and_in(self, app: Flask, texts: list[str]) -> None:
        name, location, notes = (text.strip() for text in texts)
        with transaction():
            db.session.query(Camera).delete()
        said = {"name": name or "Gate", "location": location or None, "notes": notes or None}
        given = parse(CameraInput, said | {"rtsp_url": "rtsp://10.0.0.1/s"})
        cameras.create(given, NOW, EVERYTHING)
        [row] = rows(exported(delimiter="semicolon"), ";")
        for field in said:
            label = camera_columns.BY_NAME[field].label
            assert camera_columns.from_cell(field, row[label]) == getattr(given, field)


class TestJson:
    def test_a_camera_comes_back_from_its_object_as_it_is_stored(self, either_app: Flask) -> None:
        a_camera(**FULL, group_id=a_group("Gate", a_group("Site A")).id)
        [item] = json.loads(exported(format="json"))
        read = {name: camera_columns.from_json(name, value) for name, value in item.items()}
        assert read.pop("group") == ("Site A", "Gate")
        assert parse(CameraInput, read).model_dump(include=set(FULL)) == FULL

    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_it_is_one_list(self, either_app: Flask, count: int) -> None:
        for n in range(count):
            a_camera(f"{n}")
        assert [item["name"] for item in json.loads(exported(format="json"))] == [f"{n}" for n in range(count)]


class TestWhich:
    def test_those_that_the_filter_shows(self, either_app: Flask) -> None:
        later = NOW + timedelta(minutes=5)
        a_camera("Down", status="offline", next_due_at=later)
        a_camera("Up", status="live", next_due_at=later)
        offline = CameraFilter(EVERYTHING, statuses=(Status.OFFLINE,))
        assert [row["Name"] for row in rows(exported(offline))] == ["Down"]

    def test_those_that_the_reader_sees_beneath_groups_as_the_reader_sees_them(self, either_app: Flask) -> None:
        site = a_group("Site A")
        hall = a_group("Hall", site)
        a_camera("Own", group_id=hall.id)
        a_camera("Foreign", group_id=site.id)
        [row] = rows(exported(CameraFilter(Scope(frozenset({hall.id})))))
        assert (row["Name"], row["Group path"]) == ("Own", "Hall")


class TestPasswords:
    def test_they_are_not_there_unasked(self, either_app: Flask) -> None:
        a_camera(password="hunter2")
        for text in (exported(), exported(format="json")):
            assert "assword" not in text
            assert "hunter2" not in text

    def test_they_are_there_for_who_types_their_own(self, either_app: Flask) -> None:
        a_camera("A", password="=hunter2; ")
        a_camera("B")
        text = "".join(self.start())
        read = [camera_columns.from_cell("password", row["Password"]) for row in rows(text)]
        assert read == ["=hunter2; ", None]
        assert [item["password"] for item in json.loads("".join(self.start(JSON)))] == ["=hunter2; ", None]

    def test_a_wrong_password_exports_nothing_and_is_noted(self, either_app: Flask) -> None:
        a_camera(password="hunter2")
        with pytest.raises(InvalidInput) as caught:
            self.start(password="wrong horse")
        assert set(caught.value.problems) == {"password"}
        assert [entry.action for entry in entries()] == ["camera.export_refused"]

    def test_one_that_cannot_be_read_is_named_before_anything_is_written(self, either_app: Flask) -> None:
        lost = a_camera("Lost")
        lost.password_encrypted = Credentials([generate_key()]).encrypt("x", lost.id)
        db.session.commit()
        with pytest.raises(InvalidInput) as caught:
            self.start()
        assert "“Lost”" in str(caught.value)
        assert "CREDENTIAL_KEYS" in str(caught.value)
        assert entries() == []

    def start(self, given: ExportInput | None = None, password: str = "correct horse battery") -> Iterator[str]:
        user = db.session.query(User).first() or an_admin()
        return exports.start_with_passwords(EVERY, given or ExportInput(), "", NOW, user, password)


class TestAudit:
    def test_every_export_is_noted_with_count_and_filter(self, either_app: Flask) -> None:
        a_camera()
        exports.start(EVERY, JSON, "status=offline&q=gate", NOW, EVERYTHING)
        [entry] = entries()
        assert (entry.action, entry.subject) == ("camera.export", "1 camera")
        told = {name: after for name, (_, after) in entry.changes.items()}
        assert told == {"cameras": 1, "format": "json", "filter": "status=offline&q=gate"}

    def test_one_with_passwords_is_told_apart(self, either_app: Flask) -> None:
        a_camera(password="hunter2")
        exports.start_with_passwords(EVERY, JSON, "", NOW, an_admin(), "correct horse battery")
        [entry] = entries()
        assert entry.action == "camera.export_credentials"
        assert "hunter2" not in str(entry.changes)


class TestRoundTrip:
    """What was exported and is imported again changes nothing."""

    @pytest.mark.parametrize("existing", ["fill", "overwrite"])
    @pytest.mark.parametrize(
        "given",
        [
            ExportInput(),
            ExportInput(delimiter="semicolon", byte_order_mark=True),
            JSON,
        ],
        ids=["csv", "excel", "json"],
    )
    def test_the_dry_run_finds_every_camera_unchanged(
        self, either_app: Flask, given: ExportInput, existing: str
    ) -> None:
        hall = a_group("Hall > 2", a_group("Site A\\B"))
        a_camera(**FULL, group_id=hall.id)
        a_camera(
            "Ümlaut", group_id=hall.id, rtsp_url="rtsp://10.0.0.2/s", tags=("x",), notes="a\nb", password="hunter2"
        )
        a_camera("Bare")
        assert self.dry_run(exports.start(EVERY, given, "", NOW, EVERYTHING), given, existing) == {"unchanged": 3}

    @pytest.mark.parametrize("given", [ExportInput(), JSON], ids=["csv", "json"])
    def test_nor_do_passwords_that_come_along(self, either_app: Flask, given: ExportInput) -> None:
        a_camera("A", password="=hunter2; ")
        a_camera("B", rtsp_url="rtsp://10.0.0.2/s")
        text = exports.start_with_passwords(EVERY, given, "", NOW, an_admin(), "correct horse battery")
        assert self.dry_run(text, given, "overwrite") == {"unchanged": 2}

    def dry_run(self, text: Iterator[str], given: ExportInput, existing: str) -> dict[str, int]:
        data = "".join(text).encode()
        importer = db.session.query(User).first() or an_admin()
        import_ = drafts.create(importer, f"fleet.{given.format}", data, NOW)
        options = {"mapping": import_.options["mapping"], "existing": existing}
        drafts.start_check(import_, parse(ImportOptions, options), EVERYTHING, NOW)
        checking.run(import_.id, lambda: NOW)
        db.session.expire_all()
        return dict(Counter(db.session.scalars(select(ImportRow.action).where(ImportRow.import_id == import_.id))))


class TestStreaming:
    @pytest.fixture(autouse=True)
    def fleet(self, either_app: Flask) -> None:
        rows = [{"id": new_id(), "name": f"Camera {n:04}", "rtsp_url": "rtsp://10.0.0.1/s"} for n in range(1600)]
        with transaction():
            db.session.execute(insert(Camera), rows)

    @pytest.mark.parametrize("format", ["csv", "json"])
    def test_the_first_lines_come_before_the_rest_is_read(self, format: str) -> None:
        text = exports.start(EVERY, ExportInput(format=format), "", NOW, EVERYTHING)
        with counted_queries() as queries:
            first = next(text) + (next(text) if format == "csv" else "")
        assert "Camera 0000" in first
        assert "Camera 1599" not in first
        assert len(self.of_cameras(queries)) == 1
        with counted_queries() as queries:
            rest = "".join(text)
        assert "Camera 1599" in rest
        assert len(self.of_cameras(queries)) == 1

    def test_no_transaction_is_open_while_somebody_downloads(self) -> None:
        for _portion in exports.start(EVERY, ExportInput(), "", NOW, EVERYTHING):
            assert not db.session().in_transaction()

    def test_every_camera_is_there_once_though_others_come_and_go_meanwhile(self) -> None:
        text = exports.start(EVERY, ExportInput(), "", NOW, EVERYTHING)
        head = next(text) + next(text)
        with transaction():
            db.session.query(Camera).where(Camera.name.in_(["Camera 0000", "Camera 0999"])).delete()
            db.session.add(Camera(name="Camera 0000a", rtsp_url="rtsp://10.0.0.1/s"))
        names = [row["Name"] for row in rows(head + "".join(text))]
        assert names == [f"Camera {n:04}" for n in range(1600)]

    def of_cameras(self, queries: list[str]) -> list[str]:
        return [query for query in queries if "FROM cameras" in query]
