"""The sweep: check a batch of cameras at once and write down what was found. "Check now" is the same for one camera."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Semaphore

from sqlalchemy.exc import InterfaceError, OperationalError

from ..credentials import Credentials
from ..extensions import settings
from ..outcomes import Outcome, Reading
from ..video.target import Limits
from . import image_evidence, live, pictures, snapshots, worth_keeping
from .readings import Found, Recorded, record, record_skipped
from .stored_stream import check_stored
from .sweep_plan import Claim, batch_budget, claim, interval, tick_of

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
DATABASE_PATIENCE_S = 20.0
"""How long readings are kept while the database is away."""


def run_batch(tick: datetime, ids: Sequence[str], now: datetime) -> live.Counts:
    """Check those of `ids` that are still due in this tick; a batch that comes after its interval is skipped."""
    clock = _clock_from(now)
    if now - tick > interval():
        found = live.Counts(skipped=record_skipped(tick, ids))
    else:
        claims = claim(ids, tick, now)
        found = replace(_check_and_write(tick, claims, clock), elsewhere=len(ids) - len(claims))
    live.note_batch(tick, found, clock())
    return found


def batch_seconds(size: int) -> float:
    """The longest time that a batch of this size may take with everything that belongs to it."""
    return batch_budget(size).total_seconds() + DATABASE_PATIENCE_S + pictures.PATIENCE_S + snapshots.PATIENCE_S


def check_one(camera_id: str, now: datetime, is_manual: bool = False) -> live.Counts:
    """Check a camera now, due or not, and whoever else is at it; `is_manual` keeps its picture."""
    # A person waits. The batch that holds the camera may still need half a minute for others that never answer, and a
    # worker that died will never let go; the claim does not tell one from the other. So it is taken over. Most of that
    # half minute the batch is long done with this very camera, so that hardly ever two ask it at the same moment.
    tick = tick_of(now)
    return _check_and_write(tick, claim([camera_id], tick, now, force=True), _clock_from(now), is_manual)


def _check_and_write(tick: datetime, claims: Sequence[Claim], clock: Clock, is_manual: bool = False) -> live.Counts:
    if not claims:
        return live.Counts()
    found = _check_all(claims, clock)
    recorded = _record_patiently(tick, found)
    if recorded is None:
        return live.Counts(lost=len(found))
    pictures.store(recorded.readings)
    snapshots.keep_all(worth_keeping.of(recorded, is_manual))
    image_evidence.keep(recorded)
    live.publish(recorded.readings.keys(), recorded.status_changed)
    done = sum(not reading.outcome.is_ours for reading in recorded.readings.values())
    return live.Counts(done=done, late=done if clock() > tick + interval() else 0)


def _check_all(claims: Sequence[Claim], clock: Clock) -> list[Found]:
    """One reading per camera, in at most the batch's budget; no database connection is held meanwhile.

    All are asked at once, so that those which never answer keep nobody waiting; pictures are fetched by turns.
    """
    limits = Limits(networks=settings.CAMERA_ALLOWED_NETWORKS, deadline_s=settings.CHECK_DEADLINE_SECONDS)
    credentials = Credentials(settings.CREDENTIAL_KEYS)
    turns = Semaphore(settings.CHECK_THREADS)
    pool = ThreadPoolExecutor(len(claims), "check")
    started = clock()
    try:
        running = {c.id: pool.submit(_check_in_pool, c, credentials, limits, clock, turns) for c in claims}
        wait(running.values(), timeout=batch_budget(len(claims)).total_seconds())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [(c, _result(running[c.id], started)) for c in claims]


def _result(future: Future[Reading], started: datetime) -> Reading:
    if future.done() and not future.cancelled():
        return future.result()
    return Reading(started, Outcome.INTERNAL_ERROR, "The check did not come to an end in time on our side.")


def _check_in_pool(claimed: Claim, credentials: Credentials, limits: Limits, clock: Clock, turns: Semaphore) -> Reading:
    """A reading begins when its thread does, not when the batch did."""
    limits = replace(limits, measure_fps=claimed.measure_fps)
    return check_stored(claimed, credentials, limits, clock(), turns=turns)


def _record_patiently(tick: datetime, found: Sequence[Found]) -> Recorded | None:
    """Keep the readings while the database is away; None when it stays away for too long."""
    give_up = time.monotonic() + DATABASE_PATIENCE_S
    pause = 0.25
    while True:
        try:
            return record(tick, found)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() + pause > give_up:
                log.error("%d readings are lost, because the database is away: %s", len(found), error.orig)
                return None
            log.warning("The database is away, %d readings wait: %s", len(found), error.orig)
            time.sleep(pause)
            pause = min(pause * 2, 4.0)


def _clock_from(now: datetime) -> Clock:
    """`now`, and how it goes on: never backwards, whatever happens to the machine's clock."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)
