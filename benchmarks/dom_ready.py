"""How long a browser takes from the click to a page that can be used, where Playwright and Chromium are installed."""

from __future__ import annotations

import statistics
import threading
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from benchmarks.measure import say

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
REPEATS = 5
READY = "() => { const t = performance.getEntriesByType('navigation')[0]; return t.domContentLoadedEventEnd }"


def dom_ready_ms(app: Flask, path: str, email: str, password: str) -> float | None:
    """Milliseconds until DOMContentLoaded has been handled, the median of some loads; None without a browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        say("pages: Playwright is not installed; nothing is said of the browser")
        return None
    if not CHROMIUM.exists():
        say(f"pages: there is no {CHROMIUM}; nothing is said of the browser")
        return None
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            page = browser.new_page(base_url=f"http://127.0.0.1:{server.port}", viewport={"width": 1440, "height": 900})
            page.goto("/login")
            page.get_by_label("E-mail").fill(email)
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/cameras")
            return statistics.median(_load(page, path) for _ in range(REPEATS))
    finally:
        server.shutdown()
        server.server_close()


def _load(page, path: str) -> float:  # type: ignore[no-untyped-def]
    page.goto(path)
    found: float = page.evaluate(READY)
    return found
