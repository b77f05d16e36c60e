"""Looking into what was changed, and taking the cameras home as a file, as people do it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Download, Page, expect

from tests.browser.conftest import Watch
from tests.browser.test_accessibility import RULES
from tests.conftest import PASSWORD
from webapp.credentials import Credentials
from webapp.extensions import db, settings
from webapp.models import Camera


@pytest.fixture
def camera(make_camera: Callable[..., Camera]) -> Camera:
    made = make_camera(name="Gate 2", location="Hall A", rtsp_url="rtsp://10.20.4.14/stream1")
    made.password_encrypted = Credentials(settings.CREDENTIAL_KEYS).encrypt("hunter2", made.id)
    db.session.commit()
    return made


def change(page: Page, camera: Camera, name: str) -> None:
    page.goto(f"/cameras/{camera.id}/edit")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url(f"**/cameras/{camera.id}")


def saved(download: Download, folder: Path) -> list[dict[str, str]]:
    path = folder / download.suggested_filename
    download.save_as(path)
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_who_changed_a_camera_is_found_by_keyboard_from_its_page(
    signed_in: Callable[..., Page], camera: Camera
) -> None:
    page = signed_in()
    change(page, camera, "North gate")
    history = page.get_by_role("region", name="History")
    expect(history).to_contain_text("A. Ruiz · Camera changed")
    expect(history.locator("ins")).to_have_text("North gate")
    history.get_by_role("link", name="All of its history").press("Enter")
    page.wait_for_url("**/history")
    page.get_by_role("link", name="In the audit").press("Enter")
    expect(page.get_by_role("table").locator("del")).to_have_text("Gate 2")
    page.get_by_label("Action").select_option("user.sign_in")
    page.get_by_role("button", name="Filter").press("Enter")
    expect(page.get_by_role("heading", name="No entry matches")).to_be_visible()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_among_many_changes(
    signed_in: Callable[..., Page], camera: Camera, scheme: str, width: int
) -> None:
    page = signed_in(viewport={"width": width, "height": 900}, color_scheme=scheme)
    change(page, camera, "North gate")
    for path in ("/audit?action=camera", f"/audit?camera={camera.id}&since=2026-01-01", f"/cameras/{camera.id}"):
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_list_becomes_a_file_from_its_toolbar(
    signed_in: Callable[..., Page], camera: Camera, make_camera: Callable[..., Camera], tmp_path: Path
) -> None:
    make_camera(name="Dock")
    page = signed_in()
    page.goto("/cameras?q=gate")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as found:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert [row["Name"] for row in saved(found.value, tmp_path)] == ["Gate 2"]


def test_passwords_come_with_the_own_password_alone_also_without_javascript(
    signed_in: Callable[..., Page], camera: Camera, tmp_path: Path, watch: Watch
) -> None:
    page = signed_in(java_script_enabled=False)
    page.goto("/cameras?q=gate")
    page.get_by_text("Export", exact=True).click()
    page.get_by_role("link", name="Choices…").click()
    page.get_by_label("Your own password").fill("not mine")
    page.get_by_role("button", name="Export with passwords").click()
    expect(page.get_by_text("This is not your password. Nothing was exported.")).to_be_visible()
    page.get_by_label("Your own password").fill(PASSWORD)
    with page.expect_download() as found:
        page.get_by_role("button", name="Export with passwords").click()
    assert [(row["Name"], row["Password"]) for row in saved(found.value, tmp_path)] == [("Gate 2", "hunter2")]
    assert not [url for url in watch.requests if PASSWORD in url or "password=" in url]
    watch.forgive("422")


def test_on_a_phone_the_menu_opens_within_the_page(signed_in: Callable[..., Page], camera: Camera) -> None:
    page = signed_in(viewport={"width": 390, "height": 844})
    page.goto("/cameras")
    page.get_by_text("Export", exact=True).click()
    box = page.locator("#export-menu .menu-body").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
