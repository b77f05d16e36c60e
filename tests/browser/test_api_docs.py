"""Swagger UI and ReDoc: they show what there is, under their policy, and ask nobody else for anything."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD
from webapp.models import User


def test_an_operation_can_be_tried_out_with_a_token(
    new_page: Callable[..., Page], make_user: Callable[..., User]
) -> None:
    user, page = make_user(), new_page()
    page.goto("/docs")
    expect(page.get_by_text("List cameras, filtered, sorted, in pages.")).to_be_visible()
    token = page.request.post("/api/v1/auth/login", data={"username": user.email, "password": PASSWORD}).json()
    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("auth-bearer-value").fill(token["data"]["accessToken"])
    page.locator(".auth-btn-wrapper button[type=submit]").click()
    page.locator(".auth-btn-wrapper").get_by_text("Close").click()
    page.locator("#operations-Cameras-camera_files_summary .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table td.response-col_status").last).to_contain_text("200")


def test_redoc_draws_the_whole_reference(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto("/redoc")
    expect(page.get_by_role("heading", name="List cameras, filtered, sorted, in pages.")).to_be_visible()
    expect(page.get_by_role("heading", name="Camera groups").first).to_be_visible()
