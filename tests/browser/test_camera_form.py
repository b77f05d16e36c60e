"""Editing a camera: by keyboard alone, without JavaScript, and what JavaScript adds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.conftest import PASSWORD
from tests.passwords import password_of
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, Role, User

MOST_TABS = 90
TYPED = {
    "name": "Gate 2 south",
    "location": "South gate",
    "code": "CAM-0042",
    "tags": "night, entrance",
    "rtsp_url": "rtsp://127.0.0.1/stream1",
    "username": "viewer",
    "password": "see no evil",
    "sub_rtsp_url": "rtsp://127.0.0.1/stream2",
    "detection_sensitivity": "0.55",
    "check_interval_seconds": "300",
    "retention_days": "90",
    "resolution": "1920x1080",
    "fps": "12.5",
    "vendor": "Axis",
    "model": "P3265",
    "notes": "Ladder needed",
}
CHOSEN = {"group_id": "Gate", "stream": "Sub", "enable_detection": "Off", "codec": "H.265"}
"""Typing the beginning of an option chooses it."""
FOLDED = {
    "Sub stream": ("sub_rtsp_url", "stream"),
    "What it should send": ("resolution", "fps", "codec"),
    "Device and notes": ("vendor", "model", "notes"),
}
IN_SIGHT = ["is_active", *(name for name in (*TYPED, *CHOSEN) if name not in {*sum(FOLDED.values(), ())})]


@pytest.fixture
def gate(make_camera: Callable[..., Camera]) -> Camera:
    now = datetime.now(UTC)
    return make_camera(name="Gate 2", status="live", outcome="online", next_due_at=now + timedelta(minutes=5))


@pytest.fixture
def group(app: object) -> CameraGroup:
    found = CameraGroup(name="Gate", check_interval_seconds=900)
    db.session.add(found)
    db.session.commit()
    return found


def stored(camera: Camera) -> Camera:
    db.session.expire_all()
    return db.session.get_one(Camera, camera.id)


def reach(page: Page, target: str) -> None:
    """Tab until the focus is on it."""
    for _ in range(MOST_TABS):
        if page.locator(f"{target}:focus").count():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {target}")


def without_javascript(new_page: Callable[..., Page], user: User) -> Page:
    page = new_page(java_script_enabled=False)
    page.goto("/login")
    page.keyboard.press("Tab")
    reach(page, "#email")
    page.keyboard.type(user.email)
    reach(page, "#password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cameras")
    return page


def test_every_field_is_edited_by_keyboard_alone_and_without_javascript(
    new_page: Callable[..., Page], make_user: Callable[..., User], gate: Camera, group: CameraGroup
) -> None:
    page = without_javascript(new_page, make_user(Role.ADMIN))
    page.goto(f"/cameras/{gate.id}")
    reach(page, "#edit")
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit")
    for name in IN_SIGHT:
        fill(page, name)
    for title, names in FOLDED.items():
        reach(page, f"summary:text-is('{title}')")
        page.keyboard.press("Enter")
        for name in names:
            fill(page, name)
    reach(page, ".form-acts button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gate 2 south")
    found = stored(gate)
    for name in ("name", "location", "code", "rtsp_url", "sub_rtsp_url", "username", "vendor", "model", "notes"):
        assert getattr(found, name) == TYPED[name], name
    assert (found.tags, found.stream, found.codec) == (("night", "entrance"), "sub", "h265")
    assert (found.resolution, found.fps, found.group_id) == ("1920x1080", 12.5, group.id)
    assert (found.enable_detection, found.detection_sensitivity) == (False, 0.55)
    assert (found.check_interval_seconds, found.retention_days, found.is_active) == (300, 90, False)
    assert password_of(found) == TYPED["password"]


def fill(page: Page, name: str) -> None:
    reach(page, f"#{name}")
    if name == "is_active":
        page.keyboard.press("Space")
    elif name in CHOSEN:
        page.keyboard.type(CHOSEN[name])
    else:
        page.keyboard.press("Control+a")
        page.keyboard.type(TYPED[name])


def test_maintenance_begins_and_ends_by_keyboard_and_without_javascript(
    new_page: Callable[..., Page], make_user: Callable[..., User], gate: Camera
) -> None:
    page = without_javascript(new_page, make_user(Role.OPERATOR))
    page.goto(f"/cameras/{gate.id}")
    reach(page, "#maintenance-open")
    page.keyboard.press("Enter")
    reach(page, "#maintenance-form button[value='hour']")
    page.keyboard.press("Enter")
    expect(page.locator("#camera")).to_have_attribute("data-state", "maintenance")
    reach(page, "#resume-button")
    page.keyboard.press("Enter")
    expect(page.locator("#camera")).to_have_attribute("data-state", "live")


def test_another_moment_is_meant_by_the_clock_of_the_browser(signed_in: Callable[..., Page], gate: Camera) -> None:
    page = signed_in(Role.OPERATOR, timezone_id="Asia/Tokyo")
    page.goto(f"/cameras/{gate.id}")
    page.locator("#maintenance-open").click()
    page.get_by_role("link", name="Until another moment").click()
    expect(page.locator("#until-zone")).to_contain_text("Asia/Tokyo")
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    page.get_by_label("Until").fill(f"{day}T18:00")
    page.get_by_role("button", name="Begin maintenance").click()
    expect(page.locator("#camera")).to_have_attribute("data-state", "maintenance")
    assert stored(gate).maintenance_until == datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def test_another_group_says_at_once_what_it_hands_down(
    signed_in: Callable[..., Page], gate: Camera, group: CameraGroup
) -> None:
    page = signed_in(Role.OPERATOR)
    page.goto(f"/cameras/{gate.id}/edit")
    expect(page.locator("#check_interval_seconds-inherited")).to_contain_text("the general default")
    page.get_by_label("Group", exact=True).select_option("Gate")
    expect(page.locator("#check_interval_seconds-inherited")).to_contain_text("15 min, from Gate")


def test_what_is_wrong_is_in_sight_and_one_link_away(
    signed_in: Callable[..., Page], gate: Camera, watch: Watch
) -> None:
    page = signed_in(Role.OPERATOR)
    page.goto(f"/cameras/{gate.id}/edit")
    page.locator("#fps").evaluate("field => { field.value = 'many' }")  # in a folded section
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="Nothing is saved yet")).to_be_focused()
    page.get_by_role("link", name="Frames per second").click()
    expect(page.locator("#fps")).to_be_in_viewport()
    expect(page.locator("#fps")).to_have_attribute("aria-invalid", "true")
    watch.forgive("422")
