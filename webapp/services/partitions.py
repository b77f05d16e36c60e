"""Raw readings by whole days: on PostgreSQL each day is a partition, made ahead and dropped at once.

What has no partition lands in the default one, so that no reading is ever refused. SQLite keeps one table.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Date, TableClause, column, delete, func, insert, select, table, text
from sqlalchemy.exc import OperationalError

from ..extensions import db, transaction
from ..models import Camera, CameraHealth
from . import rollups

log = logging.getLogger(__name__)

DAYS_AHEAD = 7
DEFAULT = "camera_health_default"
PARTITIONS = """
    SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'camera_health'::regclass
"""
PATIENCE = "3s"
"""For a lock on the table: the checks queue up behind whoever waits for it."""
LOCK = 7261_2027
CAMERAS_AT_ONCE = 20
"""Whose day SQLite deletes in one transaction: others who write wait for no more than that."""
DAY = timedelta(days=1)

cameras = Camera.__table__
health = CameraHealth.__table__


def _partition(name: str) -> TableClause:
    return table(name, *(column(known.name, known.type) for known in health.c))


default = _partition(DEFAULT)


class NotRolledUp(Exception):
    """What would be lost with the day is in no roll-up yet."""

    def __init__(self, day: date) -> None:
        super().__init__(f"The readings of {day} stay until its hours and the day are rolled up.")


@dataclass(frozen=True, slots=True)
class Extent:
    rows: int
    bytes: int | None
    """On disk; None where nobody can say, as on SQLite, which keeps the space for what comes."""


def make_ahead(now: datetime, days: int = DAYS_AHEAD) -> list[date]:
    """Make the partitions that are missing: of today, of the days ahead, and of those whose readings had to go to the
    default one. Gives the days made. One that cannot be made now, because others hold the table, is left for next time.
    """
    if not _is_partitioned():
        return []
    last = now.astimezone(UTC).date() + timedelta(days=days)
    wanted = {last - timedelta(days=n) for n in range(days + 1)} | {day for day in _days_in_default() if day <= last}
    return [day for day in sorted(wanted - set(_partitions())) if _make(day)]


def days_before(moment: datetime) -> list[date]:
    """The days with readings that were over by then, the oldest first."""
    first = moment.astimezone(UTC).date()
    found = {*_partitions(), *_days_in_default()} if _is_partitioned() else set(_days_of_table(moment))
    return sorted(day for day in found if day < first)


def extent(day: date) -> Extent:
    """What dropping that day would free."""
    rows = db.session.scalar(select(func.count()).select_from(health).where(*_within(day))) or 0
    return Extent(rows, _size(day) if _is_partitioned() else None)


def drop(day: date) -> Extent:
    """Delete the readings of that day; its roll-ups stay. Raises NotRolledUp as long as those are not there."""
    found = extent(day)
    if found.rows and not rollups.has_day(day):
        raise NotRolledUp(day)
    if _is_partitioned():
        with _brief_lock():
            db.session.execute(text(f"DROP TABLE IF EXISTS {_name(day)}"))
            db.session.execute(delete(health).where(*_within(day)))
    else:
        _delete_in_pieces(day)
    return found


def excess(day: date, keep: Collection[str]) -> Extent:
    """What that day holds of other cameras than these; its bytes are known only when nothing is kept."""
    if not keep:
        return extent(day)
    others = health.c.camera_id.not_in(keep)
    return Extent(db.session.scalar(select(func.count()).select_from(health).where(*_within(day), others)) or 0, None)


def thin(day: date, keep: Collection[str]) -> Extent:
    """Delete the readings of that day but for these cameras'. Raises NotRolledUp like drop(), which does the same for
    nobody.

    On PostgreSQL what stays is set aside while the partition is emptied, so that the space comes back at once.
    """
    if not keep:
        return drop(day)
    found = excess(day, keep)
    if found.rows and not rollups.has_day(day):
        raise NotRolledUp(day)
    if found.rows and _is_partitioned():
        before = _size(day) or 0
        _rewrite(day, keep)
        return Extent(found.rows, max(0, before - (_size(day) or 0)))
    if found.rows:
        _delete_in_pieces(day, keep)
    return found


def _rewrite(day: date, keep: Collection[str]) -> None:
    """Old days have no writers, and whoever reads this very day waits a moment; all others are left alone."""
    with _brief_lock():
        if day in _partitions():
            partition = _partition(_name(day))
            db.session.execute(text(f"LOCK TABLE {partition.name} IN ACCESS EXCLUSIVE MODE"))
            db.session.execute(text(f"CREATE TEMP TABLE kept (LIKE {partition.name}) ON COMMIT DROP"))
            kept = _partition("kept")
            staying = select(partition).where(partition.c.camera_id.in_(keep))
            db.session.execute(insert(kept).from_select(kept.c.keys(), staying))
            db.session.execute(text(f"TRUNCATE {partition.name}"))
            db.session.execute(insert(partition).from_select(partition.c.keys(), select(kept)))
        in_day = (default.c.tick >= _start(day), default.c.tick < _start(day + DAY))
        db.session.execute(delete(default).where(default.c.camera_id.not_in(keep), *in_day))


def _is_partitioned() -> bool:
    return db.engine.dialect.name == "postgresql"


def _name(day: date) -> str:
    return f"camera_health_{day:%Y%m%d}"


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _within(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return health.c.tick >= _start(day), health.c.tick < _start(day + DAY)


def _partitions() -> list[date]:
    query = (
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'camera_health'::regclass"
    )
    names = db.session.scalars(text(query))
    return [datetime.strptime(name[-8:], "%Y%m%d").date() for name in names if name != DEFAULT]


def _days_in_default() -> list[date]:
    """Usually none; the default partition is empty then, and this costs nothing."""
    day = func.date(func.timezone("UTC", default.c.tick), type_=Date())
    return list(db.session.scalars(select(day).distinct()))


def _days_of_table(until: datetime) -> Iterator[date]:
    reading = rollups.first_reading(rollups.LONG_AGO)
    while reading and reading < until:
        yield reading.date()
        reading = rollups.first_reading(_start(reading.date() + DAY))


def _size(day: date) -> int | None:
    of_partition = text("SELECT pg_total_relation_size(to_regclass(:name))")
    found: int | None = db.session.scalar(of_partition, {"name": _name(day)})
    return found


@contextmanager
def _brief_lock() -> Iterator[None]:
    """A transaction that locks tables, alone of its kind, and does not wait long for them."""
    with transaction():
        db.session.execute(text("SELECT set_config('lock_timeout', :patience, true)"), {"patience": PATIENCE})
        db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        yield


def _make(day: date) -> bool:
    try:
        with _brief_lock():
            if day in _partitions():
                return False
            _attach(day)
    except OperationalError as error:
        log.warning("The partition of %s is made later, because the table is in use: %s", day, error.orig)
        return False
    return True


def _attach(day: date) -> None:
    """Made beside the table and attached, readings and checks go on meanwhile; only the default partition stands still.

    It is locked first, as whoever writes to it does, and what it holds of that day moves.
    """
    new = _partition(_name(day))
    in_day = (default.c.tick >= _start(day), default.c.tick < _start(day + DAY))
    db.session.execute(text(f"LOCK TABLE {DEFAULT} IN ACCESS EXCLUSIVE MODE"))
    db.session.execute(text(f"CREATE TABLE {new.name} (LIKE camera_health)"))
    db.session.execute(insert(new).from_select(new.c.keys(), select(default).where(*in_day)))
    db.session.execute(delete(default).where(*in_day))
    bounds = f"FROM ('{day} 00:00+00') TO ('{day + DAY} 00:00+00')"
    db.session.execute(text(f"ALTER TABLE camera_health ATTACH PARTITION {new.name} FOR VALUES {bounds}"))


def _delete_in_pieces(day: date, keep: Collection[str] = ()) -> None:
    ids = list(db.session.scalars(select(cameras.c.id).where(cameras.c.id.not_in(keep)).order_by(cameras.c.id)))
    for first in range(0, len(ids), CAMERAS_AT_ONCE):
        with transaction():
            some = health.c.camera_id.in_(ids[first : first + CAMERAS_AT_ONCE])
            db.session.execute(delete(health).where(some, *_within(day)))
