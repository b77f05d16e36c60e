"""Whether everything we need answers: database, Redis, storage, the scheduler."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..extensions import db, redis_client, settings
from ..storage import StorageError, storage_from_settings
from . import live

log = logging.getLogger(__name__)

HEARTBEAT_PATIENCE = timedelta(seconds=150)
"""The scheduler gives a sign of life every minute at the latest."""


def failures(now: datetime) -> dict[str, str]:
    """What does not answer → that it does not, in words for anybody; the reason is logged. Empty when all is well."""
    parts: dict[str, Callable[[], None]] = {
        "database": _ask_database,
        "redis": _ask_redis,
        "storage": _ask_storage,
        "scheduler": lambda: _ask_scheduler(now),
    }
    found = {name: _reason(name, ask) for name, ask in parts.items()}
    return {name: reason for name, reason in found.items() if reason}


def _reason(name: str, ask: Callable[[], None]) -> str:
    try:
        ask()
    except (StorageError, SQLAlchemyError, RedisError, OSError) as error:
        log.warning("not ready: %s: %s", name, error)
        return "does not answer"
    except SchedulerSilent as error:
        return str(error)
    return ""


class SchedulerSilent(Exception):
    pass


def _ask_database() -> None:
    db.session.execute(text("SELECT 1"))


def _ask_redis() -> None:
    redis_client.ping()


def _ask_storage() -> None:
    storage_from_settings(settings).exists("latest/readiness")


def _ask_scheduler(now: datetime) -> None:
    last = live.sweep_state(now).heartbeat_at
    if last is None:
        raise SchedulerSilent("has given no sign of life yet")
    if now - last > HEARTBEAT_PATIENCE:
        raise SchedulerSilent(f"has given no sign of life since {last:%Y-%m-%d %H:%M:%S} UTC")
