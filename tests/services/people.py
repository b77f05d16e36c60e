"""Making people as the services do, and acting as two of them at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests.conftest import PASSWORD_HASH
from webapp.extensions import db
from webapp.models import AuditEntry, Role, User

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def new_person(role: Role = Role.VIEWER, email: str = "a.ruiz@example.com", **fields: Any) -> User:
    user = User(email=email, role=role, **({"password_hash": PASSWORD_HASH} | fields))
    db.session.add(user)
    db.session.commit()
    return user


def at_once(app: Flask, *acts: Callable[[], object]) -> list[object]:
    """What each act gives, or the error it ends with; every act in a thread and an app context of its own."""

    def run(act: Callable[[], object]) -> object:
        with app.app_context():
            try:
                return act()
            except Exception as error:
                return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def audited() -> list[tuple[str, str, str]]:
    """Action, actor and subject of every entry, in the order they were written."""
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.action))
    return [(entry.action, entry.actor, entry.subject) for entry in entries]


def everything_audited() -> str:
    """All that the audit holds, to look for what must not be in it."""
    entries = db.session.scalars(select(AuditEntry))
    return " ".join(f"{entry.actor} {entry.subject} {entry.changes}" for entry in entries)
