"""Files of cameras over the API: at once where they are short, else followed; tried first, then stored, then undone."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

import jobs.imports
from tests.api.conftest import Api
from webapp.api import camera_files, imports
from webapp.models import Role


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ROWS = packed("name,rtsp_url\nA,rtsp://10.0.0.1/a\nB,nonsense\n")
AS_JSON = packed('[{"name": "A", "rtsp_url": "rtsp://10.0.0.1/a", "group": "Site > Gate"}]')


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What a worker was asked for."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(camera_files, "AT_ONCE", 0)
    monkeypatch.setattr(camera_files, "work_on_import", lambda *asked: found.append(asked))
    monkeypatch.setattr(imports.jobs, "work_on_import", lambda *asked: found.append(asked))
    return found


def test_a_long_file_is_followed(admin: Api, started: list[tuple[str, str]]) -> None:
    answer = admin.post("/cameras/import", {"data": ROWS})
    assert answer.status_code == 202
    path = answer.headers["Location"].removeprefix("/api/v1")
    assert admin.data("GET", path)["is_busy"] is True
    [(import_id, act)] = started
    getattr(jobs.imports, act)(import_id)
    told = admin.data("GET", path)
    assert (told["state"], told["created"], told["failed"]) == ("done", 1, 1)


def test_a_dry_run_stores_nothing_until_it_is_applied_and_can_be_undone(
    admin: Api, started: list[tuple[str, str]]
) -> None:
    path = f"/imports/{admin.data('POST', '/imports', {'data': ROWS})['id']}"
    jobs.imports.check(started[-1][0])
    assert admin.data("GET", path)["state"] == "checked"
    assert admin.data("GET", "/cameras") == []
    [row] = admin.data("GET", f"{path}/rows?kind=create")
    assert (row["name"], row["action"]) == ("A", "create")
    assert admin.data("GET", f"{path}/rows")[0]["problems"][0]["field"] == "rtsp_url"
    assert admin.post(f"{path}/apply", {"is_all_or_nothing": True}).status_code == 422
    admin.data("POST", f"{path}/apply", {})
    jobs.imports.apply(started[-1][0])
    assert [camera["name"] for camera in admin.data("GET", "/cameras")] == ["A"]
    assert admin.post(f"{path}/apply", {}).status_code == 409
    admin.data("POST", f"{path}/undo", {})
    jobs.imports.undo(started[-1][0])
    assert admin.data("GET", "/cameras") == []
    assert [line["state"] for line in admin.data("GET", "/imports")] == ["undone"]


def test_json_comes_in_too_and_makes_its_groups(admin: Api) -> None:
    told = admin.data("POST", "/cameras/import", {"format": "json", "data": AS_JSON})
    assert told["created"] == 1
    assert [group["path"] for group in admin.data("GET", "/cameras/groups")] == [["Site"], ["Site", "Gate"]]


def test_what_is_there_is_skipped_or_filled(admin: Api) -> None:
    admin.data("POST", "/cameras/import", {"data": ROWS})
    again = packed("name,rtsp_url,location\nA,rtsp://10.0.0.1/a,Left\n")
    assert admin.data("POST", "/cameras/import", {"data": again})["updated"] == 0
    assert admin.data("POST", "/cameras/import", {"data": again, "skip_duplicates": False})["updated"] == 1
    assert admin.data("GET", "/cameras")[0]["location"] == "Left"


def test_passwords_leave_only_with_ones_own(admin: Api) -> None:
    admin.data("POST", "/cameras/import", {"data": packed("name,rtsp_url,password\nA,rtsp://10.0.0.1/a,hush\n")})
    assert admin.get("/cameras/export?include_credentials=true").status_code == 400
    asked = {"include_credentials": True, "password": "wrong"}
    assert admin.post("/cameras/export", asked).status_code == 422
    answer = admin.post("/cameras/export", asked | {"password": "correct horse battery"})
    assert answer.status_code == 200
    assert "hush" in answer.text
    assert "hush" not in admin.get("/cameras/export").text


def test_an_operator_may_not_ask_for_passwords(as_: Callable[..., Api]) -> None:
    operator = as_(Role.OPERATOR)
    assert operator.get("/cameras/export?include_credentials=true").status_code == 403
    assert operator.post("/cameras/export", {"include_credentials": True, "password": "x"}).status_code == 403
