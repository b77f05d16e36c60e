"""People: who there is, and what administrators do for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from werkzeug.security import generate_password_hash

from ..extensions import db, transaction
from ..models import RESET, GroupRole, Role, User, utc_now
from ..schemas import GroupRoleInput, InvalidInput, InvitationInput, RightsInput, UserInput
from . import admins, audit, group_paths, live, one_time_links
from .group_paths import Path
from .one_time_links import OneTimeLink
from .rights import EVERYTHING, Scope

CHANGED_MEANWHILE = (
    "Somebody else changed this person while you were editing. Open the page anew in another tab to see how it is now;"
    " saving once more puts in place what stands here."
)


@dataclass(frozen=True, slots=True)
class Person:
    user: User
    groups: dict[str, str]
    """Path of a group → the role given on it."""


def everybody() -> list[Person]:
    """Three queries, however many they are."""
    given: dict[str, list[GroupRole]] = {}
    for group_role in db.session.scalars(select(GroupRole)):
        given.setdefault(group_role.user_id, []).append(group_role)
    paths = group_paths.read()
    users = db.session.scalars(select(User).order_by(func.lower(User.email)))
    return [Person(user, _told(given.get(user.id, []), paths)) for user in users]


def group_roles(user: User, sight: Scope = EVERYTHING) -> dict[str, str]:
    """Path of a group → the role given on it; of a path only what the reader may see."""
    given = db.session.scalars(select(GroupRole).where(GroupRole.user_id == user.id))
    return _told(given, group_paths.read(sight))


def _told(given: Iterable[GroupRole], paths: Mapping[str, Path]) -> dict[str, str]:
    roles = {group_paths.told(paths[group_role.group_id]): group_role.role for group_role in given}
    return dict(sorted(roles.items(), key=lambda item: item[0].casefold()))


def by_id(user_id: str) -> User | None:
    return db.session.get(User, user_id)


def by_email(email: str) -> User | None:
    found: User | None = db.session.scalar(select(User).where(func.lower(User.email) == email.lower()))
    return found


def create(given: UserInput, now: datetime | None = None) -> User:
    """Somebody who may sign in at once."""
    return _add(unsaved(given), given.groups, "user.create", now or utc_now())


def unsaved(given: UserInput) -> User:
    """Not in the database yet. The slow part, the hash, is made outside of any transaction."""
    password_hash = generate_password_hash(given.password)
    return User(email=given.email, name=given.name, role=given.role, password_hash=password_hash)


def invite(given: InvitationInput, now: datetime) -> tuple[User, OneTimeLink]:
    """Somebody who may sign in after choosing a password with the link."""
    user = User(email=given.email, name=given.name, role=given.role, password_hash="")
    _add(user, given.groups, "user.invite", now)
    return user, one_time_links.make(user, now)


def _add(user: User, groups: Iterable[GroupRoleInput], action: str, now: datetime) -> User:
    with one_email_each():
        db.session.add(user)
        db.session.flush()
        _give(user, groups)
        audit.record(action, user, None, described(user), now)
    return user


@contextmanager
def one_email_each() -> Iterator[None]:
    """A transaction in which somebody is added."""
    try:
        with transaction():
            yield
    except IntegrityError:
        raise InvalidInput({"email": ["Somebody with this e-mail address exists already."]}) from None


def update(user: User, given: RightsInput, now: datetime) -> None:
    """Change name, role and the roles on groups, all at once; InvalidInput for the last administrator's role."""
    with _changing(user) as stored:
        if given.seen and given.seen != digest(stored):
            raise InvalidInput({"": [CHANGED_MEANWHILE]})
        before = described(stored)
        if stored.role == Role.ADMIN and given.role != "admin":
            admins.require_another(stored)
        stored.name, stored.role = given.name, given.role
        db.session.execute(delete(GroupRole).where(GroupRole.user_id == stored.id))
        _give(stored, given.groups)
        audit.record("user.update", stored, before, described(stored), now)
    live.publish([], status_changed=True)


def disable(user: User, now: datetime) -> None:
    """End the person's sessions and let them in no more; everything else stays as it is for the day they return."""
    with _changing(user) as stored:
        if stored.role == Role.ADMIN:
            admins.require_another(stored)
        _switch(stored, False, "user.disable", now)
        stored.session_version += 1


def enable(user: User, now: datetime) -> None:
    with _changing(user) as stored:
        _switch(stored, True, "user.enable", now)


def _switch(user: User, is_enabled: bool, action: str, now: datetime) -> None:
    if user.is_enabled != is_enabled:
        audit.record(action, user, {"is_enabled": user.is_enabled}, {"is_enabled": is_enabled}, now)
    user.is_enabled = is_enabled


def new_link(user: User, now: datetime) -> OneTimeLink:
    """A fresh link to choose a password with: ends the person's sessions, the password, and every link before it."""
    with _changing(user) as stored:
        stored.session_version += 1
        audit.record("user.reset" if stored.has_joined else "user.invite", stored, at=now)
        stored.password_hash = RESET if stored.has_joined else ""
    return one_time_links.make(stored, now)


@contextmanager
def _changing(user: User) -> Iterator[User]:
    """The person as the database has them now, while nobody else changes who is an administrator."""
    with transaction():
        admins.wait_for_the_turn()
        yield db.session.get_one(User, user.id, populate_existing=True)


def _give(user: User, groups: Iterable[GroupRoleInput]) -> None:
    """InvalidInput when a group does not exist or stands there twice."""
    paths, given = group_paths.read(), {}
    for wanted in groups:
        group_id = group_paths.find(wanted.group, paths)
        if group_id is None:
            raise InvalidInput({"groups": [f"There is no group “{wanted.group}”. Choose one from the list."]})
        if group_id in given:
            raise InvalidInput({"groups": [f"“{wanted.group}” stands here twice. Keep one of the two roles."]})
        given[group_id] = wanted.role
    db.session.add_all([GroupRole(user_id=user.id, group_id=id_, role=role) for id_, role in given.items()])
    db.session.flush()


def digest(user: User) -> str:
    """Differs as soon as name, role or a role on a group does."""
    return hashlib.sha256(repr(sorted(described(user).items())).encode()).hexdigest()[:12]


def described(user: User) -> dict[str, Any]:
    """What people say of the person, as the audit compares it."""
    groups = [f"{path}: {role}" for path, role in group_roles(user).items()]
    return {"name": user.name, "role": user.role, "is_enabled": user.is_enabled, "groups": groups}
