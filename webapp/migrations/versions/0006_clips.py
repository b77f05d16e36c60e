"""Clips: recorded, converted or uploaded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.models import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clips",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("camera_id", sa.String(36), sa.ForeignKey("cameras.id", ondelete="CASCADE")),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("source_id", sa.String(36)),
        sa.Column("codec", sa.String(20)),
        sa.Column("seconds", sa.Float),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("storage_path", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("progress_at", UtcDateTime(), nullable=False),
        sa.Column("expiry_date", UtcDateTime(), nullable=False),
    )
    for column in ("camera_id", "user_id", "created_at", "expiry_date"):
        op.create_index(f"ix_clips_{column}", "clips", [column])


def downgrade() -> None:
    op.drop_table("clips")
