"""A technician brings cameras from a spreadsheet: with nine wrong rows, by keyboard or mouse, and without scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Watch
from tests.browser.test_accessibility import RULES
from tests.conftest import PASSWORD
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Role, User

ROWS, WRONG = 500, range(7, 500, 60)
"""Nine of the rows name no address."""


@pytest.fixture
def slow_worker(app: Flask, overrides: dict[str, Any]) -> Iterator[None]:
    environ = os.environ | {
        "DATA_DIR": str(overrides["DATA_DIR"]),
        "REDIS_URL": overrides["REDIS_URL"],
        "CAMERA_ALLOWED_NETWORKS": "10.0.0.0/8",
    }
    process = subprocess.Popen([sys.executable, "-m", "jobs.worker", "slow"], env=environ, cwd=ROOT)
    yield
    process.terminate()
    process.wait(20)


@pytest.fixture
def spreadsheet(tmp_path: Path) -> Path:
    """As Excel saves it in Germany."""
    head = "Bezeichnung;Inventarnr;IP;Benutzer;Kennwort;Standort;Bemerkung;Baujahr"
    lines = [
        f"Tür {n};K-{n:04};{'unbekannt, fragen' if n in WRONG else f'10.0.{n // 250}.{n % 250}'};admin;geheim;"
        f'Werk {n % 3} > Halle {n % 9};"Süd; außen";2019'
        for n in range(ROWS)
    ]
    file = tmp_path / "kameras süd.csv"
    file.write_bytes("\r\n".join([head, *lines, ""]).encode("windows-1252"))
    return file


def stored() -> int:
    db.session.rollback()
    return db.session.query(Camera).count()


def upload(page: Page, file: Path) -> None:
    page.goto("/imports/new")
    page.get_by_label("CSV or JSON").set_input_files(str(file))
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("button", name="Dry run")).to_be_visible()


def counts(page: Page, *texts: str) -> None:
    for text in texts:
        expect(page.locator(".import-counts")).to_contain_text(text)


def is_accessible(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
def test_a_technician_imports_mends_nine_rows_undoes_and_imports_again(
    signed_in: Callable[..., Page], slow_worker: None, spreadsheet: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    page = signed_in(Role.OPERATOR, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto("/imports/new")
    is_accessible(page)
    upload(page, spreadsheet)
    _columns_are_recognised(page)
    _dry_run_says_what_is_wrong(page)
    rejected = _download_rejected(page, tmp_path)
    assert stored() == 0
    _import_the_good_rows(page)
    first = page.url.partition("?")[0]
    page.get_by_role("link", name="See the new cameras").click()
    page.get_by_role("link", name="Tür 0", exact=True).click()
    expect(page.get_by_role("heading", name="Tür 0")).to_be_visible()
    _import_the_rest(page, _mended(rejected))
    page.goto(first)
    _undo(page)
    page.get_by_role("button", name="Import this file again").click()
    _dry_run_says_what_is_wrong(page)
    _import_the_good_rows(page)
    assert stored() == 500
    assert db.session.query(CameraGroup).count() == 12
    page.goto("/imports")
    expect(page.get_by_role("row")).to_have_count(3)
    is_accessible(page)


def _columns_are_recognised(page: Page) -> None:
    expect(page.get_by_label("Encoding")).to_have_value("windows-1252")
    expect(page.get_by_label("Delimiter")).to_have_value(";")
    expect(page.get_by_label("Standort")).to_have_value("group")
    expect(page.get_by_label("Baujahr")).to_have_value("")
    expect(page.get_by_text("Tür 0")).to_be_visible()
    assert "geheim" not in page.content()
    is_accessible(page)


def _dry_run_says_what_is_wrong(page: Page) -> None:
    page.get_by_role("button", name="Dry run").click()
    counts(page, "491 new", "9 with errors")
    expect(page.get_by_text("9 rows: line 9, 69, 129, 189, 249, 309, 369, 429, 489")).to_be_visible()
    is_accessible(page)


def _download_rejected(page: Page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the 9 rows with reasons").click()
    rejected = folder / download.value.suggested_filename
    download.value.save_as(rejected)
    return rejected


def _import_the_good_rows(page: Page) -> None:
    before = stored()
    page.get_by_role("button", name="Import 491 rows, leave out 9").click()
    expect(page.get_by_text("491 new cameras, 0 changed cameras; 9 rows left out")).to_be_visible()
    assert stored() == before + 491
    is_accessible(page)


def _mended(rejected: Path) -> Path:
    text = rejected.read_text("windows-1252")
    assert text.count("\n") == 10
    for n in WRONG:
        text = text.replace("unbekannt, fragen", f"10.9.9.{n % 250}", 1)
    mended = rejected.with_name("mended.csv")
    mended.write_text(text, "windows-1252", newline="")
    return mended


def _import_the_rest(page: Page, mended: Path) -> None:
    upload(page, mended)
    page.get_by_role("button", name="Dry run").click()
    counts(page, "9 new", "0 with errors")
    page.get_by_role("button", name="Import 9 rows").click()
    expect(page.get_by_text("9 new cameras, 0 changed cameras.")).to_be_visible()
    assert stored() == 500


def _undo(page: Page) -> None:
    page.get_by_role("link", name="Undo").click()
    expect(page.get_by_text("491 cameras that it made are deleted")).to_be_visible()
    is_accessible(page)
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("491 rows taken back")).to_be_visible(timeout=30_000)
    assert stored() == 9
    is_accessible(page)


def test_without_scripts_every_step_works(
    new_page: Callable[..., Page], make_user: Callable[..., User], slow_worker: None, spreadsheet: Path
) -> None:
    user, page = make_user(Role.OPERATOR), new_page(java_script_enabled=False)
    page.goto("/login?next=/imports/new")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    upload(page, spreadsheet)
    page.get_by_label("Encoding").select_option("mac-roman")
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_text("Tür 0")).to_have_count(0)
    page.get_by_label("Encoding").select_option("windows-1252")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("Tür 0")).to_be_visible()
    page.get_by_role("button", name="Dry run").click()
    look_until(page, "Import 491 rows, leave out 9")
    page.get_by_role("button", name="Import 491 rows, leave out 9").click()
    look_until(page, "Undo")
    assert stored() == 491
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Undo this import").click()
    look_until(page, "Import this file again")
    assert stored() == 0


def look_until(page: Page, name: str) -> None:
    """Look again until a button or a link of that name is there."""
    wanted = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
    for _ in range(100):
        if wanted.count():
            return
        page.wait_for_timeout(200)
        if page.get_by_role("link", name="Look again").count():
            page.get_by_role("link", name="Look again").click()
    raise AssertionError(f"nothing is called {name}: {page.content()[-3000:]}")


def test_progress_moves_is_announced_and_keeps_the_focus(
    signed_in: Callable[..., Page], spreadsheet: Path, app: Flask
) -> None:
    """No worker: the import waits, until we say that it has got further."""
    page = signed_in(Role.OPERATOR)
    upload(page, spreadsheet)
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("waiting for a worker")).to_be_visible()
    cancel = page.get_by_role("button", name="Cancel")
    cancel.focus()
    db.session.execute(db.text("UPDATE imports SET done = 320, started_at = created_at"))
    db.session.commit()
    expect(page.get_by_text("320 of 500 rows looked at")).to_be_visible()
    expect(page.locator("#import-told")).to_have_text("60 percent looked at")
    expect(cancel).to_be_focused()
    is_accessible(page)


def test_a_choice_of_reading_is_read_at_once(signed_in: Callable[..., Page], spreadsheet: Path) -> None:
    page = signed_in(Role.OPERATOR)
    upload(page, spreadsheet)
    page.get_by_label("First row").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("501 rows")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Column 1")).to_be_visible()
    expect(page.get_by_label("First row")).to_be_focused()


def test_a_file_that_is_refused_says_why(signed_in: Callable[..., Page], tmp_path: Path, watch: Watch) -> None:
    page = signed_in(Role.OPERATOR)
    file = tmp_path / "list.csv"
    file.write_bytes(b"%PDF-1.7 ...")
    page.goto("/imports/new")
    page.get_by_label("CSV or JSON").set_input_files(str(file))
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("This is a PDF, whatever its name.")).to_be_visible()
    is_accessible(page)
    watch.forgive("422")


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_file_that_is_too_large_is_refused_in_a_sentence(
    new_page: Callable[..., Page], make_user: Callable[..., User], tmp_path: Path, watch: Watch, has_scripts: bool
) -> None:
    user, page = make_user(Role.OPERATOR), new_page(java_script_enabled=has_scripts)
    page.goto("/login?next=/imports/new")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/imports/new")
    file = tmp_path / "huge.csv"
    file.write_bytes(b"name,rtsp_url\n" + b"x" * (24 * 1024 * 1024))
    page.get_by_label("CSV or JSON").set_input_files(str(file))
    page.get_by_role("button", name="Upload").click()
    sentence = "This file has 24.0 MB; at most 20 MB can be read." if has_scripts else "This is larger than 20 MB."
    expect(page.get_by_text(sentence)).to_be_visible()
    watch.forgive("413")
