"""How Alembic meets our database: the app's own engine, one transaction, one migration at a time."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from webapp.extensions import db

MIGRATION_LOCK = 7261_2026


def run() -> None:
    """Migrate in one transaction; on PostgreSQL under an advisory lock, so that two starts do not migrate at once."""
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        _migrate(connection)


def _migrate(connection: Connection) -> None:
    migrate = current_app.extensions["migrate"]
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        process_revision_directives=_nothing_without_changes,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


def _nothing_without_changes(_context: object, _revision: object, directives: list) -> None:  # type: ignore[type-arg]
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


run()
