"""What only the command line asks: whether the set-up itself is sound. The rest is services/system_status.py."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import Migrate
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ..credentials import Credentials, CredentialUnreadable
from ..extensions import db, redis_client, settings
from ..models import Camera
from . import admins
from .system_checks import Check, Level

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SECRETS = ("secret.key", "credential.keys")


def check(migrations: Migrate) -> list[Check]:
    """Of the configuration and of what it leads to; what cannot be asked, because its part is away, is left out."""
    asks: tuple[Callable[[], Check], ...] = (lambda: _migrations(migrations), _admin, _passwords, _redis_keeps)
    return [found for ask in asks if (found := _asked(ask))] + list(_settings())


def _asked(ask: Callable[[], Check]) -> Check | None:
    try:
        return ask()
    except (SQLAlchemyError, RedisError):
        db.session.rollback()
        return None


def _migrations(migrations: Migrate) -> Check:
    with db.engine.connect() as connection:
        there = MigrationContext.configure(connection).get_current_revision()
    wanted = ScriptDirectory.from_config(migrations.get_config()).get_current_head()
    if there == wanted:
        return Check("migrations", Level.OK, "The database has the tables of this version.")
    said = f"The database is at version {there or 'none'}; this program needs {wanted}."
    return Check("migrations", Level.FAILING, said, "Run: flask prepare")


def _admin() -> Check:
    if admins.exist():
        return Check("admin", Level.OK, "There is an administrator.")
    remedy = "Run flask prepare for a set-up link, or: flask create-user you@example.com --role admin"
    return Check("admin", Level.WARNING, "There is no administrator.", remedy)


def _passwords() -> Check:
    credentials = Credentials(settings.CREDENTIAL_KEYS)
    query = select(Camera.id, Camera.password_encrypted).where(Camera.password_encrypted.is_not(None))
    unreadable = sum(not _opens(credentials, sealed, camera_id) for camera_id, sealed in db.session.execute(query))
    if not unreadable:
        return Check("passwords", Level.OK, "Every stored password of a camera can be read.")
    said = f"The stored passwords of {unreadable:,} camera{'s' if unreadable != 1 else ''} cannot be read."
    remedy = "Put the key they were stored with back into CREDENTIAL_KEYS, or type these passwords again."
    return Check("passwords", Level.FAILING, said, remedy)


def _opens(credentials: Credentials, sealed: str | None, camera_id: str) -> bool:
    try:
        credentials.decrypt(sealed or "", camera_id)
    except CredentialUnreadable:
        return False
    return True


def _redis_keeps() -> Check:
    policy = redis_client.info("memory").get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        return Check("redis memory", Level.OK, "Redis throws nothing away when its memory is full.")
    said = f"Redis throws entries away when its memory is full ({policy}): jobs would be lost without a trace."
    return Check("redis memory", Level.WARNING, said, "Set its maxmemory-policy to noeviction.")


def _settings() -> Iterator[Check]:
    if settings.TRUSTED_PROXIES and not settings.COOKIE_SECURE:
        said = "Logins travel over plain http, though a proxy stands in front."
        yield Check("cookies", Level.WARNING, said, "Let the proxy speak https and set COOKIE_SECURE=yes.")
    elif settings.HOST not in LOOPBACK and not settings.COOKIE_SECURE:
        said = f"The web server listens on {settings.HOST} without https: whoever listens in reads logins."
        yield Check("cookies", Level.WARNING, said, "Put a proxy with https in front and set COOKIE_SECURE=yes.")
    for name in SECRETS:
        path = settings.DATA_DIR / name
        if path.exists() and stat.S_IMODE(os.stat(path).st_mode) & 0o077:
            yield Check("secrets", Level.FAILING, f"Others can read {path}.", f"Run: chmod 600 {path}")
