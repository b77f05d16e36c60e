"""The first tables: people, groups, cameras and what is known of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.models import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _users()
    _camera_groups()
    _cameras()
    _camera_health()
    _status_changes()
    _camera_snapshots()
    _connection_tests()


def downgrade() -> None:
    for table in (
        "connection_tests",
        "camera_snapshots",
        "status_changes",
        "camera_health",
        "cameras",
        "camera_groups",
        "users",
    ):
        op.drop_table(table)


def _id() -> sa.Column:
    return sa.Column("id", sa.String(36), primary_key=True)


def _when(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def _camera_id(**options: bool) -> sa.Column:
    return sa.Column("camera_id", sa.String(36), sa.ForeignKey("cameras.id", ondelete="CASCADE"), **options)


def _users() -> None:
    op.create_table(
        "users",
        _id(),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("session_version", sa.Integer, nullable=False),
        sa.Column("theme", sa.String(10), nullable=False),
        sa.Column("live_seconds", sa.Integer, nullable=False),
        _when("created_at"),
        _when("signed_in_at", nullable=True),
    )
    op.create_index("uq_users_email_lower", "users", [sa.text("lower(email)")], unique=True)


def _camera_groups() -> None:
    parent = sa.ForeignKey("camera_groups.id", ondelete="RESTRICT")
    op.create_table(
        "camera_groups",
        _id(),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("location", sa.String(255)),
        sa.Column("parent_id", sa.String(36), parent, index=True),
        _when("created_at"),
        _when("updated_at"),
    )
    siblings = [sa.text("coalesce(parent_id, '')"), "name"]
    op.create_index("uq_camera_groups_parent_name", "camera_groups", siblings, unique=True)


def _cameras() -> None:
    op.create_table("cameras", *_what_people_say(), *_what_readings_say())


def _what_people_say() -> list[sa.Column]:
    return [
        _id(),
        sa.Column("name", sa.String(255), nullable=False, index=True),
        sa.Column("rtsp_url", sa.String(2048), nullable=False),
        sa.Column("username", sa.String(255)),
        sa.Column("password_encrypted", sa.Text),
        sa.Column("resolution", sa.String(20)),
        sa.Column("fps", sa.Float),
        sa.Column("codec", sa.String(10)),
        sa.Column("location", sa.String(255)),
        sa.Column("group_id", sa.String(36), sa.ForeignKey("camera_groups.id", ondelete="SET NULL"), index=True),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("enable_detection", sa.Boolean, nullable=False),
        sa.Column("detection_sensitivity", sa.Float, nullable=False),
        _when("maintenance_until", nullable=True),
        _when("created_at"),
        _when("updated_at"),
        sa.Column("version", sa.Integer, nullable=False),
    ]


def _what_readings_say() -> list[sa.Column]:
    return [
        sa.Column("status", sa.String(50), nullable=False),
        _when("status_since"),
        sa.Column("outcome", sa.String(30)),
        sa.Column("detail", sa.String(300)),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("auth_failures", sa.Integer, nullable=False),
        _when("checked_at", nullable=True),
        _when("last_connected", nullable=True),
        _when("next_due_at"),
        _when("claimed_until", nullable=True),
        sa.Column("latency_ms", sa.Float),
        sa.Column("phases", sa.JSON),
        sa.Column("actual_codec", sa.String(10)),
        sa.Column("actual_resolution", sa.String(20)),
        sa.Column("actual_fps", sa.Float),
        sa.Column("fps_source", sa.String(10)),
        sa.Column("picture_hash", sa.String(16)),
        _when("picture_at", nullable=True),
    ]


def _camera_health() -> None:
    op.create_table(
        "camera_health",
        _camera_id(primary_key=True),
        sa.Column("tick", UtcDateTime(), primary_key=True),
        _when("last_check"),
        sa.Column("outcome", sa.SmallInteger, nullable=False),
        sa.Column("is_connected", sa.Boolean, nullable=False),
        sa.Column("latency_ms", sa.REAL),
        sa.Column("frame_ms", sa.REAL),
        sa.Column("fps_actual", sa.REAL),
    )


def _status_changes() -> None:
    op.create_table(
        "status_changes",
        _id(),
        _camera_id(nullable=False),
        _when("at"),
        sa.Column("old", sa.String(50), nullable=False),
        sa.Column("new", sa.String(50), nullable=False),
        sa.Column("reason", sa.String(30)),
    )
    op.create_index("ix_status_changes_camera_at", "status_changes", ["camera_id", "at"])
    op.create_index("ix_status_changes_at", "status_changes", ["at"])


def _camera_snapshots() -> None:
    op.create_table(
        "camera_snapshots",
        _id(),
        _camera_id(nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("storage_path", sa.String(512), nullable=False, unique=True),
        sa.Column("file_size", sa.Integer),
        sa.Column("expiry_date", UtcDateTime(), index=True),
        _when("created_at"),
    )
    op.create_index("ix_camera_snapshots_camera_created", "camera_snapshots", ["camera_id", "created_at"])


def _connection_tests() -> None:
    op.create_table(
        "connection_tests",
        _id(),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("rtsp_url", sa.String(2048), nullable=False),
        sa.Column("username", sa.String(255)),
        sa.Column("password_encrypted", sa.Text),
        sa.Column("created_at", UtcDateTime(), nullable=False, index=True),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column("outcome", sa.String(30)),
        sa.Column("detail", sa.String(300)),
        sa.Column("steps", sa.JSON, nullable=False),
        sa.Column("codec", sa.String(10)),
        sa.Column("resolution", sa.String(20)),
        sa.Column("fps", sa.Float),
        sa.Column("fps_source", sa.String(10)),
        sa.Column("picture_hash", sa.String(16)),
    )
