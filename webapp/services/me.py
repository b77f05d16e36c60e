"""What people choose and do for themselves: how pages look, their password, ending their sessions."""

from __future__ import annotations

from datetime import datetime

from werkzeug.security import check_password_hash, generate_password_hash

from ..extensions import db, transaction
from ..models import User
from ..schemas import InvalidInput, LookInput, PasswordChange
from . import audit


def choose_look(user: User, given: LookInput) -> None:
    with transaction():
        for name in given.model_fields_set:
            setattr(user, name, getattr(given, name))


def change_password(user: User, given: PasswordChange, now: datetime) -> None:
    """Ends every session, also the one that asks: whoever keeps it has to start it anew."""
    if not check_password_hash(user.password_hash, given.old):
        raise InvalidInput({"old": ["This is not your password."]})
    if given.old == given.password:
        raise InvalidInput({"password": ["Choose a password that differs from the old one."]})
    password_hash = generate_password_hash(given.password)
    with transaction():
        _require_same_login(user)
        user.password_hash = password_hash
        user.session_version += 1
        audit.record("user.change_password", user, at=now)


def _require_same_login(user: User) -> None:
    """An administrator may have ended the password while it was typed."""
    before = user.password_hash
    stored = db.session.get_one(User, user.id, populate_existing=True, with_for_update=True)
    if stored.password_hash != before:
        raise InvalidInput({"old": ["This is not your password."]})


def sign_out_everywhere(user: User, now: datetime) -> None:
    with transaction():
        user.session_version += 1
        audit.record("user.sign_out_everywhere", user, at=now)
