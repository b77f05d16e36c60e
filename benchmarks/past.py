"""A past as long as wished, made by the database itself: readings minute by minute, outages, and who belongs where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, text

from webapp.extensions import db
from webapp.models import Camera, CameraGroup, new_id
from webapp.services import partitions
from webapp.services.sweep_plan import tick_of

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
IN_GROUP = 100

READINGS = """
    INSERT INTO camera_health (camera_id, tick, last_check, outcome, is_connected, latency_ms, frame_ms, fps_actual)
    SELECT id, tick, tick + interval '3 seconds', CASE WHEN is_up THEN 1 ELSE 10 END, is_up,
           CASE WHEN is_up THEN 5 + 40 * random() END, CASE WHEN is_up THEN 200 + 900 * random() END,
           CASE WHEN is_up AND random() < 0.05 THEN 14 + random() END
    FROM generate_series(cast(:start AS timestamptz), cast(:end AS timestamptz), interval '1 minute') AS tick
    CROSS JOIN LATERAL (SELECT id, random() > 0.02 AS is_up FROM cameras WHERE tick IS NOT NULL) AS checked
    ON CONFLICT DO NOTHING
"""
"""By tick and then by camera, as the checks write them; one in fifty brings no picture."""
CHANGES = """
    INSERT INTO status_changes (id, camera_id, at, old, new, reason)
    SELECT gen_random_uuid()::text, id, began + step * length,
           CASE step WHEN 0 THEN 'live' ELSE 'offline' END, CASE step WHEN 0 THEN 'offline' ELSE 'live' END,
           CASE step WHEN 0 THEN 'timeout' ELSE 'online' END
    FROM (
        SELECT id, turn + random() * interval '7 hours' AS began, random() * interval '40 minutes' AS length
        FROM generate_series(cast(:start AS timestamptz), cast(:end AS timestamptz) - interval '8h', '8h') AS turn
        CROSS JOIN cameras
    ) AS outages
    CROSS JOIN generate_series(0, 1) AS step
"""
"""Three outages a day."""


@dataclass(frozen=True)
class Past:
    camera_ids: list[str]
    group_ids: list[str]
    start: datetime
    end: datetime

    def pieces(self, length: timedelta = DAY) -> Iterator[tuple[datetime, datetime]]:
        """From its start to its end, both of a piece included."""
        begin = self.start
        while begin < self.end:
            yield begin, min(begin + length, self.end) - MINUTE
            begin += length


def begin(cameras: int, days: int, now: datetime) -> Past:
    """Cameras that were always there, in groups of a hundred, and the days for their readings."""
    end = tick_of(now)
    past = Past(
        [new_id() for _ in range(cameras)], [new_id() for _ in range(-(-cameras // IN_GROUP))], end - days * DAY, end
    )
    db.session.execute(insert(CameraGroup), [{"id": id, "name": f"Hall {n}"} for n, id in enumerate(past.group_ids)])
    db.session.execute(insert(Camera), [_camera(past, number) for number in range(cameras)])
    db.session.commit()
    partitions.make_ahead(past.start, days)
    return past


def _camera(past: Past, number: int) -> dict[str, object]:
    return {
        "id": past.camera_ids[number],
        "name": f"Camera {number}",
        "rtsp_url": f"rtsp://127.0.{number // 250}.{number % 250}:554/stream1",
        "group_id": past.group_ids[number // IN_GROUP],
        "status": "live",
        "outcome": "online",
        "created_at": past.start - DAY,
        "next_due_at": past.end + DAY,
    }


def add_readings(start: datetime, end: datetime) -> None:
    _run(READINGS, start, end)


def add_changes(past: Past) -> None:
    _run(CHANGES, past.start, past.end)


def settle() -> None:
    """What autovacuum does in the time that we do not have."""
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _run(statement: str, start: datetime, end: datetime) -> None:
    db.session.execute(text("SET LOCAL statement_timeout = 0"))
    db.session.execute(text(statement), {"start": start, "end": end})
    db.session.commit()
