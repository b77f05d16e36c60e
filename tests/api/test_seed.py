"""What the project was promised to be: the curl examples of its seed by the real curl against a real server, every row
of its table of endpoints and of its table of permissions.
"""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

import jobs
from simulator.running import RunningFarm, running_farm
from tests.conftest import PASSWORD
from webapp.api.identity import OPEN
from webapp.api.operations import OPERATIONS
from webapp.extensions import db
from webapp.models import Camera, Role, User, utc_now
from webapp.services import sweep
from webapp.services.grid import PROBLEMS

ENDPOINTS = {
    ("GET", "/cameras/groups"): "List all groups",
    ("POST", "/cameras/groups"): "Create group",
    ("PUT", "/cameras/groups/{id}"): "Update group",
    ("DELETE", "/cameras/groups/{id}"): "Delete group",
    ("GET", "/cameras"): "List cameras (paginated, filtered)",
    ("POST", "/cameras"): "Create camera",
    ("GET", "/cameras/{id}"): "Get camera",
    ("PUT", "/cameras/{id}"): "Update camera",
    ("DELETE", "/cameras/{id}"): "Delete camera",
    ("PATCH", "/cameras/{id}/state"): "Update camera state",
    ("POST", "/cameras/{id}/test-connection"): "Test camera connection",
    ("POST", "/cameras/{id}/snapshot"): "Capture snapshot",
    ("GET", "/cameras/summary"): "System summary",
    ("POST", "/cameras/import"): "Import cameras (CSV/JSON)",
    ("GET", "/cameras/export"): "Export cameras (CSV/JSON)",
}
PERMISSIONS = {
    ("GET", "/cameras"): "cameras:read",
    ("POST", "/cameras"): "cameras:write",
    ("PUT", "/cameras/{id}"): "cameras:write",
    ("DELETE", "/cameras/{id}"): "cameras:write",
    ("POST", "/cameras/{id}/test-connection"): "cameras:read",
    ("POST", "/cameras/{id}/snapshot"): "cameras:read",
    ("GET", "/cameras/export"): "cameras:read",
    ("POST", "/cameras/import"): "cameras:write",
}
ROLES = {Role.ADMIN: {"*"}, Role.OPERATOR: {"cameras:read", "cameras:write"}, Role.VIEWER: {"cameras:read"}}
LOGIN_OF_THE_FARM = "see no evil"
LOGIN = """curl -X POST http://localhost:8000/api/v1/auth/login \\
  -H "Content-Type: application/json" \\
  -d '{"username":"admin@example.com","password":"admin123"}'"""
LOBBY = """curl -X POST http://localhost:8000/api/v1/cameras \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "Lobby Camera",
    "rtsp_url": "rtsp://192.168.1.50:554/stream"
  }'"""
FRONT_DOOR = """curl -X POST http://localhost:8000/api/v1/cameras \\
  -H "Authorization: Bearer <token>" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "Front Door",
    "rtsp_url": "rtsp://192.168.1.100:8554/stream",
    "is_active": true
  }'"""
WHOLE = {
    "name": "Front Door",
    "rtsp_url": "rtsp://192.168.1.100:8554/stream",
    "username": "admin",
    "password": "password123",
    "resolution": "1920x1080",
    "fps": 30,
    "codec": "h264",
    "location": "Main Entrance",
    "is_active": True,
    "enable_detection": True,
    "detection_sensitivity": 0.7,
}
LIST = """curl -X GET "http://localhost:8000/api/v1/cameras?page=1&page_size=10" \\
  -H "Authorization: Bearer $TOKEN\""""
FIRST_PAGE = """curl -X GET "http://localhost:8000/api/v1/cameras?page=1" \\
  -H "Authorization: Bearer <token>\""""
TEST = """curl -X POST http://localhost:8000/api/v1/cameras/{camera_id}/test-connection \\
  -H "Authorization: Bearer <token>" \\
  -H "Content-Type: application/json" \\
  -d '{"timeout_seconds": 10}'"""


