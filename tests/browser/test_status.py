"""Somebody looks whether the system keeps up: the page stays live by itself, on a desk and on a phone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import RULES
from webapp.extensions import settings
from webapp.models import utc_now
from webapp.services import live
from webapp.services.live import Counts
from webapp.services.sweep_plan import tick_of


@pytest.fixture
def history(app: Flask) -> None:
    """An hour of sweeps, one of them too long, two of them never run."""
    now, length = utc_now(), timedelta(seconds=settings.CHECK_INTERVAL_SECONDS)
    for number in range(60):
        tick = tick_of(now) - number * length
        if number not in (7, 8):
            live.note_planned(tick, 300, tick)
            took = length.total_seconds() * (1.3 if number == 20 else 0.3 + number % 7 / 20)
            live.note_batch(tick, Counts(done=300, late=5 * (number == 20)), tick + timedelta(seconds=took))
    live.note_heartbeat(now)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_readable_for_everybody(
    signed_in: Callable[..., Page], history: None, scheme: str, width: int, tmp_path: Path
) -> None:
    page = signed_in(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    page.goto("/status")
    expect(page.get_by_role("heading", name="System status")).to_be_visible()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("KEEP_SHOTS"):
        page.screenshot(path=f"{folder}/status-{scheme}-{width}.png", full_page=True)


def test_what_is_mended_turns_well_by_itself(signed_in: Callable[..., Page], history: None) -> None:
    page = signed_in()
    live.note_heartbeat(utc_now() - timedelta(minutes=5))
    page.goto("/status")
    page.get_by_text(re.compile("All .* checks")).click()
    trouble = page.locator(".system-trouble")
    expect(trouble.get_by_text("The scheduler has given no sign of life since")).to_be_visible()
    live.note_heartbeat(utc_now())
    expect(trouble.get_by_text("The scheduler has given no sign of life since")).to_have_count(0)
    expect(page.locator("#system-checks")).to_have_attribute("open", "")
