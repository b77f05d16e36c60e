"""The example of docs/api.md is run as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Role, User, utc_now
from webapp.schemas import TokenInput
from webapp.services import tokens

DOCS = Path(__file__).parents[2] / "docs" / "api.md"
DOORS = """Number,Site,Building,Door,URL
D-1,Linz,Hall 1,Gate,rtsp://10.0.0.1/stream1
D-2,Linz,Hall 1,Dock,rtsp://10.0.0.2/stream1
D-3,Wels,Büro,Lobby,nonsense
"""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def synchronise(address: str, make_user: Callable[..., User], tmp_path: Path) -> Callable[[str], list[str]]:
    """Run the script over the doors; what it prints."""
    given = TokenInput(name="Doors", scopes=("cameras:read", "cameras:write"))
    _, token = tokens.create(make_user(Role.OPERATOR), given, utc_now())
    section = DOCS.read_text().partition("## Doors of an HR system")[2]
    script = re.search(r"```python\n(.+?)```", section, re.DOTALL)[1]  # type: ignore[index]
    script = script.replace("http://localhost:8000", address).replace("ck_…", token)

    def run(doors: str) -> list[str]:
        (tmp_path / "doors.csv").write_text(doors, encoding="utf-8-sig")
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_the_doors_of_an_hr_system_are_synchronised(app: Flask, synchronise: Callable[[str], list[str]]) -> None:
    first, problem = synchronise(DOORS)
    assert first == "done 2 made, 0 changed, 1 refused"
    assert problem.startswith("line 4: ")
    assert {group.name for group in db.session.query(CameraGroup)} >= {"Linz", "Hall 1"}
    again, _ = synchronise(DOORS.replace("10.0.0.2", "10.0.0.3"))
    assert again == "done 0 made, 1 changed, 1 refused"
    db.session.rollback()  # ends the view of the database that began before
    assert {camera.rtsp_url for camera in db.session.query(Camera)} == {
        "rtsp://10.0.0.1/stream1",
        "rtsp://10.0.0.3/stream1",
    }
