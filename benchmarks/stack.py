"""The real thing for a measurement: database, Redis, worker processes, and a fleet of simulated cameras in it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, insert, select, update

from tests.servers import postgres_server, redis_server
from webapp import create_app
from webapp.extensions import db
from webapp.models import Camera, CameraHealth, new_id


@dataclass
class Stack:
    app: Flask
    environ: dict[str, str]
    processes: dict[str, list[subprocess.Popen[bytes]]] = field(default_factory=dict)

    def start(self, *arguments: str) -> None:
        """Start `python -m <arguments>` beside us; it ends with the stack."""
        process = subprocess.Popen([sys.executable, "-m", *arguments], env=self.environ, stderr=subprocess.DEVNULL)
        self.processes.setdefault(arguments[-1], []).append(process)

    def stop(self) -> None:
        everything = list(chain.from_iterable(self.processes.values()))
        for process in everything:
            process.terminate()
        for process in everything:
            process.wait(60)


@contextmanager
def stack(database: str = "sqlite", **settings: str) -> Iterator[Stack]:
    """A migrated, empty Camkeeper on 'sqlite' or 'postgresql'; settings as in the environment."""
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        environ = os.environ | settings | _own_settings(folder)
        environ["REDIS_URL"] = cleanup.enter_context(redis_server())
        if database == "postgresql":
            environ["DATABASE_URL"] = cleanup.enter_context(postgres_server())
        os.environ.update(environ)
        found = Stack(create_app({"WTF_CSRF_ENABLED": False, "RATELIMIT_ENABLED": False}), environ)
        cleanup.callback(found.stop)
        with found.app.app_context():
            upgrade()
            yield found
            db.session.remove()
            db.engine.dispose()


def _own_settings(folder: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(folder),
        "SECRET_KEY": "benchmark " * 4,
        "CREDENTIAL_KEYS": Fernet.generate_key().decode(),
        "CAMERA_ALLOWED_NETWORKS": "127.0.0.0/8",
        "DATABASE_URL": "",
    }


def add_cameras(urls: Sequence[str]) -> list[str]:
    """Cameras at these addresses, all due at once; their ids in the order of the addresses."""
    now = datetime.now(UTC)
    rows = [{"id": new_id(), "name": f"Camera {n}", "rtsp_url": url} for n, url in enumerate(urls)]
    db.session.execute(insert(Camera), [row | {"next_due_at": now, "status_since": now} for row in rows])
    db.session.commit()
    return [row["id"] for row in rows]


def make_due() -> None:
    db.session.execute(update(Camera).values(next_due_at=datetime.now(UTC)))
    db.session.commit()


def checked(ids: Sequence[str], since: datetime) -> int:
    """How many of these cameras have a result that is written and newer than `since`."""
    found = select(func.count(func.distinct(CameraHealth.camera_id)))
    found = found.where(CameraHealth.camera_id.in_(ids), CameraHealth.last_check >= since)
    number = db.session.scalar(found) or 0
    db.session.commit()
    return number


def wait_until(done: Callable[[], bool], patience_s: float) -> float:
    """Seconds until `done`; SystemExit when it does not come true in time."""
    started = time.monotonic()
    while not done():
        if time.monotonic() - started > patience_s:
            raise SystemExit("a measurement did not come to its end in time")
        time.sleep(0.05)
    return time.monotonic() - started
