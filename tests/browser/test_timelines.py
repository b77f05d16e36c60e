"""Asking a camera's past: ranges that stay in the address, an answer in a sentence, bars that lead to their row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.test_accessibility import RULES
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, StatusChange, new_id

VIENNA = "Europe/Vienna"


@pytest.fixture
def gate(make_camera: Callable[..., Camera]) -> Camera:
    """Two hours ago it did not answer for half an hour; three days ago nobody looked for an hour."""
    now = datetime.now(UTC)
    group = CameraGroup(id=new_id(), name="North")
    db.session.add(group)
    db.session.flush()
    created = {"created_at": now - timedelta(days=20), "next_due_at": now + timedelta(minutes=10), "group_id": group.id}
    camera = make_camera(name="Gate 2", status="live", checked_at=now, **created)
    for hours, length, status, reason in ((72, 1, "unknown", "skipped"), (2, 0.5, "offline", "timeout")):
        begin, end = (now - timedelta(hours=hours - later) for later in (0, length))
        db.session.add(StatusChange(camera_id=camera.id, at=begin, old="live", new=status, reason=reason))
        db.session.add(StatusChange(camera_id=camera.id, at=end, old=status, new="live", reason="online"))
    db.session.commit()
    return camera


def test_the_past_is_one_click_away_and_the_address_keeps_its_range(
    signed_in: Callable[..., Page], gate: Camera, watch: Watch
) -> None:
    page = signed_in()
    page.goto(f"/cameras/{gate.id}")
    page.get_by_role("link", name="Timeline of Gate 2").press("Enter")
    answer = page.get_by_role("region", name="Was it watched?")
    expect(answer).to_contain_text("Watched 97.91 % of the time.")
    expect(answer).to_contain_text("no answer")
    before = len(watch.requests)
    page.get_by_role("link", name="7 d").press("Enter")
    expect(answer).to_contain_text("not checked, so not known")
    expect(page).to_have_url(f"/cameras/{gate.id}/timeline?range=7d")
    assert len([url for url in watch.requests[before:] if "/timeline" in url]) == 1
    page.get_by_role("link", name="Others in North").click()
    expect(page.get_by_role("row", name="Gate 2")).to_contain_text("30 min")
    page.go_back()
    expect(page.get_by_role("link", name="7 d")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(answer).to_contain_text("Watched 97.91 % of the time.")


def test_a_bar_leads_to_its_row_and_the_row_closer(signed_in: Callable[..., Page], gate: Camera) -> None:
    page = signed_in()
    page.goto(f"/cameras/{gate.id}/timeline")
    page.get_by_role("group", name="State over time").get_by_role("link").press("Enter")
    row = page.get_by_role("row").filter(has_text="no answer")
    assert page.url.endswith(row.get_attribute("id") or "-")
    row.get_by_role("link", name="Closer").press("Enter")
    expect(page.get_by_role("region", name="Was it watched?")).to_contain_text("Watched 33")


def test_a_range_of_ones_own_is_read_in_the_zone_of_the_browser(
    signed_in: Callable[..., Page], gate: Camera, watch: Watch
) -> None:
    page = signed_in(timezone_id=VIENNA)
    page.goto(f"/cameras/{gate.id}/timeline")
    expect(page.locator(".range-zone")).to_contain_text("Vienna, UTC+")
    page.get_by_label("From").fill("2026-01-10T07:30")
    page.get_by_label("to", exact=True).fill("2026-01-10T07:00")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("The end must come after the beginning.")).to_be_visible()
    watch.forgive("422")


def test_it_answers_without_javascript(signed_in: Callable[..., Page], gate: Camera) -> None:
    page = signed_in(java_script_enabled=False)
    page.goto(f"/cameras/{gate.id}/timeline")
    page.get_by_role("link", name="30 d").click()
    expect(page.get_by_role("region", name="Was it watched?")).to_contain_text("not checked, so not known")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("region", name="Outages in this range")).to_contain_text("no answer")


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_in_a_past_with_outages(
    signed_in: Callable[..., Page], gate: Camera, scheme: str, width: int
) -> None:
    page = signed_in(viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in (f"/cameras/{gate.id}/timeline?range=7d", f"/groups/{gate.group_id}/timeline?range=30d"):
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
