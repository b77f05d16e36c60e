"""The history: roll-ups, what people say of outages, maintenance windows, image health, reports, housekeeping."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.models import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "housekeeping_runs",
    "reports",
    "image_findings",
    "camera_references",
    "maintenance_windows",
    "mutes",
    "acknowledgements",
    "camera_health_day",
    "camera_health_hour",
)


def upgrade() -> None:
    for table in ("cameras", "camera_groups"):
        op.add_column(table, sa.Column("image_sensitivity", sa.String(6)))
    op.add_column("cameras", sa.Column("findings", sa.Text, nullable=False, server_default=""))
    op.add_column("cameras", sa.Column("image_memory", sa.JSON(none_as_null=True)))
    op.add_column("cameras", sa.Column("flapping_since", UtcDateTime()))
    op.add_column("cameras", sa.Column("flips", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("cameras", sa.Column("slow_checks", sa.Integer, nullable=False, server_default="0"))
    op.add_column("status_changes", sa.Column("finding", sa.String(20)))
    _bind_tokens_to_sessions()
    _roll_up("camera_health_hour", sa.Column("hour", UtcDateTime(), primary_key=True))
    _roll_up("camera_health_day", sa.Column("day", sa.Date, primary_key=True))
    _acknowledgements()
    _mutes()
    _maintenance_windows()
    _snapshots()
    _image_health()
    _reports()
    _housekeeping()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_camera_snapshots_change_id", "camera_snapshots")
    for name in ("kept_days", "side", "change_id", "kind"):
        op.drop_column("camera_snapshots", name)
    for name in ("is_login", "session_version"):
        op.drop_column("api_tokens", name)
    op.drop_column("status_changes", "finding")
    for name in ("slow_checks", "flips", "flapping_since", "image_memory", "findings", "image_sensitivity"):
        op.drop_column("cameras", name)
    op.drop_column("camera_groups", "image_sensitivity")


def _id() -> sa.Column:
    return sa.Column("id", sa.String(36), primary_key=True)


def _of(table: str, name: str, gone: str = "CASCADE", **options: bool) -> sa.Column:
    return sa.Column(name, sa.String(36), sa.ForeignKey(f"{table}.id", ondelete=gone), **options)


def _person() -> sa.Column:
    return _of("users", "user_id", "SET NULL", index=True)


def _when(name: str, nullable: bool = False, index: bool = False) -> sa.Column:
    return sa.Column(name, UtcDateTime(), nullable=nullable, index=index)


def _words(name: str, length: int, nullable: bool = False, index: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=nullable, index=index)


def _bind_tokens_to_sessions() -> None:
    """Those of people who are disabled stay what they are, closed: no version is 0."""
    op.add_column("api_tokens", sa.Column("session_version", sa.Integer, nullable=False, server_default="0"))
    op.add_column("api_tokens", sa.Column("is_login", sa.Boolean, nullable=False, server_default=sa.false()))
    current = "SELECT session_version FROM users WHERE users.id = api_tokens.user_id AND users.is_enabled"
    op.execute(f"UPDATE api_tokens SET session_version = COALESCE(({current}), 0)")  # noqa: S608


def _roll_up(table: str, span: sa.Column) -> None:
    op.create_table(
        table,
        _of("cameras", "camera_id", primary_key=True),
        span,
        *(sa.Column(name, sa.SmallInteger, nullable=False) for name in ("good", "failed", "ours")),
        sa.Column("worst_outcome", sa.SmallInteger),
        *(sa.Column(name, sa.REAL) for name in ("latency_p50_ms", "latency_p95_ms", "fps_low", "fps_mean")),
    )
    op.create_index(f"ix_{table}_{span.name}", table, [span.name])


def _acknowledgements() -> None:
    op.create_table(
        "acknowledgements",
        _of("status_changes", "change_id", primary_key=True),
        _person(),
        _words("actor", 300),
        _words("reason", 500, nullable=True),
        _when("at"),
    )


def _one_target(name: str) -> tuple[sa.Column, sa.Column, sa.CheckConstraint]:
    either = sa.CheckConstraint("(camera_id IS NULL) <> (group_id IS NULL)", name=name)
    return _of("cameras", "camera_id", index=True), _of("camera_groups", "group_id", index=True), either


def _mutes() -> None:
    op.create_table(
        "mutes",
        _id(),
        *_one_target("ck_mutes_one_target"),
        _person(),
        _words("actor", 300),
        _words("reason", 500),
        _when("created_at"),
        _when("ends_at", index=True),
    )


def _maintenance_windows() -> None:
    op.create_table(
        "maintenance_windows",
        _id(),
        *_one_target("ck_windows_one_target"),
        _person(),
        _words("reason", 500),
        _when("starts_at"),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("weekdays", sa.SmallInteger, nullable=False),
        _words("time_zone", 64),
        sa.Column("is_active", sa.Boolean, nullable=False),
        _when("created_at"),
    )


def _snapshots() -> None:
    op.add_column("camera_snapshots", sa.Column("kind", sa.String(10), nullable=False, server_default="regular"))
    op.add_column("camera_snapshots", sa.Column("change_id", sa.String(36)))
    op.add_column("camera_snapshots", sa.Column("side", sa.String(6)))
    op.add_column("camera_snapshots", sa.Column("kept_days", sa.SmallInteger))
    op.create_index("ix_camera_snapshots_change_id", "camera_snapshots", ["change_id"])


def _image_health() -> None:
    op.create_table(
        "camera_references",
        _id(),
        _of("cameras", "camera_id", nullable=False),
        _words("light", 5),
        sa.Column("features", sa.LargeBinary, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("storage_path", sa.String(512), nullable=False, unique=True),
        _person(),
        _when("created_at"),
    )
    op.create_index("ix_camera_references_camera_light", "camera_references", ["camera_id", "light", "created_at"])
    op.create_table(
        "image_findings",
        _id(),
        _of("cameras", "camera_id", nullable=False),
        _words("finding", 20),
        _when("raised_at", index=True),
        _when("cleared_at", nullable=True),
        _words("detail", 300, nullable=True),
        _of("camera_snapshots", "snapshot_id", "SET NULL", index=True),
        _of("camera_references", "reference_id", "SET NULL", index=True),
    )
    op.create_index("ix_image_findings_camera_raised", "image_findings", ["camera_id", "raised_at"])


def _reports() -> None:
    op.create_table(
        "reports",
        _id(),
        _person(),
        _words("name", 200),
        _of("camera_groups", "group_id", index=True),
        sa.Column("scope", sa.JSON(none_as_null=True)),
        _words("period", 10),
        _when("starts_at"),
        _when("ends_at"),
        _words("time_zone", 64),
        _words("state", 20),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        _words("problem", 500, nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True)),
        _when("created_at", index=True),
        _when("progress_at"),
        _when("finished_at", nullable=True),
    )


def _housekeeping() -> None:
    op.create_table(
        "housekeeping_runs",
        _id(),
        _words("task", 40, index=True),
        sa.Column("is_dry", sa.Boolean, nullable=False),
        _words("actor", 300, nullable=True),
        _when("started_at", index=True),
        _when("progress_at"),
        _when("finished_at", nullable=True),
        sa.Column("found", sa.JSON, nullable=False),
        _words("problem", 500, nullable=True),
    )
