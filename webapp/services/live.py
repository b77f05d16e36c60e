"""What open pages follow, kept in Redis so that a poll is cheap: which cameras changed, whether the sweep lives."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy import func, select

from ..extensions import db, redis_client, settings
from ..models import Camera
from .shown import patience

log = logging.getLogger(__name__)

SEQ, STATUS_SEQ, BIRTH, CHANGES = "fleet:seq", "fleet:status_seq", "fleet:birth", "fleet:changes"
LAST_SWEEP = "sweep:last"
TOTALS = "sweep:totals"
"""What all sweeps came to since Redis was last empty; counters that only grow, for Prometheus."""
UNSERVED = "queues:unserved"
"""Queues that no worker serves, as the scheduler last saw it: name → since when."""
STORAGE_AWAY = "storage:away"
"""Set while no picture can be stored; its value is the moment from which it may be tried again."""
KEEP = 20_000
"""Cameras remembered with their last change; who missed more than a page's worth reads everything anew anyway."""
STORAGE_REST_SECONDS = 30
KEEP_TICKS = 1440
"""Ticks whose counts are kept: a day of them at one a minute."""
BELIEVE_UNSERVED_SECONDS = 120
"""How long what the scheduler saw is believed when it says nothing more."""
SCHEDULER_SILENT = timedelta(seconds=30)
"""It gives a sign of life every second."""

# A sequence starts at the clock's milliseconds, so one that was lost with Redis starts again above every number that
# was ever handed out, and whoever still holds an older one is told to read everything anew.
PUBLISH = f"""
if redis.call('EXISTS', KEYS[1]) == 0 then
  local t = redis.call('TIME')
  local start = t[1] * 1000 + math.floor(t[2] / 1000)
  redis.call('SET', KEYS[1], string.format('%.0f', start))
  redis.call('SET', KEYS[3], string.format('%.0f', start))
end
local seq = redis.call('INCR', KEYS[1])
for i = 2, #ARGV do redis.call('ZADD', KEYS[4], seq, ARGV[i]) end
if ARGV[1] == '1' then redis.call('SET', KEYS[2], seq) end
redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -{KEEP + 1})
return seq
"""

READ = """
local head = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
local seq, ids = tonumber(head[1] or 0), {}
if seq > tonumber(ARGV[1]) then
  ids = redis.call('ZRANGE', KEYS[4], '(' .. ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, tonumber(ARGV[2]))
end
return {seq, tonumber(head[2] or 0), tonumber(head[3] or 0), ids}
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened after the sequence number a page holds."""

    seq: int
    """The number to ask with next time."""
    ids: tuple[str, ...] = ()
    """Cameras that changed, oldest change first; as many as the limit means there may be more."""
    status_changed: bool = False
    """Some camera's status, or the fleet itself, changed: counts are to be read anew."""
    reset: bool = False
    """The sequence was lost in between: everything is to be read anew."""
    redis_ok: bool = True


def publish(changed_ids: Collection[str], status_changed: bool) -> None:
    """Tell open pages which cameras changed; call it after the commit. Without Redis the pages learn it later."""
    if not changed_ids and not status_changed:
        return
    try:
        redis_client.eval(PUBLISH, 4, SEQ, STATUS_SEQ, BIRTH, CHANGES, int(status_changed), *changed_ids)
    except RedisError as error:
        log.warning("Open pages could not be told of %d changed cameras: %s", len(changed_ids), error)


def changes_since(seq: int, limit: int = 301) -> Changes:
    """Everything after `seq`, in one round trip; with Redis away nothing seems to change and redis_ok is False.

    Rows read afterwards are at least as new as the number. Those that were loaded before keep what they held.
    """
    # A transaction that is open already, for the signed-in person, may show rows of an earlier moment (on SQLite): a
    # page would take old rows for new ones, and never hear of the change again.
    db.session.commit()
    try:
        found = redis_client.eval(READ, 4, SEQ, STATUS_SEQ, BIRTH, CHANGES, seq, limit)
    except RedisError:
        return Changes(seq, redis_ok=False)
    current, status_seq, birth, ids = found
    if seq > current or seq < birth:
        return Changes(current, status_changed=True, reset=True)
    return Changes(current, tuple(found.decode() for found in ids), status_changed=status_seq > seq)


@dataclass(frozen=True, slots=True)
class Counts:
    """Cameras of one tick, or of one batch of it."""

    planned: int = 0
    done: int = 0
    """Checked and written."""
    late: int = 0
    """Of those done: finished after the end of their interval."""
    skipped: int = 0
    """Left out, because their batch came too late to be of use."""
    lost: int = 0
    """Checked, but the database could not take the result."""
    elsewhere: int = 0
    """Not checked here: somebody else was at it, or just had been, or it is gone."""


@dataclass(frozen=True, slots=True)
class SweepState:
    planned_at: datetime | None
    """When the scheduler's last tick was planned."""
    done_at: datetime | None
    """When results of a sweep were last written."""
    heartbeat_at: datetime | None
    """The scheduler's last sign of life."""
    stale_since: datetime | None
    """Set when no sweep finishes any more: nothing on the page is newer than this."""
    redis_ok: bool = True
    storage_ok: bool = True
    """Pictures can be stored, as far as anybody tried of late."""
    unserved: Mapping[str, datetime] = field(default_factory=dict)
    """Queues without a worker → since when."""

    def is_scheduler_silent(self, now: datetime) -> bool:
        return self.heartbeat_at is None or now - self.heartbeat_at > SCHEDULER_SILENT


