"""Rows as the database's driver takes them: converted beforehand, so that a transaction has nothing to do but write.

On SQLite everybody else waits for that transaction, and converting ten thousand rows takes five times as long as
writing them.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Dialect, Table, bindparam, insert, update
from sqlalchemy.dialects import sqlite

from ...extensions import db

Row = dict[str, Any]


@dataclass
class Batch:
    """Rows for one table, to be inserted, or with `key` to be updated. All have the same columns."""

    table: Table
    key: tuple[str, ...] = ()
    """Columns that say which row is meant; their values stand in each row under their name with key_ before it."""
    rows: list[Row] = field(default_factory=list)
    _aside: list[bytes] = field(default_factory=list)
    _filled: list[tuple[str, Callable[[Any], Any]]] | None = None

    def add(self, row: Row) -> Row:
        """Gives the row as it is kept, for what is known only later."""
        convert, row = self._converters, row | {name: default(None) for name, default in self._defaults(row)}
        kept = {name: convert[name](value) if name in convert else value for name, value in row.items()}
        self.rows.append(kept)
        return kept

    def set_aside(self) -> None:
        """Have the rows wait packed: twenty thousand take a fifth of the memory."""
        if self.rows:
            self._aside.append(pickle.dumps(self.rows, pickle.HIGHEST_PROTOCOL))
            self.rows = []

    def write(self) -> None:
        """Within a transaction."""
        for rows in self._pieces():
            db.session.connection().exec_driver_sql(_statement(self.table, self.key, list(rows[0])), rows)

    def _pieces(self) -> Iterator[list[Row]]:
        for packed in self._aside:
            yield pickle.loads(packed)  # noqa: S301 - our own
        if self.rows:
            yield self.rows

    def _defaults(self, row: Row) -> list[tuple[str, Callable[[Any], Any]]]:
        """Of the columns that new rows do not speak of; the same ones for all, so the first row says which."""
        if self._filled is None:
            missing = [column for column in self.table.c if column.default is not None and column.name not in row]
            self._filled = [] if self.key else [(column.name, _default(column)) for column in missing]
        return self._filled

    @cached_property
    def _converters(self) -> dict[str, Callable[[Any], Any]]:
        dialect = db.engine.dialect
        found = {column.name: column.type.dialect_impl(dialect).bind_processor(dialect) for column in self.table.c}
        return {name: convert for name, convert in found.items() if convert is not None}


def _default(column: Column[Any]) -> Callable[[Any], Any]:
    """Takes the context that SQLAlchemy would give it."""
    given: Any = column.default
    return given.arg if given.is_callable else lambda _context: given.arg


def _statement(table: Table, key: Sequence[str], names: Iterable[str]) -> str:
    values: dict[str, Any] = {name: bindparam(name) for name in names if name in table.c}
    if not key:
        return str(insert(table).values(values).compile(dialect=_named()))
    meant = [table.c[name] == bindparam(f"key_{name}") for name in key]
    return str(update(table).where(*meant).values(values).compile(dialect=_named()))


def _named() -> Dialect:
    """With names for the values, as the rows have them: SQLAlchemy's own way with SQLite is by position."""
    return sqlite.dialect(paramstyle="named") if db.engine.dialect.name == "sqlite" else db.engine.dialect