@pytest.fixture(scope="module")
def farm() -> Iterator[RunningFarm]:
    with running_farm() as running:
        yield running


@pytest.fixture
def worker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Checks what somebody asks for beside the request, as the worker does."""
    running: list[threading.Thread] = []

    def check(camera_id: str) -> None:
        def work() -> None:
            with app.app_context():
                sweep.check_one(camera_id, utc_now())

        running.append(threading.Thread(target=work))
        running[-1].start()

    monkeypatch.setattr(jobs, "check_now", check)
    monkeypatch.setattr(jobs, "take_snapshot", lambda camera_id, _user_id: check(camera_id))
    yield
    for thread in running:
        thread.join(30)


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Shell:
    """Runs an example as it stands, but for the host and the credentials."""

    host: str
    user: User
    token: str = field(default="", repr=False)

    def run(self, example: str, camera_id: str = "") -> Any:
        found = subprocess.run(
            ["sh", "-c", self.written(example, camera_id)], capture_output=True, check=True, timeout=30
        )
        return json.loads(found.stdout)

    def written(self, example: str, camera_id: str) -> str:
        replaced = {
            "localhost:8000": self.host,
            "admin@example.com": self.user.email,
            "admin123": PASSWORD,
            "<token>": self.token,
            "$TOKEN": self.token,
            "{camera_id}": camera_id,
            "curl ": "curl -sS ",
        }
        for said, meant in replaced.items():
            example = example.replace(said, meant)
        return example

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The examples that the seed writes as bare requests."""
        sent = f" -H 'Content-Type: application/json' -d '{json.dumps(body)}'" if body is not None else ""
        return self.run(f"curl -X {method} 'http://localhost:8000{path}' -H 'Authorization: Bearer <token>'{sent}")


@pytest.fixture
def shell(site: str, worker: None, make_user: Callable[..., User]) -> Shell:
    found = Shell(site, make_user(Role.ADMIN))
    found.token = found.run(LOGIN)["data"]["accessToken"]
    return found


def test_the_curl_examples_run(shell: Shell) -> None:
    assert shell.run(LOBBY)["data"]["rtsp_url"] == "rtsp://192.168.1.50/stream", "554 is understood"
    assert shell.run(FRONT_DOOR)["data"]["is_active"] is True
    assert shell.run(LIST)["meta"] == {"page": 1, "pageSize": 10, "total": 2, "totalPages": 1}
    assert [camera["name"] for camera in shell.run(FIRST_PAGE)["data"]] == ["Front Door", "Lobby Camera"]


def test_the_list_looks_as_it_was_shown(shell: Shell) -> None:
    group = shell.ask("POST", "/api/v1/cameras/groups", {"name": "Site", "location": "Main Street"})["data"]
    made = shell.ask("POST", "/api/v1/cameras", WHOLE | {"group_id": group["id"]})["data"]
    told = shell.ask("GET", "/api/v1/cameras?page=1&page_size=20&active_only=true")
    assert told["success"] is True
    assert told["meta"] == {"page": 1, "pageSize": 20, "total": 1, "totalPages": 1}
    camera = told["data"][0]
    shown = {"id", "name", "rtsp_url", "status", "is_active", "enable_detection", "createdAt", "updatedAt"}
    assert shown <= set(camera)
    known = {name: value for name, value in WHOLE.items() if name != "password"}
    assert {name: camera[name] for name in known} == known
    assert "password123" not in json.dumps([made, told])


