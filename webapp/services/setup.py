"""The first administrator: made from the settings, or by whoever holds the link from our log."""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeTimedSerializer

from ..extensions import db, settings
from ..models import Role, User, utc_now
from ..schemas import UserInput, parse
from . import admins, audit
from .users import described, one_email_each, unsaved

HOURS = 24


class SetupClosed(Exception):
    """The set-up link is used up, out of date or was never ours."""


def ensure_first_admin() -> User | None:
    """Create the admin the settings name when there is no admin yet."""
    if admins.exist() or not settings.ADMIN_EMAIL:
        return None
    return _create(settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD)


def make_token() -> str:
    """Proof that its bearer read our log: good for making the first admin, until there is one."""
    return _signer().dumps("first admin")


def check(token: str) -> None:
    try:
        _signer().loads(token, max_age=HOURS * 3600)
    except BadSignature:
        raise SetupClosed from None
    if admins.exist():
        raise SetupClosed


def take_up(token: str, email: str, password: str) -> User:
    """Create the first admin with the one-time link; the link is of no use afterwards."""
    check(token)
    made = _create(email, password)
    if made is None:
        raise SetupClosed
    return made


def _create(email: str, password: str) -> User | None:
    """None when somebody else was faster."""
    user = unsaved(parse(UserInput, {"email": email, "password": password, "role": Role.ADMIN}))
    with one_email_each():
        admins.wait_for_the_turn()
        if admins.exist():
            return None
        db.session.add(user)
        audit.record("user.create", user, None, described(user), utc_now())
    return user


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.SECRET_KEY, salt="camkeeper-first-admin")
