"""Keeping the database quick and small: statistics for its planner, and the space of what was deleted."""

from __future__ import annotations

from contextlib import closing

from sqlalchemy import text

from ...extensions import db, settings
from .work import Work

PAGES_AT_ONCE = 500
CHANGED = """
    SELECT relname FROM pg_stat_user_tables
    WHERE schemaname = current_schema() AND n_mod_since_analyze > 0 ORDER BY relname
"""


def optimise(work: Work) -> None:
    """Nobody waits for it: SQLite gives its free space back in small pieces, PostgreSQL reads samples of its tables."""
    if settings.is_embedded:
        _give_space_back(work)
        _tell_planner(work)
    else:
        _analyse(work)


def _give_space_back(work: Work) -> None:
    """Where the file was made before Camkeeper could, it keeps the space for what comes, and nothing is given back."""
    page, free = _pragma("page_size"), _pragma("freelist_count")
    if _pragma("auto_vacuum") != 2:
        work.count(reusable_bytes=free * page)
        return
    if work.is_dry:
        work.count(bytes=free * page)
        return
    while free:
        with closing(db.engine.raw_connection()) as connection:
            # As a script: it frees one page for each step, and execute() takes only the first.
            connection.cursor().executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
        left = _pragma("freelist_count")
        work.count(bytes=max(0, free - left) * page)
        free = left if left < free else 0


def _tell_planner(work: Work) -> None:
    if work.is_dry:
        return
    with db.engine.connect().execution_options(writes=True) as connection:
        connection.exec_driver_sql("PRAGMA analysis_limit=1000")
        connection.exec_driver_sql("PRAGMA optimize")
        connection.commit()


def _pragma(name: str) -> int:
    with db.engine.connect() as connection:
        return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _analyse(work: Work) -> None:
    names = list(db.session.scalars(text(CHANGED)))
    db.session.rollback()
    for name in names:
        if not work.is_dry:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f'ANALYZE "{name}"')
        work.count(tables=1)
