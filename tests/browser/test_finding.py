"""Finding a camera: by two keystrokes, by filters, in the table and in the matrix, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import RULES
from tests.conftest import PASSWORD
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Role, User, utc_now
from webapp.services import live

Make = Callable[..., Camera]


def add_group(name: str) -> CameraGroup:
    group = CameraGroup(name=name)
    db.session.add(group)
    db.session.commit()
    return group


@pytest.fixture
def make(make_camera: Make) -> Make:
    """A camera that was checked a moment ago, and long ago changed."""
    now = datetime.now(UTC)
    past = now - timedelta(days=2)
    known = {"status": "live", "outcome": "online", "checked_at": now, "next_due_at": now + timedelta(minutes=9)}
    return lambda **fields: make_camera(**(known | {"status_since": past, "updated_at": past} | fields))


@pytest.fixture
def fleet(make: Make) -> dict[str, Camera]:
    gate, dock = add_group("Gate"), add_group("Dock")
    return {
        "north": make(name="North", group_id=gate.id, tags=("night",)),
        "south": make(name="South", group_id=gate.id, status="offline", outcome="timeout"),
        "west": make(name="West", group_id=gate.id),
        "ramp": make(name="Ramp", group_id=dock.id, code="VIE-7"),
    }


def tell(camera: Camera, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(camera, name, value)
    db.session.commit()
    live.publish([camera.id], status_changed=True)


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.textContent")
    return found


def test_two_keystrokes_and_enter_open_a_camera(signed_in: Callable[..., Page], fleet: dict[str, Camera]) -> None:
    page = signed_in()
    page.goto("/me")
    page.keyboard.press("/")
    page.keyboard.type("r")
    expect(page.locator("#suggestions").get_by_role("option").first).to_contain_text("Ramp")
    expect(page.get_by_role("combobox", name="Search")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cameras/{fleet['ramp'].id}")


def test_enter_before_the_answer_opens_the_first_all_the_same(
    signed_in: Callable[..., Page], fleet: dict[str, Camera]
) -> None:
    page = signed_in()
    page.keyboard.press("Control+k")
    page.keyboard.type("vie-7")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cameras/{fleet['ramp'].id}")


def test_arrows_choose_and_escape_closes(signed_in: Callable[..., Page], fleet: dict[str, Camera]) -> None:
    page = signed_in()
    page.goto("/me")
    page.keyboard.press("/")
    page.keyboard.type("gate")
    expect(page.locator("#suggestions").get_by_role("option")).to_have_count(
        5
    )  # three cameras of the group, the group, and all
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected='true']")).to_have_text(["SouthofflineGate"])
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cameras?q=gate")
    expect(page.locator("#matches")).to_have_text("3 cameras match")


def test_typing_narrows_the_grid_and_says_how_many_match(
    signed_in: Callable[..., Page], fleet: dict[str, Camera]
) -> None:
    page = signed_in()
    status = page.locator("#matches").element_handle()
    page.keyboard.press("/")
    page.keyboard.type("gate so")
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator("#matches")).to_have_text("1 camera matches")
    assert status.evaluate("node => node.isConnected")  # else nobody is told
    page.wait_for_url("**/cameras?q=gate%20so")


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_filters_are_added_and_dropped(
    new_page: Callable[..., Page], make_user: Callable[..., User], fleet: dict[str, Camera], java_script_enabled: bool
) -> None:
    page, user = new_page(java_script_enabled=java_script_enabled), make_user(Role.VIEWER)
    page.goto("/login")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("#filter-menu summary").click()
    expect(page.locator("#known-tags option")).to_have_count(1 if java_script_enabled else 0)
    page.get_by_label("Tag", exact=True).fill("Night")
    page.locator("#filter-menu button").click()
    page.locator("#filter-menu summary").click()
    page.get_by_label("Detection", exact=True).select_option("yes")
    page.locator("#filter-menu button").click()
    expect(page.locator(".tile")).to_have_count(1)
    page.get_by_role("link", name="Tag: night").click()
    page.wait_for_url("**/cameras?detection=yes")
    expect(page.locator(".tile")).to_have_count(4)
    page.locator("#save-view summary").click()
    page.get_by_label("Name of the view").fill("Detecting")
    page.get_by_role("button", name="Save view").click()
    expect(page.locator("#views [aria-current='page']")).to_contain_text("Detecting")


def test_a_row_follows_its_camera_and_stays_ticked(signed_in: Callable[..., Page], fleet: dict[str, Camera]) -> None:
    page = signed_in()
    page.get_by_role("link", name="Table").click()
    row = page.locator(f"[data-camera-id='{fleet['north'].id}']")
    node = row.element_handle()
    row.get_by_role("checkbox").check()
    row.get_by_role("link", name="North").focus()
    tell(fleet["north"], status="offline", outcome="auth_failed", status_since=utc_now())
    expect(row).to_have_attribute("data-state", "offline")
    expect(row).to_contain_text("login rejected")
    assert node.evaluate("node => node.isConnected")
    expect(row.get_by_role("checkbox")).to_be_checked()
    assert focused(page) == "North"


def test_the_matrix_is_walked_by_tab_and_arrows(signed_in: Callable[..., Page], fleet: dict[str, Camera]) -> None:
    page = signed_in()
    page.get_by_role("link", name="Matrix").click()
    page.locator(".m-row h3 a").first.focus()
    page.keyboard.press("Tab")
    assert focused(page) == "Ramp"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "South", "the first with a problem"
    expect(page.locator("#readout")).to_contain_text("no answer")
    expect(page.locator("#readout")).to_contain_text("Offline for 2 d")
    for key, name in (("ArrowRight", "West"), ("Home", "North"), ("End", "West"), ("ArrowUp", "Ramp")):
        page.keyboard.press(key)
        assert focused(page) == name, key
    expect(page.get_by_role("link", name="South, offline")).to_have_count(1)
    page.keyboard.press("o")
    page.wait_for_url("**status=offline**view=matrix")
    expect(page.locator(".cells a")).to_have_count(1)
    page.locator(".cells a").press("Enter")
    page.wait_for_url(f"**/cameras/{fleet['south'].id}")


def test_a_cell_follows_its_camera(signed_in: Callable[..., Page], fleet: dict[str, Camera]) -> None:
    page = signed_in()
    page.goto("/cameras?view=matrix")
    cell = page.locator(".cells a", has_text="North")
    node = cell.element_handle()
    tell(fleet["north"], status="offline", outcome="timeout", status_since=utc_now())
    expect(cell).to_have_attribute("data-state", "offline")
    expect(page.locator(".m-offline").nth(1)).to_have_text("2")
    assert node.evaluate("node => node.isConnected")


def test_letters_act_outside_of_fields_and_can_be_switched_off(
    signed_in: Callable[..., Page], fleet: dict[str, Camera]
) -> None:
    page = signed_in()
    page.keyboard.press("j")
    assert focused(page) == "South", "the worst comes first"
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused(page) == "South"
    page.locator("#search").focus()
    page.keyboard.type("?o")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("#search")).to_have_value("?o")
    page.keyboard.press("Escape")
    page.locator("#search").blur()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_label("Single letters act as keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#search")).to_be_focused()
