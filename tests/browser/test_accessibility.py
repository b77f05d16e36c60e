"""No violation of WCAG 2.2 A and AA that axe can see: every page, dark and light, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Watch
from webapp.models import Camera

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
STATES = {"live": "online", "degraded": "online", "offline": "timeout", "idle": None}


@pytest.fixture
def fleet(make_camera: Callable[..., Camera]) -> list[Camera]:
    now = datetime.now(UTC)
    later = now + timedelta(minutes=5)
    known = [
        make_camera(name=f"Camera {status}", status=status, outcome=outcome, checked_at=now, next_due_at=later)
        for status, outcome in STATES.items()
    ]
    unknown = make_camera(name="Lost", status="live", outcome="online", next_due_at=now - timedelta(hours=1))
    resting = make_camera(name="Resting", status="live", next_due_at=later, maintenance_until=later)
    return [*known, unknown, resting, make_camera(name="Off", status="live", is_active=False)]


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(
    signed_in: Callable[..., Page], fleet: list[Camera], scheme: str, width: int, watch: Watch
) -> None:
    page = signed_in(viewport={"width": width, "height": 800}, color_scheme=scheme)
    camera = fleet[2]
    for path in (
        "/cameras",
        "/cameras?view=table&tag=night&sort=-name",
        "/cameras?view=table",
        "/cameras?view=matrix",
        "/views",
        f"/cameras/{camera.id}",
        "/cameras/new",
        f"/cameras/{camera.id}/edit",
        f"/cameras/{camera.id}/maintenance",
        f"/cameras/{camera.id}/delete",
        f"/cameras/{camera.id}/history",
        f"/cameras/{camera.id}/timeline",
        f"/cameras/{camera.id}/timeline?from=x&to=y",
        "/timeline?range=7d",
        "/cameras/export/options",
        "/audit",
        "/bulk",
        "/imports",
        "/imports/new",
        "/me",
        "/users",
        "/users/invite",
        "/tokens",
        "/nothing",
    ):
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    watch.forgive("404")
    watch.forgive("422")


def test_axe_finds_nothing_on_the_sign_in_page(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto("/login")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def test_a_phone_scrolls_in_one_direction_only(signed_in: Callable[..., Page], fleet: list[Camera]) -> None:
    page = signed_in(viewport={"width": 390, "height": 844})
    for path in (
        "/cameras",
        "/cameras?view=table&tag=night&reason=timeout&active=yes",
        "/cameras?view=table",
        "/cameras?view=matrix",
        "/views",
        f"/cameras/{fleet[0].id}",
        f"/cameras/{fleet[0].id}/timeline",
        "/timeline",
        "/cameras/new",
        "/audit",
        "/cameras/export/options",
        "/imports",
        "/imports/new",
        "/me",
        "/users",
        "/users/invite",
        "/tokens",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
