"""An operator records a camera, watches the clip on its page, and jumps in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from simulator.running import RunningFarm
from tests.browser.conftest import ROOT
from tests.browser.test_accessibility import RULES
from webapp.models import Camera, Role

DURATION = "video => video.readyState > 0 ? video.duration : 0"


@pytest.fixture
def slow_worker(app: Flask, overrides: dict[str, Any]) -> Iterator[None]:
    environ = os.environ | {
        "DATA_DIR": str(overrides["DATA_DIR"]),
        "REDIS_URL": overrides["REDIS_URL"],
        "CAMERA_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    process = subprocess.Popen([sys.executable, "-m", "jobs.worker", "slow"], env=environ, cwd=ROOT)
    yield
    process.terminate()
    process.wait(20)


def test_a_camera_is_recorded_and_the_clip_played(
    signed_in: Callable[..., Page], make_camera: Callable[..., Camera], farm: RunningFarm, slow_worker: None
) -> None:
    camera = make_camera(name="Gate", rtsp_url=farm.url("/sim/none/door-h264-360p-gop2-key/9001"))
    page = signed_in(Role.OPERATOR)
    page.goto(f"/cameras/{camera.id}")
    page.get_by_label("Record for").select_option("5")
    page.get_by_role("button", name="Record a clip").click()
    page.wait_for_url("**/clips")
    expect(page.locator("[data-clip-state=done]")).to_be_visible(timeout=30_000)
    video = page.locator("video")
    page.wait_for_function("() => document.querySelector('video').readyState > 0")
    assert 2 < video.evaluate(DURATION) < 7
    video.evaluate("video => { video.currentTime = 2 }")
    page.wait_for_function(
        "() => { const v = document.querySelector('video'); return !v.seeking && v.currentTime >= 2 }"
    )
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nothing was recorded yet.")).to_be_visible()
