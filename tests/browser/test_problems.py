"""An operator's morning: the list of problems, one of them acknowledged in place while another one comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import RULES
from tests.views.conftest import change
from webapp.extensions import db
from webapp.models import Camera, CameraGroup, MaintenanceWindow, Mute, StatusChange


@pytest.fixture
def failing(make_camera: Callable[..., Camera]) -> Callable[..., Camera]:
    def make(name: str, minutes: int, status: str = "offline", outcome: str = "timeout", **fields: object) -> Camera:
        now = datetime.now(UTC)
        since = now - timedelta(minutes=minutes)
        known = {"status": status, "outcome": outcome, "checked_at": now, "next_due_at": now + timedelta(hours=1)}
        camera = make_camera(name=name, status_since=since, **(known | fields))
        db.session.add(StatusChange(camera_id=camera.id, at=since, old="live", new=status, reason=outcome))
        db.session.commit()
        return camera

    return make


def test_a_problem_is_acknowledged_in_place_and_typed_words_outlive_the_news(
    signed_in: Callable[..., Page], failing: Callable[..., Camera], make_camera: Callable[..., Camera]
) -> None:
    gate, fine = failing("Gate 2", 12), make_camera(name="Dock", status="live", next_due_at=datetime.now(UTC))
    page = signed_in()
    page.goto("/problems")
    row = page.locator(f"#p-{gate.id}")
    row.get_by_label("Reason for Gate 2").fill("power cut")
    now = datetime.now(UTC)
    db.session.add(StatusChange(camera_id=fine.id, at=now, old="live", new="offline", reason="refused"))
    later = now + timedelta(hours=1)
    change(fine, status="offline", outcome="refused", status_since=now, checked_at=now, next_due_at=later)
    expect(page.locator(".problem h2")).to_have_text(["Dock", "Gate 2"])
    expect(page.locator("#problems")).to_have_text("2 problems")
    row.get_by_role("button", name="Acknowledge Gate 2").press("Enter")
    expect(row).to_contain_text("A. Ruiz knows")
    expect(row).to_contain_text("power cut")
    expect(page.locator("#problems")).to_have_text("1 problem")
    row.get_by_role("button", name="Take back").click()
    expect(page.locator("#problems")).to_have_text("2 problems")


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_about_problems_and_maintenance(
    signed_in: Callable[..., Page], failing: Callable[..., Camera], scheme: str, width: int, tmp_path: Path
) -> None:
    yard = CameraGroup(name="Yard")
    db.session.add(yard)
    db.session.commit()
    now = datetime.now(UTC)
    gate = failing("Gate 2", 12, group_id=yard.id)
    failing("Turnstile with quite a long name, north side", 3, "degraded", "online", slow_checks=3, latency_ms=2300.0)
    failing("Roof", 90, "live", "online", flapping_since=now - timedelta(minutes=20))
    db.session.add(Mute(camera_id=gate.id, actor="Ada", reason="Roof works", ends_at=now + timedelta(hours=3)))
    weekly = {"weekdays": 0b10001, "time_zone": "Europe/Berlin", "minutes": 90}
    db.session.add(MaintenanceWindow(group_id=yard.id, reason="New switch", starts_at=now, **weekly))
    db.session.commit()
    page = signed_in(viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in ("/problems", f"/cameras/{gate.id}", f"/cameras/{gate.id}/mute", "/maintenance", "/maintenance/new"):
        page.goto(path)
        found = Axe().run(page, options=RULES)
        page.screenshot(path=tmp_path / f"{path.replace('/', '_')}.png", full_page=True)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
