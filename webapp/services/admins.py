"""There is always an administrator who can sign in: whoever makes, demotes or disables one takes turns here."""

from __future__ import annotations

from sqlalchemy import select, text

from ..extensions import db, settings
from ..models import RESET, Role, User
from ..schemas import InvalidInput

TURN = 7261_2027


def exist() -> bool:
    return db.session.scalar(select(User.id).where(User.role == Role.ADMIN).limit(1)) is not None


def wait_for_the_turn() -> None:
    """Until our transaction ends nobody else changes who is one. On SQLite whoever writes is alone anyway."""
    if not settings.is_embedded:
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": TURN})


def require_another(user: User) -> None:
    """InvalidInput when nobody but this person could let people in again; ask when it is your turn."""
    able = select(User.id).where(User.role == Role.ADMIN, User.is_enabled, User.password_hash.not_in(("", RESET)))
    if db.session.scalar(able.where(User.id != user.id).limit(1)) is None:
        raise InvalidInput({"role": ["This is the last administrator. Make somebody else one first."]})
