"""Acting on many cameras at once, with a keyboard, with a mouse, over pages, and without JavaScript."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import func, insert, select

from tests.browser.conftest import ROOT, Watch
from tests.browser.test_accessibility import RULES
from tests.conftest import PASSWORD
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Role, User, new_id, utc_now
from webapp.services import camera_switches
from webapp.services.rights import EVERYTHING


@pytest.fixture
def dock(app: Flask) -> CameraGroup:
    found = CameraGroup(id=new_id(), name="Dock")
    db.session.add(found)
    db.session.commit()
    return found


@pytest.fixture
def slow_worker(app: Flask, overrides: dict[str, Any]) -> Iterator[None]:
    """The process that does what takes its time."""
    environ = os.environ | {"DATA_DIR": str(overrides["DATA_DIR"]), "REDIS_URL": overrides["REDIS_URL"]}
    process = subprocess.Popen([sys.executable, "-m", "jobs.worker", "slow"], env=environ, cwd=ROOT)
    yield
    process.terminate()
    process.wait(20)


def fleet(size: int, name: str = "Gate") -> None:
    moments = dict.fromkeys(("status_since", "next_due_at", "created_at", "updated_at"), utc_now())
    known = {"rtsp_url": "rtsp://10.20.4.14/s", "version": 1, **moments}
    rows = [{"id": new_id(), "name": f"{name} {n:03}", **known} for n in range(size)]
    db.session.execute(insert(Camera), rows)
    db.session.commit()


def stored(*names: str) -> list[Camera]:
    db.session.rollback()
    query = select(Camera).where(Camera.name.in_(names)) if names else select(Camera)
    return list(db.session.scalars(query.order_by(Camera.name).execution_options(populate_existing=True)))


def number() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Camera.id))) or 0


def tick(page: Page, name: str) -> Locator:
    return page.get_by_label(f"Select {name}", exact=True)


def act(page: Page, action: str) -> None:
    page.get_by_label("What to do with them").select_option(label=action)


def axe_finds_nothing(page: Page) -> None:
    """In what is ours: what surrounds it is looked at with every page."""
    found = Axe().run(page, context="main", options=RULES)
    assert found.violations_count == 0, found.generate_report()


def test_by_keyboard_cameras_are_found_chosen_moved_and_moved_back(
    signed_in: Callable[..., Page], dock: CameraGroup
) -> None:
    fleet(4), fleet(2, "Roof")
    page = signed_in()
    page.goto("/cameras?q=gate&sort=name")
    keyboard = page.keyboard
    for key in ("j", "x", "j", "x", "j", "x", "x"):
        keyboard.press(key)
    expect(page.locator("#bulk-said")).to_have_text("2 selected")
    axe_finds_nothing(page)
    page.get_by_label("What to do with them").focus()
    keyboard.type("Move")
    expect(page.locator("#bulk-group option", has_text="Dock")).to_be_attached()
    keyboard.press("Tab")
    keyboard.type("Dock")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(page.get_by_text("2 cameras will be moved into Dock.")).to_be_visible()
    axe_finds_nothing(page)
    page.get_by_role("button", name="Move 2 cameras").focus()
    keyboard.press("Enter")
    expect(page.get_by_text("2 cameras were moved into Dock.")).to_be_visible()
    axe_finds_nothing(page)
    assert [camera.group_id for camera in stored()] == [dock.id, dock.id, None, None, None, None]
    page.get_by_role("button", name="Undo").focus()
    keyboard.press("Enter")
    expect(page.get_by_text("2 cameras were put back as they were before.")).to_be_visible()
    assert {camera.group_id for camera in stored()} == {None}
    page.get_by_role("link", name="Back to the list").first.click()
    page.wait_for_url("**/cameras?q=gate")
    expect(page.locator(".pick:checked")).to_have_count(0)


def test_a_range_is_ticked_with_shift_and_kept_over_pages_polls_and_detours(
    signed_in: Callable[..., Page],
) -> None:
    fleet(70)
    page = signed_in()
    page.goto("/cameras?sort=name")
    tick(page, "Gate 002").click()
    tick(page, "Gate 005").click(modifiers=["Shift"])
    expect(page.locator(".pick:checked")).to_have_count(4)
    page.get_by_role("link", name="2", exact=False).filter(has_text="Page 2").click()
    tick(page, "Gate 065").check()
    expect(page.locator("#bulk-said")).to_have_text("5 selected, 4 of them not on this page")
    page.go_back()
    expect(page.locator("#bulk-said")).to_have_text("5 selected, 1 of them not on this page")
    [camera] = stored("Gate 002")
    camera_switches.set_active(camera, False, utc_now(), EVERYTHING)
    expect(page.locator(f"[data-camera-id='{camera.id}'][data-state=disabled]")).to_be_visible()
    expect(tick(page, "Gate 002")).to_be_checked()
    act(page, "Switch off")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("4 cameras will be switched off")).to_be_visible()
    expect(page.get_by_text("1 is so already.")).to_be_visible()
    page.go_back()
    page.keyboard.press("Escape")
    expect(page.locator(".pick:checked")).to_have_count(0)
    expect(page.get_by_role("button", name="Continue")).to_be_hidden()


def test_another_filter_begins_with_nothing_chosen(signed_in: Callable[..., Page]) -> None:
    fleet(3), fleet(1, "Roof")
    page = signed_in()
    page.get_by_label("Select this page").check()
    expect(page.locator("#bulk-said")).to_have_text("4 selected")
    page.goto("/cameras?q=gate")
    expect(page.locator(".pick")).to_have_count(3)
    expect(page.locator(".pick:checked")).to_have_count(0)


def test_all_that_match_are_deleted_once_their_number_is_typed(signed_in: Callable[..., Page], watch: Watch) -> None:
    fleet(3), fleet(2, "Roof")
    page = signed_in()
    page.goto("/cameras?q=gate")
    page.get_by_label("All 3 that match").check()
    expect(page.locator("#bulk-said")).to_have_text("All 3 are selected")
    act(page, "Delete …")
    page.get_by_role("button", name="Continue").click()
    axe_finds_nothing(page)
    page.get_by_label("Type 3 to delete them").fill("2")
    page.get_by_role("button", name="Delete 3 cameras").click()
    expect(page.get_by_role("alert").filter(has_text="Type 3")).to_be_focused()
    assert number() == 5
    page.get_by_label("Type 3 to delete them").fill("3")
    page.get_by_role("button", name="Delete 3 cameras").click()
    expect(page.get_by_text("3 cameras were deleted.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert [camera.name for camera in stored()] == ["Roof 000", "Roof 001"]
    watch.forgive("422")


def test_many_cameras_are_followed_to_the_end(signed_in: Callable[..., Page], slow_worker: None) -> None:
    fleet(150)
    page = signed_in()
    page.get_by_label("All 150 that match").check()
    act(page, "Add tags")
    page.get_by_label("Tags, with commas between them").fill("Night, ptz")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Tag 150 cameras").click()
    expect(page.locator("main progress")).to_be_visible()
    axe_finds_nothing(page)
    expect(page.get_by_text("150 cameras were given the tags night, ptz.")).to_be_visible(timeout=40_000)
    expect(page.locator("#bulk-told")).to_have_text("Finished")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("150 cameras were put back as they were before.")).to_be_visible(timeout=40_000)
    assert {camera.tags for camera in stored()} == {()}


def test_maintenance_until_a_moment_is_meant_in_the_browsers_zone(signed_in: Callable[..., Page]) -> None:
    fleet(1)
    page = signed_in(timezone_id="Asia/Tokyo")
    tick(page, "Gate 000").check()
    act(page, "Maintenance until")
    page.get_by_label("Maintenance until").select_option("moment")
    expect(page.get_by_text("Asia/Tokyo", exact=True)).to_be_visible()
    page.get_by_label("Day and time at which maintenance ends").fill(f"{utc_now().year}-12-31T23:30")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("12-31 23:30")).to_be_visible()
    page.get_by_role("button", name="Put 1 camera into maintenance").click()
    expect(page.get_by_text("1 camera was put into maintenance")).to_be_visible()
    [camera] = stored()
    assert camera.maintenance_until is not None
    assert (camera.maintenance_until.hour, camera.maintenance_until.minute) == (14, 30)


def test_without_javascript_ticks_and_bar_are_a_plain_form(
    new_page: Callable[..., Page], make_user: Callable[..., User], dock: CameraGroup, watch: Watch
) -> None:
    fleet(3)
    page, user = new_page(java_script_enabled=False), make_user(Role.OPERATOR)
    page.goto("/login")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for name in ("Gate 000", "Gate 002"):
        tick(page, name).check()
    act(page, "Move to group")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Choose the group to move the cameras to.")).to_be_visible()
    page.get_by_label("Group to move to").select_option(label="Dock")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Move 2 cameras").click()
    expect(page.get_by_text("2 cameras were moved into Dock.")).to_be_visible()
    assert [camera.group_id for camera in stored()] == [dock.id, None, dock.id]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 cameras were put back as they were before.")).to_be_visible()
    watch.forgive("422")


def test_without_javascript_one_looks_again_at_what_takes_its_time(
    new_page: Callable[..., Page], make_user: Callable[..., User], slow_worker: None
) -> None:
    fleet(101)
    page, user = new_page(java_script_enabled=False), make_user(Role.OPERATOR)
    page.goto("/login")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("All 101 that match").check()
    act(page, "Switch off")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Switch off 101 cameras").click()
    for _ in range(120):
        again = page.get_by_role("link", name="Look again")
        if not again.count():
            break
        again.click()
        page.wait_for_timeout(250)
    expect(page.get_by_text("101 cameras were switched off.")).to_be_visible()


@pytest.mark.parametrize("options", [{"color_scheme": "light"}, {"viewport": {"width": 390, "height": 844}}])
def test_axe_finds_nothing_in_the_open_bar(signed_in: Callable[..., Page], options: dict[str, Any]) -> None:
    fleet(3)
    page = signed_in(**options)
    tick(page, "Gate 001").check()
    for action in ("Move to group", "Add tags", "Maintenance until", "Set detection", "Set interval"):
        act(page, action)
        axe_finds_nothing(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
