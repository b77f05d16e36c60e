"""When a camera was last tried, and which fault of our own kept that from being a check."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.models import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cameras", sa.Column("tried_at", UtcDateTime()))
    op.add_column("cameras", sa.Column("fault", sa.String(300)))


def downgrade() -> None:
    # Not in a batch: on SQLite that would make the table anew, and dropping the old one deletes every history.
    op.drop_column("cameras", "fault")
    op.drop_column("cameras", "tried_at")
