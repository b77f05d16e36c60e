"""Pages of the grid that somebody gave a name: their own, and those that colleagues share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from ..extensions import db, transaction
from ..models import SavedView, User
from ..schemas import InvalidInput, SavedViewInput
from . import audit

MOST_VIEWS = 50


def listed(user: User) -> list[SavedView]:
    """Their own views and the shared ones, by name. Which cameras one shows depends on who looks."""
    is_seen = or_(SavedView.user_id == user.id, SavedView.is_shared)
    return list(db.session.scalars(select(SavedView).where(is_seen).order_by(func.lower(SavedView.name), SavedView.id)))


def load_own(view_id: str, user: User) -> SavedView | None:
    view = db.session.get(SavedView, view_id)
    return view if view and view.user_id == user.id else None


def create(given: SavedViewInput, address: str, user: User, now: datetime) -> SavedView:
    """`address` is one that grid_address wrote."""
    with transaction():
        if (db.session.scalar(select(func.count(SavedView.id)).filter_by(user_id=user.id)) or 0) >= MOST_VIEWS:
            raise InvalidInput({"name": [f"You have {MOST_VIEWS} views already; delete one of them first."]})
        if len(address) > SavedView.address.type.length:
            raise InvalidInput({"name": ["These are too many filters to be kept as a view; drop some of them."]})
        _require_free_name(given.name, user)
        view = SavedView(user_id=user.id, name=given.name, address=address, is_shared=given.is_shared, created_at=now)
        db.session.add(view)
        audit.record("view.create", view.name, after=_described(view), at=now)
    return view


def update(view: SavedView, given: SavedViewInput, user: User, now: datetime) -> None:
    """Another name, and whether colleagues see it."""
    with transaction():
        stored = db.session.get(SavedView, view.id, populate_existing=True, with_for_update=True)
        if stored is None:
            return
        before = _described(stored)
        if given.name.lower() != stored.name.lower():
            _require_free_name(given.name, user)
        stored.name, stored.is_shared = given.name, given.is_shared
        audit.record("view.update", stored.name, before, _described(stored), now)


def delete(view: SavedView, now: datetime) -> None:
    with transaction():
        audit.record("view.delete", view.name, before=_described(view), at=now)
        db.session.delete(view)


def _require_free_name(name: str, user: User) -> None:
    same = select(SavedView.id).where(SavedView.user_id == user.id, func.lower(SavedView.name) == name.lower())
    if db.session.scalar(same):
        raise InvalidInput({"name": [f"You have a view “{name}” already; choose another name, or delete that one."]})


def _described(view: SavedView) -> dict[str, Any]:
    return {"name": view.name, "address": view.address, "is_shared": view.is_shared}
