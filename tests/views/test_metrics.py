"""/metrics: who may read it, what it tells, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from tests.views.conftest import counted_queries
from webapp.models import Camera
from webapp.services import live
from webapp.services.live import Counts
from webapp.services.sweep_plan import tick_of
from webapp.video.addresses import parse_networks

Samples = dict[tuple[str, ...], float]


def samples(text: str) -> Samples:
    """(name, label values …) → value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def ask(client: FlaskClient, address: str = "127.0.0.1", **headers: str) -> Any:
    return client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)


def test_it_tells_of_cameras_sweeps_and_queues(client: FlaskClient, make_live: Callable[..., Camera]) -> None:
    make_live()
    make_live(status="offline")
    now = datetime.now(UTC)
    tick = tick_of(now) - timedelta(minutes=1)
    live.note_heartbeat(now)
    live.note_planned(tick, 2, tick)
    live.note_batch(tick, Counts(done=2), tick + timedelta(seconds=3))
    found = samples(ask(client).text)
    assert found["camkeeper_cameras", "live"] == 1
    assert found["camkeeper_cameras", "offline"] == 1
    assert found["camkeeper_cameras", "unknown"] == 0
    assert found["camkeeper_sweep_cameras_total", "done"] == 2
    assert found["camkeeper_sweep_duration_seconds",] == 3
    assert found["camkeeper_workers", "checks", "idle"] == 0
    assert found["camkeeper_queue_jobs", "slow"] == 0
    assert found["camkeeper_redis_up",] == 1


def test_it_asks_the_database_once(client: FlaskClient, make_live: Callable[..., Camera]) -> None:
    make_live()
    live.note_planned(tick_of(datetime.now(UTC)), 1, datetime.now(UTC))
    live.note_batch(tick_of(datetime.now(UTC)), Counts(done=1), datetime.now(UTC))
    with counted_queries() as queries:
        ask(client)
    assert len(queries) == 1


def test_single_cameras_are_told_of_only_on_demand(client: FlaskClient, make_live: Callable[..., Camera]) -> None:
    make_live(name="Gate “2”")
    assert "Gate" not in ask(client).text


class TestPerCamera:
    @pytest.fixture
    def overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        return overrides | {"METRICS_PER_CAMERA": True}

    def test_every_camera_has_its_own(self, client: FlaskClient, make_live: Callable[..., Camera]) -> None:
        camera = make_live(name='Gate "2"\n')
        found = samples(ask(client).text)
        assert found["camkeeper_camera_status", camera.id, 'Gate "2"\n', "live"] == 1
        assert found["camkeeper_camera_latency_seconds", camera.id, 'Gate "2"\n'] == pytest.approx(0.0182)


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.1", "2001:db8::1"])
def test_other_networks_are_refused_with_a_sentence(client: FlaskClient, address: str) -> None:
    answer = ask(client, address)
    assert answer.status_code == 403
    assert f"{address} may not read the metrics" in answer.text
    assert "METRICS_ALLOWED_NETWORKS" in answer.text


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_read_them(client: FlaskClient, address: str) -> None:
    assert ask(client, address).status_code == 200


def test_behind_a_proxy_we_were_not_told_of_nobody_may(client: FlaskClient) -> None:
    answer = ask(client, **{"X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 403
    assert "TRUSTED_PROXIES" in answer.text


class TestBehindAProxy:
    @pytest.fixture
    def overrides(self, overrides: dict[str, Any]) -> dict[str, Any]:
        return overrides | {"TRUSTED_PROXIES": 1, "METRICS_ALLOWED_NETWORKS": parse_networks("10.9.0.0/16")}

    @pytest.mark.parametrize(("address", "code"), [("10.9.1.1", 200), ("203.0.113.9", 403)])
    def test_it_counts_where_the_request_began(self, client: FlaskClient, address: str, code: int) -> None:
        assert ask(client, **{"X-Forwarded-For": address}).status_code == code


def test_without_redis_it_says_so(app: Flask, client: FlaskClient, make_live: Callable[..., Camera]) -> None:
    make_live()
    pool = app.extensions["redis_pool"]
    pool.disconnect()
    pool.connection_kwargs["path"] = "/nowhere/redis.sock"
    found = samples(ask(client).text)
    assert found["camkeeper_redis_up",] == 0
    assert found["camkeeper_cameras", "live"] == 1
