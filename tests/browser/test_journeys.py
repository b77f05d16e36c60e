"""What people do, from the first click to the last, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from simulator.running import RunningFarm
from tests.browser.conftest import Watch
from tests.conftest import PASSWORD
from webapp.extensions import db, settings
from webapp.models import Camera, Role, User, utc_now
from webapp.services import admins, cameras, live, me, setup
from webapp.services.rights import EVERYTHING
from webapp.storage import storage_from_settings

PIXEL = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d"
    "1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f000001050101"
    "0101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d010203000411051221314106"
    "13516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455"
    "565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9ba"
    "c2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00fbd3ffd9"
)


def give_picture(camera: Camera, data: bytes = PIXEL) -> str:
    """Store a picture as the sweep does; gives its hash."""
    import hashlib

    storage_from_settings(settings).put(f"latest/{camera.id}.jpg", data)
    camera.picture_hash, camera.picture_at = hashlib.sha256(data).hexdigest()[:16], datetime.now(UTC)
    db.session.commit()
    return camera.picture_hash


def tile(page: Page, camera: Camera):  # type: ignore[no-untyped-def]
    return page.locator(f"[data-camera-id='{camera.id}']")


@pytest.fixture
def lobby(make_camera: Callable[..., Camera]) -> Camera:
    soon = datetime.now(UTC) + timedelta(seconds=5)
    return make_camera(name="Lobby", status="live", outcome="online", checked_at=datetime.now(UTC), next_due_at=soon)


def test_a_wrong_password_is_said_and_the_right_one_signs_in(
    new_page: Callable[..., Page], make_user: Callable[..., User], watch: Watch
) -> None:
    page, user = new_page(), make_user(Role.VIEWER)
    page.goto("/cameras?status=offline")
    page.wait_for_url("**/login?next=**")
    for password in ("wrong", PASSWORD):
        page.get_by_label("E-mail").fill(user.email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        if password == "wrong":
            expect(page.get_by_role("alert").first).to_be_visible()
    page.wait_for_url("**/cameras?status=offline")
    expect(page.get_by_role("link", name="Add camera")).to_have_count(0)
    watch.forgive("422")
    watch.forgive("401")


def test_the_setup_link_makes_the_first_admin(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"/setup/{setup.make_token()}")
    page.get_by_label("E-mail").fill("root@example.com")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button").last.click()
    page.wait_for_url("**/cameras")
    assert admins.exist()


def test_a_technician_tests_a_camera_and_saves_it(
    signed_in: Callable[..., Page], farm: RunningFarm, worker: None
) -> None:
    page = signed_in(Role.OPERATOR)
    page.get_by_role("link", name="Add camera").first.click()
    page.get_by_label("Name", exact=True).fill("Gate 2 · north")
    page.get_by_label("RTSP URL").fill(farm.url("/sim/none/door-h264-360p-gop1-mid-digest/1"))
    page.get_by_label("User name").fill("viewer")
    page.get_by_label("Password", exact=True).fill("see no evil")
    page.get_by_role("button", name="Test connection").click()
    page.wait_for_selector("#connection-test[data-outcome='online']", timeout=20_000)
    assert page.locator("#connection-test img").evaluate("i => i.decode().then(() => i.naturalWidth)") == 640
    assert page.locator(".step-ok").count() >= 4
    page.get_by_role("button", name="Use these values").click()
    expect(page.get_by_label("Resolution")).to_have_value("640x360")
    page.get_by_role("button", name="Add camera").click()
    page.wait_for_url("**/cameras/*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gate 2 · north")
    page.get_by_role("button", name="Check now").click()
    page.wait_for_selector(".pic img", timeout=20_000)
    expect(page.locator("#main")).to_contain_text("h264")
    assert "see no evil" not in page.content()


def test_a_test_with_a_wrong_password_says_what_to_do(
    signed_in: Callable[..., Page], farm: RunningFarm, worker: None
) -> None:
    page = signed_in(Role.OPERATOR)
    page.goto("/cameras/new")
    page.get_by_label("RTSP URL").fill(farm.url("/sim/none/door-h264-360p-gop1-mid-digest/2"))
    page.get_by_label("User name").fill("viewer")
    page.get_by_label("Password", exact=True).fill("guess")
    page.get_by_role("button", name="Test connection").click()
    page.wait_for_selector("#connection-test[data-outcome='auth_failed']", timeout=20_000)
    expect(page.locator("#connection-test")).to_contain_text("Check user name and password")


def test_a_wrong_url_is_refused_at_its_field(signed_in: Callable[..., Page], watch: Watch) -> None:
    page = signed_in(Role.OPERATOR)
    page.goto("/cameras/new")
    page.get_by_label("Name", exact=True).fill("Bad")
    page.get_by_label("RTSP URL").fill("http://10.0.0.1/")
    page.get_by_role("button", name="Add camera").click()
    field = page.get_by_label("RTSP URL")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(f"#{field.get_attribute('aria-describedby').split()[0]}")).to_contain_text("rtsp")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Bad")
    watch.forgive("422")


def test_a_tile_changes_while_its_picture_element_stays(signed_in: Callable[..., Page], lobby: Camera) -> None:
    first = give_picture(lobby)
    page = signed_in()
    image = tile(page, lobby).locator("img").element_handle()
    tile(page, lobby).get_by_role("link", name="Lobby", exact=True).focus()
    second = give_picture(lobby, PIXEL + b"\x00")
    lobby.status, lobby.outcome, lobby.status_since = "offline", "timeout", datetime.now(UTC)
    lobby.next_due_at = datetime.now(UTC) + timedelta(minutes=5)
    db.session.commit()
    live.publish([lobby.id], status_changed=True)
    expect(tile(page, lobby)).to_have_attribute("data-state", "offline", timeout=15_000)
    expect(tile(page, lobby)).to_contain_text("no answer")
    page.wait_for_function("([image, hash]) => image.src.includes(hash)", arg=[image, second])
    assert image.evaluate("image => image.isConnected")
    assert first != second
    assert page.evaluate("document.activeElement.id") == f"c-{lobby.id}-a"
    expect(page.locator("#problems")).to_contain_text("1")


def test_nothing_on_the_page_moves_while_nothing_changes(signed_in: Callable[..., Page], lobby: Camera) -> None:
    lobby.next_due_at = datetime.now(UTC) + timedelta(minutes=5)
    db.session.commit()
    page = signed_in()
    page.evaluate(
        "() => { window.moves = 0; new MutationObserver(found => { window.moves += found.length }).observe("
        "document.querySelector('.layout'), {subtree: true, childList: true, attributes: true}) }"
    )
    with page.expect_response("**/live/cameras**", timeout=15_000) as answer:
        pass
    assert answer.value.status == 204
    page.wait_for_timeout(300)
    assert page.evaluate("window.moves") <= 2  # htmx marks the poller as busy, and as idle again


def test_a_hidden_tab_is_silent_and_asks_at_once_when_it_is_seen_again(
    signed_in: Callable[..., Page], lobby: Camera, watch: Watch
) -> None:
    page = signed_in()
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', {get: () => window.away, configurable: true});"
        " window.away = true; document.dispatchEvent(new Event('visibilitychange')) }"
    )
    watch.requests.clear()
    page.wait_for_timeout(12_000)
    assert [url for url in watch.requests if url.startswith("/live/")] == []
    with page.expect_request("**/live/cameras**", timeout=2000):
        page.evaluate("() => { window.away = false; document.dispatchEvent(new Event('visibilitychange')) }")


def test_a_paused_page_is_silent(signed_in: Callable[..., Page], lobby: Camera, watch: Watch) -> None:
    page = signed_in()
    page.keyboard.press("p")
    expect(page.locator("#live-control")).to_contain_text("Paused")
    watch.requests.clear()
    page.wait_for_timeout(7000)
    assert [url for url in watch.requests if url.startswith("/live/")] == []


def test_pause_holds_whatever_happens_and_ends_at_the_earlier_pace(
    signed_in: Callable[..., Page], lobby: Camera, watch: Watch
) -> None:
    page = signed_in()
    page.locator("#live-control summary").click()
    page.locator("#live-control button[value='15']").click()
    expect(page.locator("#live-control summary")).to_contain_text("15 s")
    page.keyboard.press("p")
    expect(page.locator("#live-control")).to_have_attribute("data-paused", "true")
    watch.requests.clear()
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(500)
    assert [url for url in watch.requests if url.startswith("/live/")] == []
    page.keyboard.press("p")
    expect(page.locator("#live-control summary")).to_contain_text("15 s")


def test_what_happened_while_redis_was_away_is_made_up_for(
    app: Flask, signed_in: Callable[..., Page], lobby: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, pool = signed_in(), app.extensions["redis_pool"]
    with monkeypatch.context() as away:
        away.setitem(pool.connection_kwargs, "path", "/nowhere/redis.sock")
        pool.reset()
        page.evaluate("htmx.trigger('#live', 'live:now')")
        expect(page.locator("#banner")).to_contain_text("Live updates are interrupted", timeout=20_000)
        cameras.delete(lobby, utc_now(), EVERYTHING)
    pool.reset()
    page.evaluate("htmx.trigger('#live', 'live:now')")
    expect(page.locator(".tile.is-deleted")).to_have_count(1, timeout=20_000)
    expect(page.locator("#banner")).to_be_hidden(timeout=20_000)


def test_an_ended_session_leads_to_the_sign_in_page(
    signed_in: Callable[..., Page], lobby: Camera, watch: Watch
) -> None:
    page = signed_in()
    for user in db.session.query(User):
        me.sign_out_everywhere(user, utc_now())
    page.wait_for_url("**/login?next=**", timeout=15_000)
    assert page.locator(".tile").count() == 0
    watch.forgive("401")


def test_without_a_worker_tiles_turn_unknown_under_a_banner(signed_in: Callable[..., Page], lobby: Camera) -> None:
    give_picture(lobby)
    page = signed_in()
    expect(tile(page, lobby)).to_have_attribute("data-state", "live")
    expect(tile(page, lobby)).to_have_attribute("data-state", "unknown", timeout=30_000)
    expect(page.locator("#banner")).to_contain_text("not being checked", timeout=15_000)
    lobby.checked_at = datetime.now(UTC)
    lobby.next_due_at = lobby.checked_at + timedelta(minutes=5)
    db.session.commit()
    live.note_batch(datetime.now(UTC), live.Counts(done=1), datetime.now(UTC))
    live.publish([lobby.id], status_changed=False)
    expect(tile(page, lobby)).to_have_attribute("data-state", "live", timeout=15_000)
    expect(page.locator("#banner")).to_be_hidden(timeout=15_000)


def test_search_and_filter_stay_in_the_address(
    signed_in: Callable[..., Page], lobby: Camera, make_camera: Callable[..., Camera]
) -> None:
    make_camera(name="Dock", status="offline", next_due_at=datetime.now(UTC) + timedelta(minutes=5))
    page = signed_in()
    page.keyboard.press("/")
    page.keyboard.type("dock")
    expect(page.locator(".tile")).to_have_count(1)
    page.wait_for_url("**/cameras?q=dock**")
    page.reload()
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator(".tile")).to_contain_text("Dock")


def test_it_works_without_javascript(
    new_page: Callable[..., Page], make_user: Callable[..., User], lobby: Camera
) -> None:
    page, user = new_page(java_script_enabled=False), make_user(Role.OPERATOR)
    page.goto("/login")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("searchbox").fill("lob")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Lobby", exact=True).click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name", exact=True).fill("Lobby south")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lobby south")


def test_the_keyboard_alone_finds_and_opens_a_camera(signed_in: Callable[..., Page], lobby: Camera) -> None:
    page = signed_in()
    page.keyboard.press("/")
    page.keyboard.type("lobby")
    page.wait_for_url("**q=lobby**")
    started = time.monotonic()
    while page.evaluate("document.activeElement.id") != f"c-{lobby.id}-a" and time.monotonic() - started < 10:
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cameras/{lobby.id}")
