"""/metrics: how the system is, as Prometheus reads it, for the networks that may."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import datetime

from flask import Blueprint, Response, request
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import CollectorRegistry

import jobs
from jobs import survey

from ..extensions import settings
from ..models import utc_now
from ..services import metrics
from ..services.metrics import Metrics
from ..services.queue_state import QueueState

pages = Blueprint("metrics", __name__)

REFUSED = (
    "{address} may not read the metrics. An administrator can add its network to METRICS_ALLOWED_NETWORKS{proxied}.\n"
)
PROXIED = ", and has to say in TRUSTED_PROXIES how many proxies stand in front"


@pages.get("/metrics")
def show() -> Response:
    if not _is_allowed():
        said = REFUSED.format(address=request.remote_addr, proxied=PROXIED if _is_unknown_proxy() else "")
        return Response(said, 403, mimetype="text/plain")
    now = utc_now()
    try:
        queues = survey.queues(now)
    except jobs.QueueAway:
        queues = []
    found = metrics.read(queues, now, settings.METRICS_PER_CAMERA)
    return Response(_text(found, queues, now), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_allowed() -> bool:
    """By where the request comes from. One that went through a proxy we were not told of comes from anywhere."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return not _is_unknown_proxy() and any((mapped or address) in net for net in settings.METRICS_ALLOWED_NETWORKS)


def _is_unknown_proxy() -> bool:
    return not settings.TRUSTED_PROXIES and "X-Forwarded-For" in request.headers


class _Collected:
    """Metrics that were read already, in the shape prometheus-client asks for."""

    def __init__(self, found: Sequence[Metric]) -> None:
        self._found = found

    def collect(self) -> Sequence[Metric]:
        return self._found


def _text(found: Metrics, queues: Sequence[QueueState], now: datetime) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collected([*_parts(found), *_sweeps(found), *_queues(queues, now), *_each(found)]))
    return generate_latest(registry)


def _parts(found: Metrics) -> Iterator[Metric]:
    yield _gauge("database_up", "The database answers.", found.cameras is not None)
    yield _gauge("redis_up", "Redis answers.", found.state.redis_ok)
    yield _gauge("storage_up", "Pictures could be stored when somebody last tried.", found.state.storage_ok)
    if found.disk:
        yield _gauge("data_free_bytes", "Free on the disk of DATA_DIR.", found.disk.free)
    cameras = GaugeMetricFamily("camkeeper_cameras", "Cameras by the status that is shown.", labels=["status"])
    for status, number in (found.cameras or {}).items():
        cameras.add_metric([str(status)], number)
    yield cameras


def _sweeps(found: Metrics) -> Iterator[Metric]:
    results = CounterMetricFamily(
        "camkeeper_sweep_cameras", "Cameras of all sweeps by what became of them.", labels=["result"]
    )
    totals = found.totals
    for name in ("planned", "done", "late", "skipped", "lost"):
        results.add_metric([name], getattr(totals, name))
    yield results
    yield _gauge("sweep_interval_seconds", "Time between two sweeps.", settings.CHECK_INTERVAL_SECONDS)
    moments = {"planned": found.state.planned_at, "done": found.state.done_at}
    for name, moment in moments.items():
        if moment:
            yield _gauge(f"sweep_last_{name}_timestamp_seconds", f"When a sweep was last {name}.", moment.timestamp())
    if found.last and found.last.seconds is not None:
        yield _gauge("sweep_duration_seconds", "What the last sweep that ended took.", found.last.seconds)
    if found.capacity and found.capacity.fits is not None:
        yield _gauge("sweep_capacity_cameras", "Estimate of the cameras that fit into a sweep.", found.capacity.fits)
    if beat := found.state.heartbeat_at:
        yield _gauge("scheduler_heartbeat_timestamp_seconds", "The scheduler's last sign of life.", beat.timestamp())


def _queues(queues: Sequence[QueueState], now: datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("camkeeper_queue_jobs", "Jobs that wait in a queue.", labels=["queue"])
    oldest = GaugeMetricFamily("camkeeper_queue_oldest_seconds", "How long the first of them waits.", labels=["queue"])
    workers = GaugeMetricFamily("camkeeper_workers", "Workers that were heard of lately.", labels=["queue", "state"])
    for queue in queues:
        waiting.add_metric([queue.name], queue.waiting)
        oldest.add_metric([queue.name], queue.waits(now).total_seconds())
        workers.add_metric([queue.name, "busy"], queue.busy)
        workers.add_metric([queue.name, "idle"], len(queue.workers) - queue.busy)
    yield from (waiting, oldest, workers)


def _each(found: Metrics) -> Iterator[Metric]:
    if not found.each:
        return
    status = GaugeMetricFamily("camkeeper_camera_status", "1 for the status shown.", labels=["id", "name", "status"])
    latency = GaugeMetricFamily("camkeeper_camera_latency_seconds", "Of the last check.", labels=["id", "name"])
    for camera in found.each:
        status.add_metric([camera.id, camera.name, camera.status], 1)
        if camera.latency_ms is not None:
            latency.add_metric([camera.id, camera.name], camera.latency_ms / 1000)
    yield from (status, latency)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"camkeeper_{name}", meaning, value=float(value))
