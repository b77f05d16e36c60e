"""The delta poll: silent while nothing changes, and only what changed when something does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.views.conftest import FRAGMENT, change, counted_queries, give_picture, poll_url, tile
from webapp.extensions import db, redis_client
from webapp.models import Camera, CameraGroup, utc_now
from webapp.services import cameras, live
from webapp.services.rights import EVERYTHING

Make = Callable[..., Camera]


@pytest.fixture
def page(admin: FlaskClient, sweep_lives: None) -> Callable[[str], OpenPage]:
    return lambda url="/cameras": OpenPage(admin, url)


class OpenPage:
    """A page in a browser: it knows where to poll, and moves on with every answer."""

    def __init__(self, client: FlaskClient, url: str) -> None:
        self._client = client
        self.text = client.get(url).text
        self.url = poll_url(self.text)

    def poll(self, after: float = 0) -> TestResponse:
        """Poll now, or as if so many seconds had passed."""
        moment = datetime.now(UTC) + timedelta(seconds=after)
        with mock.patch("webapp.views.live.utc_now", return_value=moment):
            answer = self._client.get(self.url, headers=FRAGMENT)
        if answer.text:
            self.url = poll_url(answer.text)
        return answer


def test_nothing_new_is_said_with_one_query_for_the_person(page: Any, make_live: Make) -> None:
    make_live()
    grid = page()
    with counted_queries() as queries:
        answer = grid.poll()
    assert (answer.status_code, answer.data) == (204, b"")
    assert len(queries) == 1
    assert "FROM users" in queries[0]


def test_a_poll_asks_redis_once(page: Any, make_live: Make) -> None:
    make_live()
    grid = page()
    asked = redis_client.info("commandstats")
    grid.poll()
    now = redis_client.info("commandstats")
    calls = {name: now[name]["calls"] - asked.get(name, {"calls": 0})["calls"] for name in now}
    assert calls.pop("cmdstat_info") == 1
    assert calls.pop("cmdstat_eval") == 1
    assert {name for name, n in calls.items() if n} <= {"cmdstat_mget", "cmdstat_zrange"}  # within that one script


def test_only_the_changed_tile_travels_and_the_poll_goes_on(page: Any, make_live: Make) -> None:
    gate, lobby = make_live(name="Gate"), make_live(name="Lobby")
    grid = page()
    change(gate, status_changed=False, latency_ms=99.0)
    answer = grid.poll()
    assert answer.status_code == 200
    assert 'hx-swap-oob="patch"' in tile(answer.text, gate)
    assert "99 ms" in tile(answer.text, gate)
    assert not tile(answer.text, lobby)
    assert 'id="chips"' not in answer.text
    assert grid.poll().status_code == 204


def test_a_tile_is_the_same_on_the_page_and_in_a_change(page: Any, make_live: Make) -> None:
    camera = make_live(checked_at=None)
    give_picture(camera)
    grid = page()
    change(camera, status_changed=False)
    moved = tile(grid.poll().text, camera).replace('hx-swap-oob="patch"', "")
    assert _without_numbers(moved) == _without_numbers(tile(grid.text, camera))


def _without_numbers(text: str) -> str:
    """Ages and strips move on while the test runs."""
    return "".join(ch for ch in text if not ch.isdigit() and not ch.isspace() and ch != ".")


def test_a_status_moves_chips_tree_and_badge_too(page: Any, make_live: Make) -> None:
    group = CameraGroup(name="Gate")
    db.session.add(group)
    db.session.commit()
    camera = make_live(group_id=group.id)
    grid = page(f"/groups/{group.id}")
    change(camera, status="offline", outcome="timeout", status_since=datetime.now(UTC))
    answer = grid.poll().text
    assert 'data-state="offline"' in tile(answer, camera)
    for part in ("chips", "groups", "problems"):
        assert f'id="{part}"' in answer
    assert "1 problem<" in answer
    assert grid.poll().status_code == 204


def test_changes_on_other_pages_are_no_news(page: Any, make_live: Make) -> None:
    make_live(name="here", status="offline")
    there = make_live(name="there")
    grid = page("/cameras?status=offline")
    change(there, status_changed=False, latency_ms=5.0)
    assert grid.poll().status_code == 204


def test_a_tile_that_no_longer_matches_stays_and_says_so(page: Any, make_live: Make) -> None:
    camera = make_live(status="offline", outcome="timeout")
    grid = page("/cameras?status=offline")
    change(camera, status="live", outcome="online")
    found = tile(grid.poll().text, camera)
    assert "is-gone" in found
    assert "No longer matches" in found
    change(camera, status_changed=False, latency_ms=5.0)
    assert "is-gone" in tile(grid.poll().text, camera)


def test_a_camera_that_newly_matches_is_announced(page: Any, make_live: Make) -> None:
    make_live(name="was", status="offline")
    camera = make_live(name="new")
    grid = page("/cameras?status=offline")
    change(camera, status="offline")
    answer = grid.poll().text
    assert "1 camera newly matches" in answer
    assert not tile(answer, camera)


def test_a_new_problem_on_a_later_page_is_announced(page: Any, make_live: Make) -> None:
    since = datetime.now(UTC) - timedelta(hours=1)
    made = [make_live(name=f"Camera {n:03}", status_since=since) for n in range(61)]
    grid = page()
    change(made[60], status="offline")
    assert "1 camera on other pages has new problems" in grid.poll().text


def test_a_deleted_camera_is_dimmed_not_pulled_away(page: Any, make_live: Make) -> None:
    camera = make_live()
    grid = page()
    cameras.delete(camera, utc_now(), EVERYTHING)
    found = tile(grid.poll().text, camera)
    assert "is-deleted" in found
    assert 'data-state="deleted"' in found


def test_time_alone_turns_a_tile_unknown_and_shows_the_banner(page: Any, make_live: Make) -> None:
    camera = make_live()
    grid = page()
    assert grid.poll(after=60).status_code == 204
    answer = grid.poll(after=400).text
    assert "Cameras are not being checked" in answer
    assert f'id="c-{camera.id}"' in answer


def test_a_worker_that_comes_back_takes_the_banner_away(admin: FlaskClient, make_live: Make) -> None:
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    camera = make_live(checked_at=hour_ago, next_due_at=hour_ago)
    grid = OpenPage(admin, "/cameras")
    assert "Cameras are not being checked" in grid.text
    assert 'data-state="unknown"' in tile(grid.text, camera)
    assert grid.poll().status_code == 204
    change(camera, False, checked_at=datetime.now(UTC), next_due_at=datetime.now(UTC) + timedelta(minutes=1))
    answer = grid.poll().text
    assert 'data-state="live"' in tile(answer, camera)
    assert "Cameras are not being checked" not in answer
    assert 'id="banner"' in answer


def test_without_redis_the_page_opens_and_says_so_and_recovers(
    app: Flask, admin: FlaskClient, make_live: Make, sweep_lives: None
) -> None:
    camera = make_live()
    grid = OpenPage(admin, "/cameras")
    pool = app.extensions["redis_pool"]
    with mock.patch.dict(pool.connection_kwargs, path="/nowhere/redis.sock"):  # a real socket, and nobody behind it
        pool.reset()
        answer = grid.poll()
        assert answer.status_code == 200
        assert "Live updates are interrupted" in answer.text
        assert grid.poll().status_code == 204
        assert "Live updates are interrupted" in admin.get("/cameras").text
        db.session.get(Camera, camera.id).latency_ms = 77.0
        db.session.commit()
    pool.reset()
    redis_client.flushdb()
    change(camera, status_changed=False)
    answer = grid.poll()
    assert "77 ms" in tile(answer.text, camera)
    assert "Live updates are interrupted" not in answer.text
    assert 'id="banner"' in answer.text


def test_a_storage_that_is_away_shows_and_vanishes_on_open_pages(page: Any, make_live: Make) -> None:
    make_live()
    grid = page()
    live.note_storage(is_ok=False, now=datetime.now(UTC))
    answer = grid.poll().text
    assert "New pictures cannot be stored" in answer
    assert "New pictures cannot be stored" in page().text
    assert grid.poll().status_code == 204
    live.note_storage(is_ok=True, now=datetime.now(UTC))
    answer = grid.poll().text
    assert 'id="banner"' in answer
    assert "cannot be stored" not in answer


def test_what_a_hung_redis_kept_pages_from_hearing_is_drawn_when_it_answers_again(
    app: Flask, page: Any, make_live: Make
) -> None:
    kept, deleted = make_live(name="kept"), make_live(name="deleted")
    grid, one = page(), page(f"/cameras/{deleted.id}")
    pool = app.extensions["redis_pool"]
    with mock.patch.dict(pool.connection_kwargs, path="/nowhere/redis.sock"):
        pool.reset()
        grid.poll(), one.poll()
        change(kept, status="offline", outcome="timeout")
        cameras.delete(deleted, utc_now(), EVERYTHING)
    pool.reset()  # with all that it held, and nothing of what happened meanwhile
    answer = grid.poll().text
    assert 'data-state="offline"' in tile(answer, kept)
    head = deleted.id[:13]
    assert f'<li id="c-{head}" class="tile is-gone is-deleted"' in answer
    assert f"""hx-swap-oob="patch:[id^='c-{head}']\"""" in answer
    assert "1 problem<" in answer
    assert grid.poll().status_code == 204
    assert one.poll().headers["HX-Redirect"] == "/cameras"


