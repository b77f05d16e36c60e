"""The group tree in a real browser: by keyboard alone, while it changes, without scripts, and for axe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.test_accessibility import RULES
from tests.views.group_tree import at, make_plant
from webapp.extensions import db
from webapp.models import Camera, CameraGroup
from webapp.schemas import GroupInput
from webapp.services import groups
from webapp.services.rights import EVERYTHING

NOW = datetime.now(UTC)


@pytest.fixture
def plant(app: Flask, make_camera: Callable[..., Camera]) -> CameraGroup:
    found = make_plant()
    for name in ("Barrier", "Kiosk"):
        group_id = at("Plant", "Building 2", "Gate").id
        make_camera(name=name, group_id=group_id, status="live", next_due_at=NOW + timedelta(hours=1))
    return found


def row(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.locator("#tree .row-line > a").filter(has=page.get_by_text(name, exact=True))


def seen(page: Page) -> list[str]:
    return page.locator("#tree .row-name:visible").all_inner_texts()


def focused(page: Page) -> str:
    name: str = page.evaluate(
        "document.activeElement.querySelector('.row-name')?.textContent ?? document.activeElement.id"
    )
    return name


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(80):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {selector}")


def test_by_keyboard_alone_a_group_is_found_made_moved_and_deleted(
    signed_in: Callable[..., Page], plant: CameraGroup, watch: Watch
) -> None:
    page = signed_in()
    tab_to(page, "#tree-filter")
    page.keyboard.type("building 2")
    expect(page.locator("[role=status]").filter(has_text="1 group matches")).to_have_count(1)
    assert seen(page) == ["Plant", "Building 2"]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Building 2")

    tab_to(page, "#group-menu-button")
    page.keyboard.press("Enter")
    tab_to(page, "#group-add")
    page.keyboard.press("Enter")
    page.wait_for_url("**/groups/new**")
    tab_to(page, "#name")
    page.keyboard.type("Dock")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dock")
    expect(page.locator(".crumbs")).to_have_text("Fleet › Plant › Building 2")

    _open_move_dialog(page)
    page.keyboard.type("depot")
    page.keyboard.press("Enter")
    expect(page.locator(".crumbs")).to_have_text("Fleet › Depot")
    expect(page.locator("#said")).to_contain_text("Dock is moved.")

    _a_move_into_itself_is_refused(page, plant)
    watch.forgive("422")
    _gate_is_deleted_its_cameras_go_to_dock(page)


def _a_move_into_itself_is_refused(page: Page, plant: CameraGroup) -> None:
    page.goto(f"/groups/{plant.id}")
    _open_move_dialog(page)
    groups.move(at("Depot"), at("Plant", "Building 1").id, NOW, EVERYTHING)  # somebody else, while the dialog is open
    page.keyboard.type("depot")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    problem = page.locator("#parent_id-problem")
    expect(problem).to_have_text("“Plant” cannot move there: “Depot” lies within it. Choose a group outside of it.")
    expect(page.locator("#parent_id")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.dialog")).to_have_count(0)
    expect(page.locator("#group-menu-button")).to_be_focused()


def _gate_is_deleted_its_cameras_go_to_dock(page: Page) -> None:
    page.goto(f"/groups/{at('Plant', 'Building 2', 'Gate').id}/delete")
    expect(page.locator("main")).to_contain_text("It holds 2 cameras. No camera is deleted: say where they go.")
    tab_to(page, "[data-narrows]")
    page.keyboard.type("dock")
    tab_to(page, "main button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dock")
    expect(page.locator("#said")).to_contain_text("Gate is deleted. 2 cameras moved to Dock.")
    expect(page.locator("[data-name='Barrier']")).to_be_visible()


def _open_move_dialog(page: Page) -> None:
    tab_to(page, "#group-menu-button")
    page.keyboard.press("Enter")
    tab_to(page, "#group-move")
    page.keyboard.press("Enter")
    expect(page.locator("dialog.dialog [data-narrows]")).to_be_focused()


def test_arrow_keys_walk_the_tree_and_folds_are_kept(signed_in: Callable[..., Page], plant: CameraGroup) -> None:
    page = signed_in()
    row(page, "Plant").focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Building 1"
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "Plant"
    page.keyboard.press("ArrowLeft")
    assert seen(page) == ["All cameras", "Depot", "Plant"]
    page.reload()
    assert seen(page) == ["All cameras", "Depot", "Plant"]
    row(page, "Plant").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Building 1"
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    assert focused(page) == "tree-filter"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "All cameras"


def test_the_way_to_the_current_group_is_open_whatever_was_folded(
    signed_in: Callable[..., Page], plant: CameraGroup
) -> None:
    page = signed_in()
    row(page, "Plant").focus()
    page.keyboard.press("ArrowLeft")
    page.goto(f"/groups/{at('Plant', 'Building 2', 'Gate').id}")
    expect(row(page, "Gate")).to_be_visible()
    expect(row(page, "Gate")).to_have_attribute("aria-current", "page")


def test_a_filter_stays_while_the_tree_changes_and_escape_ends_it(
    signed_in: Callable[..., Page], plant: CameraGroup
) -> None:
    page = signed_in()
    row(page, "Building 2").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_label("Filter groups").fill("GATE")
    assert seen(page) == ["Plant", "Building 2", "Gate"]
    groups.create(GroupInput(name="North gate"), NOW, EVERYTHING)
    expect(row(page, "North gate")).to_be_visible()
    assert seen(page) == ["North gate", "Plant", "Building 2", "Gate"]
    expect(page.locator("#tree-hits")).to_have_text("2 groups match")
    page.get_by_label("Filter groups").fill("nowhere")
    expect(page.locator("#tree-hits")).to_have_text("No group is called that")
    page.keyboard.press("Escape")
    assert seen(page) == ["All cameras", "Depot", "North gate", "Plant", "Building 1", "Building 2"]


def test_the_settings_a_new_group_would_inherit_follow_the_place_one_chooses(
    signed_in: Callable[..., Page], plant: CameraGroup
) -> None:
    groups.update(plant, GroupInput(name="Plant", retention_days=7), NOW, EVERYTHING)
    page = signed_in()
    page.goto("/groups/new")
    page.get_by_label("Detection sensitivity").fill("0.4")
    page.get_by_label("Lies in").select_option("Plant")
    expect(page.locator("#retention_days-hint")).to_have_text("Inherited: 7 days, from Plant.")
    expect(page.get_by_label("Detection sensitivity")).to_have_value("0.4")


def test_without_scripts_the_tree_lies_open_and_every_form_works(
    signed_in: Callable[..., Page], plant: CameraGroup
) -> None:
    page = signed_in(java_script_enabled=False)
    assert seen(page) == ["All cameras", "Depot", "Plant", "Building 1", "Building 2", "Gate"]
    expect(page.get_by_label("Filter groups")).to_be_hidden()
    row(page, "Building 2").click()
    page.get_by_label("Change Building 2").click()
    page.get_by_role("link", name="Add sub-group").click()
    page.get_by_label("Name", exact=True).fill("Dock")
    page.get_by_role("button", name="Add group").click()
    page.get_by_label("Change Dock").click()
    page.get_by_role("link", name="Move…").click()
    page.get_by_label("Move it to").select_option("Plant › Building 1")
    page.get_by_role("button", name="Move").click()
    expect(page.locator(".crumbs")).to_have_text("Fleet › Plant › Building 1")
    page.goto(f"/groups/{at('Plant', 'Building 2').id}/delete")
    page.get_by_label("are deleted too").check()
    page.get_by_role("button", name="Delete this group").click()
    expect(page.locator("#said")).to_contain_text("2 cameras moved to Plant.")
    db.session.rollback()
    assert db.session.query(CameraGroup).filter_by(name="Gate").count() == 0


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_a_phone_scrolls_in_one_direction_only(
    signed_in: Callable[..., Page], plant: CameraGroup, scheme: str, width: int
) -> None:
    page = signed_in(viewport={"width": width, "height": 800}, color_scheme=scheme)
    gate = at("Plant", "Building 2", "Gate")
    for path in (
        f"/groups/{plant.id}",
        "/groups/new",
        *(f"/groups/{gate.id}/{act}" for act in ("edit", "move", "delete")),
    ):
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(f"/groups/{gate.id}")
    page.locator("#group-menu-button").click()
    page.locator("#group-move").click()
    expect(page.locator("dialog.dialog [data-narrows]")).to_be_focused()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
