"""A sweep of 200 cameras by two real worker processes: all healthy, and with a fifth of them dead."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import update

from benchmarks.measure import Figures, camera_farm, say
from benchmarks.stack import Stack, add_cameras, checked, make_due, stack, wait_until
from webapp.extensions import db, redis_client
from webapp.models import Camera

CAMERAS, DEAD = 200, 40
WORKERS = 2
REPEATS = 3


def measure(figures: Figures, _seconds: float) -> None:
    with camera_farm() as (address, _pid), stack("sqlite", CHECK_INTERVAL_SECONDS="3600") as running:
        healthy = add_cameras([_url(address, "none", n) for n in range(CAMERAS - DEAD)])
        changing = add_cameras([_url(address, "none", n) for n in range(CAMERAS - DEAD, CAMERAS)])
        for _ in range(WORKERS):
            running.start("jobs.worker", "checks")
        _sweep(running, healthy + changing)  # workers start, cameras become live
        all_healthy = _best(running, healthy, "all healthy")
        _die(address, changing)
        died_at = datetime.now(UTC)
        just_died = _sweep(running, healthy)
        wait_until(lambda: checked(changing, died_at) == len(changing), 60)
        some_dead = _best(running, healthy, "a fifth dead")
    figures.ratio("sweep_of_the_healthy_with_a_fifth_dead", some_dead / all_healthy, "< 1.10")
    figures.ratio("the_same_in_the_minute_they_die", just_died / all_healthy, "< 1.10")
    figures.note(
        f"sweep of {CAMERAS} cameras (720p, mid-GOP, {WORKERS} workers): {all_healthy:.1f} s all healthy; the healthy "
        f"ones {some_dead:.1f} s with {DEAD} dead, {just_died:.1f} s in the minute they die",
        sweep_200_healthy_seconds=all_healthy,
        sweep_200_fifth_dead_seconds=some_dead,
    )


def _url(address: str, fault: str, number: int) -> str:
    return f"rtsp://{address}/sim/{fault}/door-h264-720p-gop2-mid/{number}"


def _die(address: str, ids: list[str]) -> None:
    """Half take the connection and never answer, half refuse it: nothing listens on port 9."""
    for number, camera_id in enumerate(ids):
        url = _url(address, "silent", number) if number % 2 else "rtsp://127.0.0.1:9/gone"
        db.session.execute(update(Camera).where(Camera.id == camera_id).values(rtsp_url=url))
    db.session.commit()


def _best(running: Stack, healthy: list[str], what: str) -> float:
    found = []
    for turn in range(REPEATS):
        say(f"sweep: {what}, {turn + 1} of {REPEATS} …")
        found.append(_sweep(running, healthy))
    return min(found)


def _sweep(running: Stack, awaited: list[str]) -> float:
    """Plan a tick as the scheduler would, and time it until the awaited cameras' results are written."""
    from jobs import health

    make_due()
    for key in redis_client.scan_iter("tick:*"):
        redis_client.delete(key)
    since = datetime.now(UTC)
    health.tick()
    return wait_until(lambda: checked(awaited, since) == len(awaited), 120)
