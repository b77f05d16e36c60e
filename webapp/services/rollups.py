"""Hours and days of each camera in one row, computed from its raw readings, so that a year of them stays readable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, text, true
from sqlalchemy.dialects import postgresql, sqlite

from ..extensions import db, transaction
from ..models import Camera, CameraHealth, HealthDay, HealthHour
from .digest import OURS, Digest, Raw, digest

cameras = Camera.__table__
health = CameraHealth.__table__

LATE = timedelta(hours=2)
"""A reading that comes in later than this after its hour is not counted any more."""
MOST_PIECES = 2000
"""Hours and days in one go: more than a month that nobody rolled up."""
CAMERAS_AT_ONCE = 100
"""Of which SQLite reads a day together."""
LONG_STATEMENT = "SET LOCAL statement_timeout = '15min'"
"""A day of a large fleet takes longer than anything behind a page may."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = tuple(field.name for field in fields(Digest))


@dataclass(frozen=True)
class Grain:
    """Spans of one length and their table. They count from 1970, so that a day is one of UTC."""

    table: Any
    column: Any
    length: timedelta

    def key(self, start: datetime) -> datetime | date:
        """What the table calls the span that begins there."""
        return start.date() if self is DAYS else start

    def start(self, key: datetime | date) -> datetime:
        """The other way round."""
        return key if isinstance(key, datetime) else datetime.combine(key, time(), UTC)


HOURS = Grain(HealthHour.__table__, HealthHour.__table__.c.hour, timedelta(hours=1))
DAYS = Grain(HealthDay.__table__, HealthDay.__table__.c.day, timedelta(days=1))
GRAINS = (HOURS, DAYS)


def floor(moment: datetime, width: timedelta) -> datetime:
    """The start of the span of this width that the moment lies in."""
    seconds = width.total_seconds()
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)


def roll_up(now: datetime, most: int = MOST_PIECES) -> int:
    """Compute every hour and day that is over and not done, and again those to which late readings may have come.

    Gives how many; each is written at once, the oldest first, so that whoever stops us loses nothing. A pause, however
    long, is caught up with.
    """
    hours, days = done_until(HOURS, now), done_until(DAYS, now)
    first = None if hours and days else first_reading(LONG_AGO)
    again = hours - LATE if hours else first
    if again is None:
        return 0
    from_day = min(floor(again, DAYS.length), days or first or again)
    pieces = chain(_catch_up(HOURS, again, now), _catch_up(DAYS, from_day, now))
    return sum(1 for _ in islice(pieces, most))


def done_until(grain: Grain, now: datetime) -> datetime | None:
    """The end of the last span that is rolled up; None when none is. What a wrong clock left in the future is none."""
    query = select(func.max(grain.column)).where(grain.column < grain.key(floor(now, grain.length)))
    latest = db.session.scalar(query)
    return grain.start(latest) + grain.length if latest else None


def _catch_up(grain: Grain, start: datetime, now: datetime) -> Iterator[datetime]:
    """Compute the spans that are over; where there are no readings go on to the next that has some."""
    following: datetime | None = floor(start, grain.length)
    while following is not None and following + grain.length <= now:
        end = following + grain.length
        if compute(grain, following):
            yield following
            following = end
        else:
            reading = first_reading(end)
            following = floor(reading, grain.length) if reading else None


def first_reading(since: datetime) -> datetime | None:
    """The tick of the oldest reading that is not older than `since`.

    Camera by camera from the primary key: an index on the tick alone would cost every check a write.
    """
    of_camera = select(func.min(health.c.tick)).where(health.c.camera_id == cameras.c.id, health.c.tick >= since)
    found: datetime | None = db.session.scalar(select(func.min(of_camera.scalar_subquery())).select_from(cameras))
    return found


def has_day(day: date) -> bool:
    """Whether the day is rolled up, and with it all its hours: those come first."""
    return db.session.scalar(select(DAYS.column).where(DAYS.column == day).limit(1)) is not None


def compute(grain: Grain, start: datetime) -> int:
    """Write the span that begins at `start`, of every camera that has readings in it; gives how many those are.

    Computed again it comes to the same, or to what late readings made of it.
    """
    if db.engine.dialect.name == "postgresql":
        with transaction():
            db.session.execute(text(LONG_STATEMENT))
            written = insert_digests(grain, start).returning(grain.table.c.camera_id)
            return len(db.session.execute(written).all())
    found = list(_digests(start, start + grain.length))
    with transaction():
        present = set(db.session.scalars(select(cameras.c.id)))
        rows = [{"camera_id": id, grain.column.name: grain.key(start), **facts} for id, facts in found if id in present]
        if rows:
            db.session.execute(_replacing(sqlite.insert(grain.table), grain), rows)
    return len(rows)


def _replacing(insert: Any, grain: Grain) -> Any:
    keys = ["camera_id", grain.column.name]
    return insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in FIELDS})


def insert_digests(grain: Grain, start: datetime) -> Any:
    """The statement that does it all in PostgreSQL. It asks camera by camera: in its partition each has the primary
    key to go by, while the table as a whole is never read. A camera that is deleted meanwhile is left out."""
    found = _digest_sql(start, start + grain.length).lateral("found")
    rows = (
        select(cameras.c.id, literal(grain.key(start), grain.column.type), *found.c)
        .select_from(cameras.join(found, true()))
        .where(found.c.good + found.c.failed + found.c.ours > 0)
        .with_for_update(read=True, key_share=True, of=cameras)
    )
    insert = postgresql.insert(grain.table).from_select(["camera_id", grain.column.name, *FIELDS], rows)
    return _replacing(insert, grain)


def _digest_sql(start: datetime, end: datetime) -> Select[Any]:
    """services.digest in SQL; its columns are in the order of FIELDS."""
    h = health.c
    count, is_ours = func.count(), h.outcome.in_(OURS)
    has_failed = and_(h.is_connected.is_(False), h.outcome.not_in(OURS))
    columns: tuple[ColumnElement[Any], ...] = (
        count.filter(h.is_connected),
        count.filter(has_failed),
        count.filter(h.is_connected.is_(False), is_ours),
        func.mode().within_group(h.outcome).filter(has_failed),
        func.percentile_cont(0.5).within_group(h.latency_ms).filter(h.is_connected),
        func.percentile_cont(0.95).within_group(h.latency_ms).filter(h.is_connected),
        func.min(h.fps_actual),
        func.avg(h.fps_actual),
    )
    named = (column.label(name) for name, column in zip(FIELDS, columns, strict=True))
    return select(*named).where(h.camera_id == cameras.c.id, h.tick >= start, h.tick < end)


def _digests(start: datetime, end: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """The same where SQL has no percentiles: camera id → the fields of its roll-up."""
    ids = list(db.session.scalars(select(cameras.c.id).order_by(cameras.c.id)))
    for first in range(0, len(ids), CAMERAS_AT_ONCE):
        for camera_id, readings in _readings(ids[first : first + CAMERAS_AT_ONCE], start, end).items():
            yield camera_id, asdict(digest(readings))


def _readings(ids: Sequence[str], start: datetime, end: datetime) -> dict[str, list[Raw]]:
    query = select(health.c.camera_id, *(health.c[name] for name in Raw._fields))
    query = query.where(health.c.camera_id.in_(ids), health.c.tick >= start, health.c.tick < end)
    found: dict[str, list[Raw]] = defaultdict(list)
    for camera_id, *facts in db.session.execute(query):
        found[camera_id].append(Raw(*facts))
    return found
