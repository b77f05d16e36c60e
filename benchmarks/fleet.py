"""2,000 cameras every minute by the real scheduler and worker processes, on the machine that also plays the cameras."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Figures, camera_farm, process_cpu_seconds, rss_mb, say
from benchmarks.stack import Stack, add_cameras, stack
from webapp.services import live, sweep_plan

CAMERAS = 2000
WORKERS, THREADS = 4, 24
MINUTES = 3


def measure(figures: Figures, _seconds: float) -> None:
    settings = {"CHECK_THREADS": str(THREADS), "CHECK_INTERVAL_SECONDS": "60"}
    with camera_farm() as (address, farm_pid), stack("postgresql", **settings) as running:
        add_cameras([f"rtsp://{address}/sim/none/door-h264-720p-gop2-mid/{n}" for n in range(CAMERAS)])
        running.start("jobs.schedule")
        running.start("jobs.worker", "tick")
        for _ in range(WORKERS):
            running.start("jobs.worker", "checks")
        first = sweep_plan.tick_of(datetime.now(UTC)) + timedelta(minutes=2)
        say(f"fleet: {CAMERAS} cameras, warming up until {first:%H:%M:%S} …")
        _sleep_until(first)
        farm_cpu = process_cpu_seconds(farm_pid)
        peak = _watch(running, first + timedelta(minutes=MINUTES))
        farm_share = (process_cpu_seconds(farm_pid) - farm_cpu) / (60 * MINUTES)
        ticks = [first + timedelta(minutes=n) for n in range(MINUTES)]
        _sleep_until(ticks[-1] + timedelta(seconds=75))
        counts = [live.counts(tick) for tick in ticks]
    on_time = sum(c.done - c.late for c in counts) / (CAMERAS * MINUTES)
    figures.ratio("fleet_of_2000_checked_on_time", on_time, "≥ 0.99")
    figures.note(
        f"{CAMERAS} cameras every minute for {MINUTES} minutes with {WORKERS} workers × {THREADS} threads: "
        f"{100 * on_time:.2f} % on time, largest worker process {peak:.0f} MB, simulator {farm_share:.2f} cores",
        fleet_worker_mb=peak,
        fleet_simulator_cores=farm_share,
    )


def _sleep_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def _watch(running: Stack, until: datetime) -> float:
    """The most memory one process of a checks worker held, MB."""
    peak = 0.0
    parents = [process.pid for process in running.processes["checks"]]
    while datetime.now(UTC) < until:
        for pid in parents + [child for parent in parents for child in _children(parent)]:
            peak = max(peak, _rss_or_zero(pid))
        time.sleep(0.5)
    return peak


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _rss_or_zero(pid: int) -> float:
    try:
        return rss_mb(pid)
    except OSError:
        return 0.0
