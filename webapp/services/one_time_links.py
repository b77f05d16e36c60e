"""One-time links: an invitation for somebody new, a way back in for somebody who lost the password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.security import generate_password_hash

from ..extensions import db, settings, transaction
from ..models import User
from ..schemas import NewPassword
from . import audit

INVITATION = timedelta(days=7)
RESET = timedelta(hours=24)


class LinkClosed(Exception):
    """The link was used, replaced by a newer one, is out of date or was never ours."""


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    token: str
    expires_at: datetime


def make(user: User, now: datetime) -> OneTimeLink:
    """It holds until the person's session_version is raised, which using it does."""
    expires_at = now + (RESET if user.has_joined else INVITATION)
    token = _signer().dumps([user.id, user.session_version, int(expires_at.timestamp())])
    return OneTimeLink(str(token), expires_at)


def holder(token: str, now: datetime, lock: bool = False) -> User:
    """Whom the link is for; LinkClosed when it opens nothing."""
    try:
        user_id, version, expires = _signer().loads(token)
    except BadSignature:
        raise LinkClosed from None
    user: User | None = db.session.get(User, user_id, populate_existing=True, with_for_update=lock)
    if user is None or not user.is_enabled or user.session_version != version or now.timestamp() >= expires:
        raise LinkClosed
    return user


def take_up(token: str, given: NewPassword, now: datetime) -> User:
    """Set the password with the link; of two who use it at once the second finds it closed."""
    holder(token, now)
    password_hash = generate_password_hash(given.password)
    with transaction():
        user = holder(token, now, lock=True)
        with audit.acting_as(user):
            audit.record("user.reset_password" if user.has_joined else "user.join", user, at=now)
        user.password_hash, user.signed_in_at = password_hash, now
        user.session_version += 1
    return user


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer([*settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY], salt="camkeeper-one-time-link")
