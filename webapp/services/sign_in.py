"""Signing in with e-mail and password."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

from ..extensions import transaction
from ..models import User
from ..schemas import SignIn
from . import audit
from .users import by_email


def sign_in(given: SignIn, now: datetime) -> User | None:
    """The user whom e-mail and password belong to; it takes as long for an e-mail nobody has."""
    user = by_email(given.email)
    # Somebody who is to choose a password yet has no hash, and must not be known by the time it takes.
    can_fit = user is not None and user.has_password
    fits = check_password_hash(user.password_hash if user and can_fit else _nobodys_hash(), given.password)
    if user is None or not (fits and can_fit) or not user.is_enabled:
        _note_failure(user, now)
        return None
    with transaction(), audit.acting_as(user):
        user.signed_in_at = now
        audit.record("user.sign_in", user, at=now)
    return user


def _note_failure(user: User | None, now: datetime) -> None:
    """What was typed is not kept: people type passwords into the wrong field."""
    with transaction():
        audit.record("user.sign_in_failed", user or "Somebody we do not know", at=now)


@cache
def _nobodys_hash() -> str:
    return generate_password_hash("nobody has this password")