def test_a_poll_never_extends_a_login(page: Any, admin: FlaskClient, make_live: Make) -> None:
    make_live()
    grid = page()
    with admin.session_transaction() as session:
        session["seen"] -= 600
        seen = session["seen"]
    grid.poll()
    with admin.session_transaction() as session:
        assert session["seen"] == seen
    admin.get("/cameras")
    with admin.session_transaction() as session:
        assert session["seen"] > seen


@pytest.mark.parametrize(
    "query", ["since=x", "since=-1", "heads=!!", "heads=AAAA", "stale_at=9" * 40, "heads=" + "A" * 4000, "worse=²"]
)
def test_a_poll_that_no_page_sent_is_refused(admin: FlaskClient, query: str) -> None:
    assert admin.get(f"/live/cameras?{query}").status_code == 400


def test_a_full_page_polls_with_an_address_web_servers_accept(page: Any, make_live: Make) -> None:
    for n in range(240):
        make_live(name=f"Ж {n}")
    url = page("/cameras?size=240&status=live&status=offline&status=degraded&status=unknown&q=Ж").url
    longest_search = 100 * len("%F0%9F%8E%A5")
    assert 240 * 8 < len(url) < 4094 - longest_search


def test_a_paused_person_gets_no_clockwork(admin: FlaskClient, make_live: Make) -> None:
    make_live()
    assert 'hx-trigger="every 5' in admin.get("/cameras").text
    admin.post("/me/look", data={"live_seconds": "0"})
    text = admin.get("/cameras").text
    assert 'hx-trigger="live:now"' in text
    assert "Paused" in text


def test_the_page_of_one_camera_follows_it(page: Any, make_live: Make) -> None:
    camera, other = make_live(name="Gate"), make_live(name="Other")
    one = page(f"/cameras/{camera.id}")
    change(other, status_changed=False)
    assert one.poll().status_code == 204
    change(camera, status_changed=False, latency_ms=42.0)
    answer = one.poll().text
    assert 'id="camera"' in answer
    assert "42 ms" in answer
    cameras.delete(camera, utc_now(), EVERYTHING)
    assert one.poll().headers["HX-Redirect"] == "/cameras"


def test_a_page_without_cameras_follows_the_counts(page: Any, make_live: Make) -> None:
    camera = make_live()
    me = page("/me")
    change(camera, status="offline")
    answer = me.poll().text
    assert 'id="problems"' in answer
    assert "1 problem<" in answer
    assert not tile(answer, camera)