def test_a_connection_is_tested_and_a_snapshot_taken(shell: Shell, farm: RunningFarm) -> None:
    url = farm.url("/sim/none/door-h264-360p-gop1-mid-digest/1")
    camera = {"name": "Front Door", "rtsp_url": url, "username": "viewer", "password": LOGIN_OF_THE_FARM}
    camera_id = shell.ask("POST", "/api/v1/cameras", camera)["data"]["id"]
    found = shell.run(TEST, camera_id)["data"]
    assert found["success"] is True, found
    assert found["camera_id"] == camera_id
    assert found["message"] == "Successfully connected to Front Door"
    assert isinstance(found["latency_ms"], int)
    assert found["resolution"] == "640x360"
    asked = {"timeout_seconds": 10, "save_thumbnail": True}
    taken = shell.ask("POST", f"/api/v1/cameras/{camera_id}/snapshot", asked)["data"]
    assert taken["picture_url"] == f"/api/v1/cameras/{camera_id}/picture"
    picture = f"curl 'http://localhost:8000{taken['picture_url']}' -H 'Authorization: Bearer <token>'"
    command = shell.written(picture, camera_id)
    assert subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout[:2] == b"\xff\xd8"


def test_cameras_come_from_a_file_and_leave_as_one(shell: Shell) -> None:
    group = shell.ask("POST", "/api/v1/cameras/groups", {"name": "Site"})["data"]["id"]
    rows = "name,rtsp_url,password\nA,rtsp://10.0.0.1:554/a,hush\nB,rtsp://10.0.0.2:554/b,\nC,nonsense,\n"
    body = {"format": "csv", "data": base64.b64encode(rows.encode()).decode(), "group_id": group}
    body |= {"skip_duplicates": True}
    first = shell.ask("POST", "/api/v1/cameras/import", body)["data"]
    assert (first["state"], first["created"], first["failed"]) == ("done", 2, 1), first
    assert [(found["line"], found["field"]) for found in first["problems"]] == [(4, "rtsp_url")]
    again = shell.ask("POST", "/api/v1/cameras/import", body)["data"]
    assert (again["created"], again["updated"]) == (0, 0), again
    path = f"/api/v1/cameras/export?format=%s&group_id={group}&include_credentials=false"
    told = shell.ask("GET", path % "json")
    assert [camera["name"] for camera in told] == ["A", "B"]
    assert "hush" not in json.dumps(told)
    text = subprocess.run(
        ["curl", "-sS", f"http://{shell.host}{path % 'csv'}", "-H", f"Authorization: Bearer {shell.token}"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert "rtsp://10.0.0.1/a" in text
    assert "hush" not in text


@pytest.mark.parametrize(("method", "path"), ENDPOINTS, ids=" ".join)
def test_the_table_of_endpoints(app: Flask, method: str, path: str) -> None:
    assert (method, path) in {(found.method, _as_told(found.path)) for found in OPERATIONS}


@pytest.mark.parametrize(("method", "path"), PERMISSIONS, ids=" ".join)
def test_the_table_of_permissions(app: Flask, method: str, path: str) -> None:
    needed = {(found.method, _as_told(found.path)): found.needs for found in OPERATIONS}
    assert needed[method, path] == PERMISSIONS[method, path]


@pytest.mark.parametrize("role", ROLES)
def test_the_default_roles(role: Role) -> None:
    every = set(PERMISSIONS.values())
    granted = every if "*" in ROLES[role] else ROLES[role]
    assert {permission for permission in every if User(role=role).may(permission)} == granted


def test_only_signing_in_needs_no_token() -> None:
    assert [found.path for found in OPERATIONS if found.needs == OPEN] == ["/auth/login"]


def test_the_summary_counts(shell: Shell, make_camera: Callable[..., Camera]) -> None:
    make_camera(status=PROBLEMS[0], is_active=True)
    db.session.commit()
    told = shell.ask("GET", "/api/v1/cameras/summary")["data"]
    assert (told["total"], told["active"], told["groups"]) == (1, 1, 0)
    assert sum(told["by_status"].values()) == 1


def _as_told(path: str) -> str:
    for argument in ("<uuid:camera_id>", "<uuid:group_id>"):
        path = path.replace(argument, "{id}")
    return path
