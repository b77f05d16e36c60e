"""Raw readings in one partition a day on PostgreSQL: a whole day is dropped in milliseconds. SQLite keeps one table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.models import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = "camera_id, tick, last_check, outcome, is_connected, latency_ms, frame_ms, fps_actual"


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    _put_aside()
    _camera_health(postgresql_partition_by="RANGE (tick)")
    op.execute("CREATE TABLE camera_health_default PARTITION OF camera_health DEFAULT")
    for day in _days():
        op.execute(
            f"CREATE TABLE camera_health_{day:%Y%m%d} PARTITION OF camera_health "
            f"FOR VALUES FROM ('{day} 00:00+00') TO (TIMESTAMPTZ '{day} 00:00+00' + INTERVAL '24 hours')"
        )
    _take_over()


def downgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    _put_aside()
    _camera_health()
    _take_over()


def _put_aside() -> None:
    op.execute("SET LOCAL statement_timeout = 0")  # a month of readings takes its time
    op.execute("ALTER TABLE camera_health RENAME TO camera_health_old")
    op.execute("ALTER TABLE camera_health_old RENAME CONSTRAINT pk_camera_health TO pk_camera_health_old")


def _camera_health(**options: str) -> None:
    op.create_table(
        "camera_health",
        sa.Column("camera_id", sa.String(36), sa.ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tick", UtcDateTime(), primary_key=True),
        sa.Column("last_check", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.SmallInteger, nullable=False),
        sa.Column("is_connected", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.REAL) for name in ("latency_ms", "frame_ms", "fps_actual")),
        **options,
    )


def _days() -> list:  # type: ignore[type-arg]
    days = "SELECT DISTINCT (tick AT TIME ZONE 'UTC')::date FROM camera_health_old"
    return list(op.get_bind().execute(sa.text(days)).scalars())


def _take_over() -> None:
    """By day and then by camera, as the checks wrote them; the partitions of the old table go with it."""
    op.execute(f"INSERT INTO camera_health ({COLUMNS}) SELECT {COLUMNS} FROM camera_health_old ORDER BY tick")
    op.execute("DROP TABLE camera_health_old")
