"""A camera that was turned away: told with the pictures to compare, and ended by who calls the view right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from simulator.faults import Fault
from simulator.running import RunningFarm
from tests.browser.test_accessibility import RULES
from tests.browser.test_demo_fleet import check_all
from webapp.extensions import db
from webapp.models import Camera

PATH = "/sim/none/door-h264-360p-gop1-key/4711"

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture
def turned(farm: RunningFarm, make_camera: Callable[..., Camera]) -> Camera:
    camera = make_camera(name="Staff door", rtsp_url=farm.url(PATH))
    for minutes_ago in (6, 5, 4):
        check_all(minutes_ago)
    farm.set_fault(PATH, Fault.MOVED)
    for minutes_ago in (3, 2):
        check_all(minutes_ago)
    db.session.refresh(camera)
    assert camera.findings == ("moved",)
    return camera


def test_this_view_is_right_now(
    turned: Camera, worker: None, signed_in: Callable[..., Page], pytestconfig: pytest.Config
) -> None:
    page = signed_in()
    page.goto(f"/cameras/{turned.id}")
    health = page.get_by_role("region", name="Image health")
    expect(health).to_contain_text("The camera shows another view than its reference picture.")
    _compare(page)
    found = Axe().run(page, context="#image-health", options=RULES)
    assert found.violations_count == 0, found.generate_report()
    if folder := pytestconfig.getoption("--shots"):
        page.screenshot(path=Path(folder) / "image-health.jpg", type="jpeg", quality=82, full_page=True)
    page.get_by_role("button", name="This view is right now").click()
    expect(health).to_contain_text("Nothing is wrong with its picture.")
    expect(health).to_contain_text("called right")
    expect(page.locator("#camera")).to_have_attribute("data-state", "live")


def _compare(page: Page) -> None:
    """By keyboard; the slider stays where it is when the page learns something new."""
    pair = page.locator("[data-compare]")
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("End")
    assert pair.evaluate("pair => getComputedStyle(pair).getPropertyValue('--at')") == "100%"
    for picture in pair.locator("img").all():
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    slider.press("Home")
    slider.press("PageUp")