def sweep_state(now: datetime) -> SweepState:
    """For the banner on every page: one round trip, and at most a second when Redis hangs."""
    try:
        last, unserved, storage_ok = _read_last()
    except RedisError:
        return SweepState(None, None, None, _stale(newest_check(), now), redis_ok=False)
    done_at = last.get("done_at")
    return SweepState(
        planned_at=last.get("planned_at"),
        done_at=done_at,
        heartbeat_at=last.get("heartbeat_at"),
        stale_since=_stale(done_at or newest_check(), now),
        storage_ok=storage_ok,
        unserved=unserved,
    )


def newest_check() -> datetime | None:
    """When any active camera was last checked, or began to wait for its first check; None without cameras."""
    query = select(func.coalesce(func.max(Camera.checked_at), func.min(Camera.created_at))).where(Camera.is_active)
    found: datetime | None = db.session.scalar(query)
    return found


def counts(tick: datetime) -> Counts:
    return counts_in(redis_client.hgetall(tick_key(tick)))  # type: ignore[arg-type]


def counts_in(found: Mapping[bytes, bytes]) -> Counts:
    """The counts among the fields of a tick, or of the totals."""
    return Counts(**{f.name: int(found.get(f.name.encode(), 0)) for f in fields(Counts)})


def note_planned(tick: datetime, planned: int, now: datetime) -> None:
    """A tick was planned; one in which no camera is due is thereby done."""
    moments = {"planned_at": now.timestamp()} | ({} if planned else {"done_at": now.timestamp()})
    _write(tick, Counts(planned=planned), moments, now)


def note_batch(tick: datetime, found: Counts, now: datetime) -> None:
    """A batch came to its end; only written results prove that the sweep lives."""
    _write(tick, found, {"done_at": now.timestamp()} if found.done else {}, now)


def may_store(now: datetime) -> bool:
    """False for a while after the store was found away, so that not every batch waits for it in vain."""
    try:
        retry_at = redis_client.get(STORAGE_AWAY)
    except RedisError:
        return True
    return retry_at is None or float(retry_at) <= now.timestamp()


def note_storage(is_ok: bool, now: datetime) -> None:
    """Pictures were stored, or none of them could be: pages say so until they can, or until nobody has tried for long.

    A forked worker forgets its circuit breaker, so all of them share this mark.
    """
    try:
        if is_ok:
            redis_client.delete(STORAGE_AWAY)
            return
        retry_at = now.timestamp() + STORAGE_REST_SECONDS
        was_known = redis_client.set(STORAGE_AWAY, str(retry_at), ex=patience(), get=True)
    except RedisError:
        return
    if not was_known:
        publish([], status_changed=True)


def note_heartbeat(now: datetime) -> None:
    redis_client.hset(LAST_SWEEP, "heartbeat_at", str(now.timestamp()))


def note_unserved(found: Mapping[str, datetime]) -> None:
    """Queues without a worker → since when, as the scheduler sees it; open pages are told when others are without."""
    with redis_client.pipeline() as pipe:
        pipe.hkeys(UNSERVED)
        pipe.delete(UNSERVED)
        if found:
            pipe.hset(UNSERVED, mapping={name: str(moment.timestamp()) for name, moment in found.items()})
            pipe.expire(UNSERVED, BELIEVE_UNSERVED_SECONDS)
        known = pipe.execute()[0]
    if {name.decode() for name in known} != set(found):
        publish([], status_changed=True)


def _write(tick: datetime, found: Counts, moments: dict[str, float], now: datetime) -> None:
    key = tick_key(tick)
    try:
        with redis_client.pipeline() as pipe:
            for name, number in asdict(found).items():
                if number:
                    pipe.hincrby(key, name, number)
                    pipe.hincrby(TOTALS, name, number)
            pipe.hset(key, "ended_at", str(now.timestamp()))
            pipe.expire(key, KEEP_TICKS * settings.CHECK_INTERVAL_SECONDS)
            if moments:
                pipe.hset(LAST_SWEEP, mapping=moments)  # type: ignore[arg-type]
            pipe.execute()
    except RedisError as error:
        log.warning("The counters of tick %s could not be written: %s", tick.isoformat(), error)


def _read_last() -> tuple[dict[str, datetime], dict[str, datetime], bool]:
    """The moments of the last sweep, the queues without a worker, and whether pictures can be stored."""
    with redis_client.pipeline(transaction=False) as pipe:
        pipe.hgetall(LAST_SWEEP)
        pipe.hgetall(UNSERVED)
        pipe.exists(STORAGE_AWAY)
        last, unserved, storage_away = pipe.execute()
    return _moments(last), _moments(unserved), not storage_away


def _moments(found: Mapping[bytes, bytes]) -> dict[str, datetime]:
    return {name.decode(): datetime.fromtimestamp(float(moment), UTC) for name, moment in found.items()}


def _stale(last_seen: datetime | None, now: datetime) -> datetime | None:
    return last_seen if last_seen is not None and now - last_seen > patience() else None


def tick_key(tick: datetime) -> str:
    """Where Redis keeps what became of a tick: its counts, and when the last of its batches ended."""
    return f"sweep:{int(tick.timestamp())}"
