"""A manager makes a report for last week, reads it, prints it and takes its CSV away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT
from tests.browser.test_accessibility import RULES
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, ImageFinding, Role, StatusChange, User, new_id, utc_now
from webapp.schemas import ReportInput
from webapp.services.reports import asking, making, periods
from webapp.services.reports.periods import Kind
from webapp.services.rights import EVERYTHING


@pytest.fixture
def slow_worker(app: Flask, overrides: dict[str, Any]) -> Iterator[None]:
    environ = os.environ | {"DATA_DIR": str(overrides["DATA_DIR"]), "REDIS_URL": overrides["REDIS_URL"]}
    process = subprocess.Popen([sys.executable, "-m", "jobs.worker", "slow"], env=environ, cwd=ROOT)
    yield
    process.terminate()
    process.wait(20)


@pytest.fixture
def history(app: Flask) -> None:
    """Three sites with 40 cameras, of which every seventh failed twice in each of the last three weeks."""
    now = utc_now()
    monday = periods.last_over(Kind.WEEK, now, "UTC").start
    sites = [CameraGroup(name=f"Site {letter}") for letter in "ABC"]
    db.session.add_all(sites)
    db.session.flush()
    known = {"status": "live", "created_at": now - timedelta(days=60), "next_due_at": now + timedelta(hours=1)}
    for n in range(40):
        camera = Camera(id=new_id(), name=f"Camera {n:02}", rtsp_url=f"rtsp://10.0.0.{n}/", **known)
        camera.group_id = sites[n % 3].id if n < 37 else None
        db.session.add(camera)
        db.session.flush()
        if n % 7 == 0:
            _fail(camera, n, monday)
    db.session.commit()


def _fail(camera: Camera, n: int, monday: Any) -> None:
    for begin in (-5, -12, 1, 3):
        at = monday + timedelta(days=begin, hours=n / 3)
        ends = at + timedelta(hours=1 + n / 4)
        db.session.add(StatusChange(camera_id=camera.id, at=at, old="live", new="offline", reason="timeout"))
        db.session.add(StatusChange(camera_id=camera.id, at=ends, old="offline", new="live", reason="online"))
        db.session.add(ImageFinding(camera_id=camera.id, finding="blurred", raised_at=at, cleared_at=ends))


def test_a_report_for_last_week_is_made_read_and_taken_away(
    signed_in: Callable[..., Page], history: None, slow_worker: None, tmp_path: Path
) -> None:
    page = signed_in(Role.VIEWER)
    page.locator("#user-menu summary").click()
    page.locator("#user-menu").get_by_role("link", name="Reports").click()
    page.get_by_role("link", name="New report").click()
    page.get_by_label("About").select_option("Site A")
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_role("heading", name="Least available cameras")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("link", name="Camera 21").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert lines[1].startswith("total,Site A,")
    assert sum(line.startswith("camera,") for line in lines) == 13
    page.get_by_role("button", name="Run for Week of").click()
    expect(page.get_by_text("The period is not over")).to_be_visible(timeout=30_000)


@pytest.fixture
def report(history: None, make_user: Callable[..., User]) -> str:
    """One of everything that is ready."""
    made = asking.create(make_user(Role.ADMIN), ReportInput(), EVERYTHING, utc_now())
    making.run(made.id, utc_now)
    return f"/reports/{made.id}"


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_are_readable_for_everybody(
    signed_in: Callable[..., Page], report: str, scheme: str, width: int
) -> None:
    page = signed_in(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    for path in ("/reports", "/reports/new", report):
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        if folder := os.environ.get("KEEP_SHOTS"):
            name = {"/reports": "list", "/reports/new": "new"}.get(path, "report")
            page.screenshot(path=f"{folder}/{name}-{scheme}-{width}.png", full_page=True)


def test_it_prints_without_what_surrounds_it(signed_in: Callable[..., Page], report: str) -> None:
    page = signed_in(color_scheme="dark")
    page.goto(report)
    page.emulate_media(media="print")
    for selector in (".top", ".sides", ".report-acts", ".crumbs"):
        expect(page.locator(selector).first).to_be_hidden()
    expect(page.get_by_role("heading", name="By group")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for selector in ("h1", ".report tbody th", ".report h2"):
        expect(page.locator(selector).first).to_have_css("color", "rgb(0, 0, 0)")
    if folder := os.environ.get("KEEP_SHOTS"):
        page.screenshot(path=f"{folder}/report-print.png", full_page=True)
        page.pdf(path=f"{folder}/report.pdf", format="A4", print_background=True)
