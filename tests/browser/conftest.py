"""A real Chromium in front of a real server, real cameras and a real worker. Every page is watched: no console error,
no breach of the content security policy, no request to anywhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)
from werkzeug.serving import make_server

from simulator.running import RunningFarm, running_farm
from tests.conftest import PASSWORD
from webapp.models import Role, User

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ROOT = Path(__file__).parent.parent.parent

expect.set_options(timeout=15_000)  # two polls and a busy machine


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shots", metavar="FOLDER", help="save the README's screenshots here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def farm() -> Iterator[RunningFarm]:
    with running_farm() as running:
        yield running


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    """As in production: forms want their token, checks come often enough to watch a worker die."""
    quick = {"CHECK_INTERVAL_SECONDS": 5, "CHECK_DEADLINE_SECONDS": 2.0}
    return overrides | quick | {"WTF_CSRF_ENABLED": True}


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the app, served by threads."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def worker(app: Flask, overrides: dict[str, Any]) -> Iterator[None]:
    """The process that does what somebody waits for in front of a page."""
    environ = os.environ | {
        "DATA_DIR": str(overrides["DATA_DIR"]),
        "REDIS_URL": overrides["REDIS_URL"],
        "CAMERA_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    process = subprocess.Popen([sys.executable, "-m", "jobs.worker", "now"], env=environ, cwd=ROOT)
    yield
    process.terminate()
    process.wait(20)


ABORTED = ("htmx:sendAbort", "htmx:afterRequest")


class Watch:
    """What must not happen on any page."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.wrong: list[str] = []
        self.requests: list[str] = []

    def follow(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._note(True, f"script: {error}"))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        is_abort = message.text.startswith(ABORTED)  # htmx tells of a request that ended because its page did
        self._note(message.type == "error" and not is_abort, f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request.url.removeprefix(self.site))
        outside = not request.url.startswith((self.site, "data:", "about:", "blob:"))
        self._note(outside, f"request to {request.url}")

    def _note(self, is_wrong: bool, what: str) -> None:
        if is_wrong:
            self.wrong.append(what)

    def forgive(self, words: str) -> None:
        """This test provokes such an error: Chromium writes every 401 and 422 to the console."""
        self.wrong = [what for what in self.wrong if words not in what]


@pytest.fixture
def watch(site: str) -> Iterator[Watch]:
    found = Watch(site)
    yield found
    assert found.wrong == []


@pytest.fixture
def new_page(chromium: Browser, site: str, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open a page in a context of its own; options as Playwright's new_context."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> Page:
        context = chromium.new_context(base_url=site, **({"viewport": {"width": 1440, "height": 900}} | options))
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        watch.follow(page)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in(new_page: Callable[..., Page], make_user: Callable[..., User]) -> Callable[..., Page]:
    """A page of somebody of this role who has signed in through the form, on the list of cameras."""

    def sign(role: Role = Role.ADMIN, **options: Any) -> Page:
        user, page = make_user(role, name="A. Ruiz"), new_page(**options)
        page.goto("/login")
        page.get_by_label("E-mail").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/cameras")
        return page

    return sign
