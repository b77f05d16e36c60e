"""People: the first admin, new users, signing in, passwords."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from ..extensions import db, settings, transaction
from ..models import Role, User
from ..schemas import InvalidInput, SignIn, UserInput, parse

SETUP_HOURS = 24
FIRST_ADMIN_LOCK = 7261_2027


class SetupClosed(Exception):
    """The set-up link is used up, out of date or was never ours."""


def sign_in(given: SignIn, now: datetime) -> User | None:
    """The user whom e-mail and password belong to; it takes as long for an e-mail nobody has."""
    user = _by_email(given.email)
    fits = check_password_hash(user.password_hash if user else _nobodys_hash(), given.password)
    if user is None or not fits or not user.is_enabled:
        return None
    with transaction():
        user.signed_in_at = now
    return user


def create(given: UserInput) -> User:
    user = _described(given)
    with _one_email_each():
        db.session.add(user)
    return user


def _described(given: UserInput) -> User:
    """Not in the database yet. The slow part, the hash, is made outside of any transaction."""
    password_hash = generate_password_hash(given.password)
    return User(email=given.email, name=given.name, role=given.role, password_hash=password_hash)


@contextmanager
def _one_email_each() -> Iterator[None]:
    try:
        with transaction():
            yield
    except IntegrityError:
        raise InvalidInput({"email": ["Somebody with this e-mail address exists already."]}) from None


def sign_out_everywhere(user: User) -> None:
    with transaction():
        user.session_version += 1


def choose_look(user: User, theme: str | None = None, live_seconds: int | None = None) -> None:
    """Keep a person's theme (auto, dark, light) and refresh pace (0 is paused; 5, 15 or 60 seconds)."""
    with transaction():
        user.theme = theme or user.theme
        user.live_seconds = user.live_seconds if live_seconds is None else live_seconds


def admin_exists() -> bool:
    return db.session.scalar(select(User.id).where(User.role == Role.ADMIN).limit(1)) is not None


def ensure_first_admin() -> User | None:
    """Create the admin the settings name when there is no admin yet."""
    if admin_exists() or not settings.ADMIN_EMAIL:
        return None
    return _create_first_admin(settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD)


def setup_token() -> str:
    """Proof that its bearer read our log: good for making the first admin, until there is one."""
    return _signer().dumps("first admin")


def check_setup_token(token: str) -> None:
    try:
        _signer().loads(token, max_age=SETUP_HOURS * 3600)
    except BadSignature:
        raise SetupClosed from None
    if admin_exists():
        raise SetupClosed


def set_up(token: str, email: str, password: str) -> User:
    """Create the first admin with the one-time link; the link is of no use afterwards."""
    check_setup_token(token)
    made = _create_first_admin(email, password)
    if made is None:
        raise SetupClosed
    return made


def _create_first_admin(email: str, password: str) -> User | None:
    """None when somebody else was faster."""
    user = _described(parse(UserInput, {"email": email, "password": password, "role": Role.ADMIN}))
    with _one_email_each():
        _wait_for_the_turn()
        if admin_exists():
            return None
        db.session.add(user)
    return user


def _wait_for_the_turn() -> None:
    """Until our transaction ends nobody else makes the first admin. On SQLite whoever writes is alone anyway."""
    if not settings.is_embedded:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FIRST_ADMIN_LOCK})


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.SECRET_KEY, salt="camkeeper-first-admin")


def _by_email(email: str) -> User | None:
    found: User | None = db.session.scalar(select(User).where(func.lower(User.email) == email.lower()))
    return found


@cache
def _nobodys_hash() -> str:
    return generate_password_hash("nobody has this password")
