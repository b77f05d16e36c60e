"""Letting somebody in, giving them a building, keeping them out; one's own page and one's tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.test_accessibility import RULES
from tests.conftest import PASSWORD
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Role, User, utc_now
from webapp.services import tokens

NEW = "another horse battery"


@pytest.fixture
def buildings(make_camera: Callable[..., Camera]) -> None:
    """A camera in each of two buildings of one site."""
    site = CameraGroup(name="Plant Vienna")
    db.session.add(site)
    db.session.flush()
    soon = datetime.now(UTC) + timedelta(minutes=5)
    for number in (1, 2):
        building = CameraGroup(name=f"Building {number}", parent_id=site.id)
        db.session.add(building)
        db.session.flush()
        make_camera(name=f"Door of {number}", group_id=building.id, status="live", outcome="online", next_due_at=soon)


def press_until(page: Page, key: str, name: str) -> None:
    """Go on with the keyboard until the focus is on what is called so."""
    for _ in range(80):
        found = page.evaluate(
            "() => { const e = document.activeElement;"
            " return (e.labels?.[0]?.innerText || e.getAttribute('aria-label') || e.innerText || '').trim() }"
        )
        if found == name:
            return
        page.keyboard.press(key)
    pytest.fail(f"The keyboard never came to {name}")


def go(page: Page, name: str, key: str = "Enter") -> None:
    press_until(page, "Tab", name)
    page.keyboard.press(key)


def fill(page: Page, name: str, text: str) -> None:
    press_until(page, "Tab", name)
    page.keyboard.type(text)


def test_somebody_is_invited_to_one_building_sees_only_that_and_is_put_out_again(
    signed_in: Callable[..., Page], new_page: Callable[..., Page], buildings: None, watch: Watch
) -> None:
    """The administrator has no mouse."""
    admin, guest = signed_in(), new_page()
    go(admin, "A. Ruiz")
    go(admin, "People")
    admin.wait_for_url("**/users")
    go(admin, "Invite somebody")
    admin.wait_for_url("**/users/invite")
    fill(admin, "E-mail", "guest@example.com")
    fill(admin, "Name", "Gina Guest")
    go(admin, "Give a role on a group")
    expect(admin.get_by_label("Group", exact=True)).to_be_focused()
    expect(admin.get_by_label("E-mail")).to_have_value("guest@example.com")
    admin.keyboard.type("Plant Vienna › Building 1")
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("heading", level=1)).to_have_text("Gina Guest is invited")
    expect(admin.get_by_role("button", name="Copy")).to_be_focused()

    guest.goto(admin.get_by_label("One-time link").input_value())
    expect(guest.get_by_label("Password")).to_be_focused()
    guest.keyboard.type(NEW)
    guest.keyboard.press("Enter")
    guest.wait_for_url("**/cameras")
    expect(guest.locator(".tile")).to_have_count(1)
    expect(guest.locator(".tile")).to_contain_text("Door of 1")
    expect(guest.get_by_role("link", name="Add camera")).to_have_count(0)
    for words in ("Door of 2", "Building 2", "Plant Vienna", "People"):
        expect(guest.locator("body")).not_to_contain_text(words)

    go(admin, "Done")
    admin.wait_for_url("**/users")
    go(admin, "Gina Guest")
    admin.wait_for_url(re.compile(r"/users/[0-9a-f-]{36}$"))
    go(admin, "Disable Gina Guest")
    expect(admin.locator("#said")).to_contain_text("Gina Guest is disabled")
    guest.wait_for_url("**/login?next=**")
    guest.get_by_label("E-mail").fill("guest@example.com")
    guest.get_by_label("Password").fill(NEW)
    guest.get_by_role("button", name="Sign in").click()
    expect(guest.get_by_role("alert").first).to_be_visible()
    watch.forgive("401")


def test_an_open_page_follows_a_right_that_is_given(
    signed_in: Callable[..., Page], new_page: Callable[..., Page], make_user: Callable[..., User], buildings: None
) -> None:
    user, page = make_user(Role.NONE, email="guest@example.com", name="Gina Guest"), new_page()
    page.goto("/login")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Nobody has given you cameras yet")).to_be_visible()
    admin = signed_in()
    admin.goto(f"/users/{user.id}")
    admin.get_by_role("button", name="Give a role on a group").click()
    admin.get_by_label("Group", exact=True).fill("Plant Vienna › Building 2")
    admin.get_by_role("button", name="Save", exact=True).last.click()
    admin.wait_for_url("**/users")
    expect(page.locator("#groups")).to_contain_text("Building 2")


def test_signing_in_and_ones_own_page_without_javascript(
    new_page: Callable[..., Page], make_user: Callable[..., User], watch: Watch
) -> None:
    page, user = new_page(java_script_enabled=False), make_user(Role.VIEWER)
    page.goto("/me")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Time zone").fill("Europe/Vienna")
    page.get_by_role("combobox", name="Theme").select_option("Light")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Vienna")
    page.get_by_label("Your password").fill("a guess")
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#old-problem")).to_contain_text("This is not your password")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#said")).to_contain_text("Your password is changed")
    page.get_by_role("link", name="API tokens").last.click()
    page.get_by_label("What is it for?").fill("A script")
    page.get_by_role("button", name="Make the token").click()
    assert tokens.authenticate(page.get_by_label("Token", exact=True).input_value(), utc_now())
    watch.forgive("422")


def test_the_zone_of_the_browser_is_suggested_once_and_then_every_time_is_in_it(
    signed_in: Callable[..., Page], new_page: Callable[..., Page], make_user: Callable[..., User]
) -> None:
    make_user(Role.VIEWER, email="b@example.com", name="Gina", signed_in_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    page = signed_in(timezone_id="Europe/Vienna")
    page.goto("/users")
    expect(page.get_by_role("row", name="Gina").locator("time")).to_have_text("2026-07-02 00:30")
    page.get_by_role("button", name="Keep it as mine").click()
    expect(page.locator("body")).to_have_attribute("data-time-zone", "Europe/Vienna")
    elsewhere = new_page(timezone_id="America/Lima", storage_state=page.context.storage_state())
    elsewhere.goto("/users")
    expect(elsewhere.get_by_role("row", name="Gina").locator("time")).to_have_text("2026-07-02 00:30")
    expect(elsewhere.get_by_role("button", name="Keep it as mine")).to_have_count(0)


def test_a_suggestion_that_was_declined_does_not_come_back(signed_in: Callable[..., Page]) -> None:
    page = signed_in(timezone_id="Europe/Vienna")
    page.get_by_role("button", name="No", exact=True).click()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Keep it as mine")).to_have_count(0)


def test_a_token_is_copied_and_revoked(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/tokens")
    page.get_by_label("What is it for?").fill("A script")
    page.get_by_role("button", name="Make the token").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copy]")).to_have_text("Copied")
    text = page.evaluate("navigator.clipboard.readText()")
    assert tokens.authenticate(text, utc_now())
    page.get_by_role("button", name="Revoke A script").click()
    expect(page.get_by_role("row", name="A script")).to_contain_text("Revoked")
    assert tokens.authenticate(text, utc_now()) is None


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1280), ("light", 390)])
def test_axe_finds_nothing_on_what_is_shown_once_nor_on_what_is_refused(
    signed_in: Callable[..., Page], buildings: None, scheme: str, width: int, watch: Watch
) -> None:
    page = signed_in(viewport={"width": width, "height": 800}, color_scheme=scheme, timezone_id="Europe/Vienna")

    def look() -> None:
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    look()  # with the suggested time zone
    page.goto("/users/invite")
    page.get_by_role("button", name="Give a role on a group").click()
    page.get_by_label("Group", exact=True).fill("No such group")
    page.get_by_role("button", name="Make the invitation").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing is saved yet")
    look()
    page.get_by_label("E-mail").fill("guest@example.com")
    page.get_by_label("Group", exact=True).fill("Plant Vienna")
    page.get_by_role("button", name="Make the invitation").click()
    link = page.get_by_label("One-time link").input_value()
    look()
    page.goto("/users")
    page.get_by_role("link", name="guest").click()
    look()
    page.goto("/tokens")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing is saved yet")
    look()
    page.get_by_label("What is it for?").fill("A script")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_label("Token", exact=True)).to_be_visible()
    look()
    for address in (link, link + "x"):
        page.goto(address)
        look()
    for status in ("422", "410"):
        watch.forgive(status)
