"""What pages cost: a poll without and one with changed tiles, and the first page, against an empty view."""

from __future__ import annotations

import re
import secrets
import statistics
import time
from collections.abc import Callable
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from flask_login import login_required
from sqlalchemy import event
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from benchmarks.measure import Figures, say
from benchmarks.stack import add_cameras, stack
from webapp.extensions import db
from webapp.models import Role, User
from webapp.services import live

FLEETS = (100, 5000)
CHANGED = 33
ROUNDS = 300


def measure(figures: Figures, _seconds: float) -> None:
    for database in ("sqlite", "postgresql"):
        with stack(database) as running:
            _measure_on(figures, running.app, database)


def _measure_on(figures: Figures, app: Flask, database: str) -> None:
    app.add_url_rule("/empty", "empty", login_required(lambda: ""))
    client = _signed_in(app)
    ids: list[str] = []
    queries: dict[int, int] = {}
    for size in FLEETS:
        say(f"pages: {database}, {size} cameras …")
        ids += add_cameras([f"rtsp://10.0.{n // 250}.{n % 250}/s" for n in range(len(ids), size)])
        live.publish(ids[:1], status_changed=True)
        queries[size] = _queries(lambda: client.get("/cameras"))
    page = client.get("/cameras")
    poll = unescape(re.search(r'hx-get="(/live/cameras[^"]*)"', page.text)[1])  # type: ignore[index]
    times = _medians_ms({"empty": lambda: client.get("/empty"), "204": lambda: client.get(poll)}, ROUNDS)
    times |= _medians_ms({"first": lambda: client.get("/cameras")}, 30)
    live.publish(_on_page(page.text)[:CHANGED], status_changed=False)
    times |= _medians_ms({"33": lambda: client.get(poll)}, 60)
    _note(figures, database, times, queries, len(page.data))
    figures.ratio(f"poll_204_to_empty_view_{database}", times["204"] / times["empty"], "≤ 2")


def _note(figures: Figures, database: str, times: dict[str, float], queries: dict[int, int], page_bytes: int) -> None:
    small, large = FLEETS
    text = f"{database}, {large} cameras: 204 {times['204']:.2f} ms, {CHANGED} changed tiles {times['33']:.2f} ms, "
    text += f"first page {times['first']:.1f} ms ({page_bytes / 1000:.0f} KB), empty view {times['empty']:.2f} ms; "
    text += f"queries of the first page: {queries[small]} at {small} cameras, {queries[large]} at {large}"
    named = {f"page_{name}_ms_{database}": value for name, value in times.items()}
    figures.note(text, **named, **{f"page_first_queries_{database}_{size}": n for size, n in queries.items()})


def _signed_in(app: Flask) -> FlaskClient:
    password = secrets.token_hex()
    db.session.add(User(email="bench@example.com", role=Role.ADMIN, password_hash=generate_password_hash(password)))
    db.session.commit()
    client = app.test_client()
    client.post("/login", data={"email": "bench@example.com", "password": password})
    return client


def _on_page(html: str) -> list[str]:
    return re.findall(r'data-camera-id="([0-9a-f-]{36})"', html)


def _medians_ms(asks: dict[str, Callable[[], TestResponse]], rounds: int) -> dict[str, float]:
    """What is compared is asked in turn, so that whatever else the machine does falls on all alike."""
    took: dict[str, list[float]] = {name: [] for name in asks}
    for _ in range(rounds):
        for name, ask in asks.items():
            started = time.perf_counter()
            answer = ask()
            took[name].append((time.perf_counter() - started) * 1000)
            if answer.status_code != (204 if name == "204" else 200):
                raise SystemExit(f"{name} was answered with {answer.status_code}")
    return {name: statistics.median(times) for name, times in took.items()}


def _queries(ask: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)
