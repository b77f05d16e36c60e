"""The simulated fleet, checked over real RTSP: every tile tells the truth. The README's pictures are taken here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from simulator.faults import PICTURES, Fault
from simulator.fleet import DemoCamera, demo_cameras, demo_specs
from simulator.running import running_farm
from webapp import demo
from webapp.extensions import db
from webapp.models import Camera, StatusChange, utc_now
from webapp.services import sweep, sweep_plan

PASSING = set(Fault) - set(PICTURES) - {Fault.LOW_FPS, Fault.SLOW}
"""Faults that come and go; the others are how the camera is."""


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"CHECK_INTERVAL_SECONDS": 60, "CHECK_DEADLINE_SECONDS": 8.0}


@pytest.fixture
def fleet(site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[DemoCamera]]:
    """The demo's cameras, which were well until their faults came two minutes ago."""
    specs = demo_specs()
    with running_farm(specs) as farm:
        monkeypatch.setenv("SIMULATOR_PORT", str(farm.port))
        demo.enter_fleet(utc_now())
        for spec in specs:
            farm.set_fault(spec.path, Fault.NONE if spec.fault in PASSING | {Fault.MOVED} else spec.fault, spec.number)
        for minutes_ago in (6, 5, 4):  # until a view is known, and a picture known to be the same again and again
            check_all(minutes_ago, *(spec.path for spec in specs if spec.fault in (Fault.MOVED, Fault.FROZEN)))
        check_all(minutes_ago=3)
        pretend_it_was_so_for_a_day()
        for spec in specs:
            farm.set_fault(spec.path, spec.fault, None if spec.fault is Fault.MOVED else spec.number)
        check_all(minutes_ago=2)
        check_all(minutes_ago=0)
        yield demo_cameras("127.0.0.1", farm.port)


def check_all(minutes_ago: int, *paths: str) -> None:
    """All of them, or those at these paths of the farm."""
    now = utc_now() - timedelta(minutes=minutes_ago)
    db.session.query(Camera).update({"next_due_at": now})
    db.session.commit()
    chosen = [c.id for c in db.session.query(Camera) if not paths or c.rtsp_url.endswith(paths)]
    sweep.run_batch(sweep_plan.tick_of(now), chosen, now)


def pretend_it_was_so_for_a_day() -> None:
    day = timedelta(hours=25)
    for row in [*db.session.query(Camera), *db.session.query(StatusChange)]:
        moment = "created_at" if isinstance(row, Camera) else "at"
        setattr(row, moment, getattr(row, moment) - day)
    db.session.commit()


def test_every_tile_of_the_demo_tells_the_truth(
    fleet: list[DemoCamera], signed_in: Callable[..., Page], pytestconfig: pytest.Config
) -> None:
    folder = pytestconfig.getoption("--shots")
    page = signed_in(color_scheme="dark")
    page.goto("/cameras?size=120")
    expect(page.locator(".tile")).to_have_count(len(fleet))
    if folder:
        _save(page, Path(folder) / "grid.jpg")
    read = "tiles => tiles.map(t => [t.dataset.name, t.dataset.state, t.dataset.outcome])"
    shown = sorted(map(tuple, page.locator(".tile").evaluate_all(read)))
    steady = {(c.name, c.expected_state, c.expected_outcome) for c in fleet if not c.varies}
    assert steady <= set(shown)
    assert len(shown) == len(fleet)
    _look_at_one(page, folder)


def _look_at_one(page: Page, folder: str | None) -> None:
    page.get_by_role("link", name="Basement 1", exact=True).click()
    expect(page.locator("#main")).to_contain_text("Check power, cable and switch")
    if folder:
        _save(page, Path(folder) / "camera.jpg")
    page.goto("/cameras?q=lobby")
    page.locator(".tile a").first.click()
    picture = page.locator(".pic img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640


def _save(page: Page, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.wait_for_function("() => [...document.images].slice(0, 12).every(image => image.complete)")
    page.screenshot(path=path, type="jpeg", quality=82)
