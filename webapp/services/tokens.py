"""Keys for programs that act for a person: made once, shown once, kept only as their SHA-256."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, or_, select, update

from ..extensions import db, transaction
from ..models import ApiToken, User
from ..schemas import InvalidInput, TokenInput
from . import audit, rights

PREFIX = "ck_"
SHAPE = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
SCOPES = ("cameras:read", "cameras:write", "cameras:credentials", "users:write", "audit:read")
NOTE_USE_EVERY = timedelta(minutes=1)
LOGIN_LASTS = timedelta(hours=12)
LOGIN_NAME = "Login through the API"


@dataclass(frozen=True, slots=True)
class Listed:
    token: ApiToken
    owner: User

    def state(self, now: datetime) -> str:
        """works, expired or revoked: on its own, or with everything else that lets its person in."""
        is_over = self.token.session_version != self.owner.session_version or not self.owner.is_enabled
        if self.token.revoked_at or is_over:
            return "revoked"
        return "expired" if self.token.expires_at and self.token.expires_at <= now else "works"


def grantable(user: User) -> list[str]:
    """The scopes that a token of this person can have: what the person may, be it on a single group."""
    return [scope for scope in SCOPES if not rights.scope_of(user, scope).is_nothing]


def listed(owner: User | None) -> list[Listed]:
    """The tokens of one person, or of everybody: the newest first, those that were revoked last."""
    query = select(ApiToken, User).join(User, User.id == ApiToken.user_id)
    is_revoked = or_(ApiToken.revoked_at.is_not(None), ApiToken.session_version != User.session_version)
    query = query.order_by(is_revoked, ApiToken.created_at.desc())
    mine = [ApiToken.user_id == owner.id] if owner else []
    return [Listed(token, user) for token, user in db.session.execute(query.where(*mine))]


def create(user: User, given: TokenInput, now: datetime) -> tuple[ApiToken, str]:
    """The token and its text, which nobody can read again later."""
    expires_at = given.expires_at(now)
    if expires_at and expires_at <= now:
        raise InvalidInput({"expires_on": ["This day is over. Choose a later one."]})
    if not set(given.scopes) <= set(grantable(user)):
        raise InvalidInput({"scopes": ["A token can do no more than you may yourself."]})
    token, text = _made(user, given.name, given.scopes, now, expires_at)
    with transaction():
        db.session.add(token)
        said = {"name": given.name, "scopes": given.scopes, "expires_at": expires_at}
        audit.record("token.create", _subject(token, user), None, said, now)
    return token, text


def log_in(user: User, now: datetime) -> tuple[ApiToken, str]:
    """A token with all that the person may, for half a day. Those that are over go."""
    token, text = _made(user, LOGIN_NAME, grantable(user), now, now + LOGIN_LASTS)
    token.is_login = True
    over = or_(ApiToken.expires_at <= now, ApiToken.session_version != user.session_version)
    with transaction():
        mine = delete(ApiToken).where(ApiToken.user_id == user.id, ApiToken.is_login, over)
        db.session.execute(mine)
        db.session.add(token)
    return token, text


def _made(
    user: User, name: str, scopes: Iterable[str], now: datetime, expires_at: datetime | None
) -> tuple[ApiToken, str]:
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user.id,
        name=name,
        beginning=text[:8],
        token_hash=_hash(text),
        scopes=list(scopes),
        session_version=user.session_version,
        created_at=now,
        expires_at=expires_at,
    )
    return token, text


def revoke(token: ApiToken, now: datetime) -> None:
    """It stops working at once and for ever."""
    with transaction():
        stored = db.session.get_one(ApiToken, token.id, populate_existing=True, with_for_update=True)
        if stored.revoked_at is None:
            stored.revoked_at = now
            owner = db.session.get_one(User, stored.user_id)
            audit.record("token.revoke", _subject(stored, owner), at=now)


class Bearer(NamedTuple):
    """Who acts with a token, for whom."""

    user: User
    scopes: frozenset[str]
    token: ApiToken


def authenticate(text: str, now: datetime) -> Bearer | None:
    """The person for whom the bearer acts, and the scopes it is limited to; None when it opens nothing.

    The database compares hashes: whoever guesses learns nothing from the time it takes.
    """
    if not SHAPE.fullmatch(text):
        return None
    query = select(ApiToken, User).join(User, User.id == ApiToken.user_id).where(ApiToken.token_hash == _hash(text))
    found = db.session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if found is None or Listed(*found).state(now) != "works":
        return None
    token, user = found
    _note_use(token, now)
    return Bearer(user, frozenset(token.scopes), token)


def _note_use(token: ApiToken, now: datetime) -> None:
    """At most once a minute, or every question to the interface would write."""
    if token.last_used_at and now - token.last_used_at < NOTE_USE_EVERY:
        return
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - NOTE_USE_EVERY)
    with transaction():
        db.session.execute(update(ApiToken).where(ApiToken.id == token.id, stale).values(last_used_at=now))


def _subject(token: ApiToken, owner: User) -> str:
    return f"{token.name} ({token.beginning}…) of {owner.email}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
