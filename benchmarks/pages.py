"""What pages cost: a poll without and one with changed tiles, and each view of the fleet, against an empty view."""

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

from benchmarks import site
from benchmarks.dom_ready import dom_ready_ms
from benchmarks.measure import Figures, say
from benchmarks.stack import stack
from webapp.extensions import db
from webapp.models import Role, User
from webapp.services import live

FLEETS = (10, 5000)
GROUPS = 400
CHANGED = 33
ROUNDS = 300
VIEWS = {
    "tiles": "/cameras",
    "table": "/cameras?view=table",
    "matrix": "/cameras?view=matrix",
    "found": "/cameras?q=gate+building&tag=night&detection=yes&maintenance=no&sort=group",
    "suggestions": "/search?q=gate+1",
}
"""Of these the queries are counted, too."""
GOALS = {"tiles": 60, "table": 60, "matrix": 150}
"""Milliseconds."""
GZIP = {"Accept-Encoding": "gzip"}
FRAGMENT = {"HX-Request": "true"}
EMAIL = "bench@example.com"


def measure(figures: Figures, _seconds: float) -> None:
    for database in ("sqlite", "postgresql"):
        with stack(database) as running:
            _measure_on(figures, running.app, database)


def _measure_on(figures: Figures, app: Flask, database: str) -> None:
    app.add_url_rule("/empty", "empty", login_required(lambda: ""))
    password = add_person()
    client = signed_in(app, password)
    group_ids, ids = site.make_groups(GROUPS), list[str]()
    queries: dict[str, list[int]] = {name: [] for name in VIEWS}
    for size in FLEETS:
        say(f"pages: {database}, {size} cameras in {GROUPS} groups …")
        ids += site.add_cameras(size - len(ids), group_ids, len(ids))
        live.publish(ids[:1], status_changed=True)
        for name, url in VIEWS.items():
            queries[name].append(count_queries(lambda url=url: _ask(client, url)))  # type: ignore[misc]
    _measure_polls(figures, client, database)
    _measure_views(figures, client, database, queries)
    if database == "postgresql":
        dom_ready = dom_ready_ms(app, "/cameras?view=matrix", EMAIL, password)
        if dom_ready:
            figures.ratio("matrix_dom_ready_seconds", dom_ready / 1000, "< 1")


def _measure_polls(figures: Figures, client: FlaskClient, database: str) -> None:
    page = client.get("/cameras").text
    poll = unescape(re.search(r'hx-get="(/live/cameras[^"]*)"', page)[1])  # type: ignore[index]
    times = medians_ms({"empty": lambda: client.get("/empty"), "204": lambda: client.get(poll)}, ROUNDS)
    live.publish(_on_page(page)[:CHANGED], status_changed=False)
    times |= medians_ms({"33": lambda: client.get(poll, headers=GZIP)}, 60)
    text = f"{database}: 204 {times['204']:.2f} ms, {CHANGED} changed tiles {times['33']:.2f} ms, "
    text += f"empty view {times['empty']:.2f} ms"
    figures.note(text, **{f"page_{name}_ms_{database}": value for name, value in times.items()})
    figures.ratio(f"poll_204_to_empty_view_{database}", times["204"] / times["empty"], "≤ 2")


def _measure_views(figures: Figures, client: FlaskClient, database: str, queries: dict[str, list[int]]) -> None:
    """Server time with compression, as browsers ask for it."""
    for name, url in VIEWS.items():
        took = medians_ms({name: lambda url=url: _ask(client, url)}, 30)[name]  # type: ignore[misc]
        size = len(_ask(client, url).data) / 1000
        few, many = queries[name]
        text = f"{database}, {FLEETS[-1]:,} cameras: {name} {took:.1f} ms, {size:.1f} KB compressed, "
        text += f"{few} queries with {FLEETS[0]} cameras and {many} with {FLEETS[-1]:,}"
        figures.note(text, **{f"page_{name}_kb_{database}": size, f"page_{name}_queries_{database}": many})
        if few != many:
            raise SystemExit(f"{name} takes {few} queries with {FLEETS[0]} cameras and {many} with {FLEETS[-1]}")
        figures.numbers[f"page_{name}_ms_{database}"] = took
        if name in GOALS:
            figures.ratio(f"page_{name}_to_its_goal_{database}", took / GOALS[name], f"< 1, {GOALS[name]} ms")
    figures.ratio(f"page_matrix_kb_to_60_{database}", figures.numbers[f"page_matrix_kb_{database}"] / 60, "< 1")


def _ask(client: FlaskClient, url: str) -> TestResponse:
    return client.get(url, headers=GZIP | (FRAGMENT if url.startswith("/search") else {}))


def add_person() -> str:
    password = secrets.token_hex()
    db.session.add(User(email=EMAIL, role=Role.ADMIN, password_hash=generate_password_hash(password)))
    db.session.commit()
    return password


def signed_in(app: Flask, password: str) -> FlaskClient:
    client = app.test_client()
    client.post("/login", data={"email": EMAIL, "password": password})
    return client


def _on_page(html: str) -> list[str]:
    return re.findall(r'data-camera-id="([0-9a-f-]{36})"', html)


def medians_ms(asks: dict[str, Callable[[], TestResponse]], rounds: int) -> dict[str, float]:
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


def count_queries(ask: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_: object) -> None:
        if statement != "BEGIN":  # which SQLite gets as a statement of its own
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)
