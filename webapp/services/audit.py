"""Who did what: entries written in the transaction of the act itself, so that neither is there without the other.

What is written stays: the database refuses UPDATE and DELETE on the table (migration 0003), for us as for anybody else
with its login. Whoever may change the schema can take the triggers away; what such a person must not touch has to be
sent elsewhere. See docs/decisions/007-audit-is-append-only.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..credentials import redact
from ..extensions import db
from ..models import AuditEntry, Camera, CameraGroup, User, utc_now
from . import group_paths

SECRET = re.compile(r"passw|secret|token|hash|(^|_)key")
"""Fields of which an entry says only that they were set, changed or cleared."""
HIDDEN = "●●●"
GROUP_IDS = frozenset({"group_id", "parent_id"})
"""Fields of which an entry keeps not the id but the path of the group, as it was then."""
LONGEST_VALUE = 500
LONGEST_SUBJECT = 300
LONGEST_ADDRESS = 45


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from which address; without a person it is Camkeeper itself."""

    user_id: str | None = None
    name: str = "Camkeeper"
    address: str | None = None


_actor: ContextVar[Callable[[], Actor]] = ContextVar("actor", default=Actor)


def actor_of(user: User | None, address: str | None = None) -> Actor:
    return Actor(user.id, user.email, address) if user else Actor(name="Nobody signed in", address=address)


def acts_are_of(actor: Callable[[], Actor]) -> None:
    """From now on, in this thread, the acts are this one's, who is asked for only when there is an entry to write."""
    _actor.set(actor)


@contextmanager
def acting_as(user: User | None) -> Iterator[None]:
    """Whose acts the entries within are, from the address of whoever asks; jobs use it for who started them."""
    asks = _actor.get()
    token = _actor.set(lambda: Actor(user.id, user.email, asks().address) if user else Actor())
    try:
        yield
    finally:
        _actor.reset(token)


def record(
    action: str,
    subject: Camera | CameraGroup | User | str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Add an entry to the running transaction. `action` is noun.verb; only fields that differ are kept."""
    db.session.add(AuditEntry(**entry(action, subject, before, after, at)))


def entry(
    action: str,
    subject: Camera | CameraGroup | User | str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    camera_id: str | None = None,
) -> dict[str, Any]:
    """The columns of one entry, for those who insert many at once; `camera_id` when a camera is given by its name."""
    actor = _actor.get()()
    return {
        "at": at or utc_now(),
        "user_id": actor.user_id,
        "actor": actor.name,
        "address": actor.address[:LONGEST_ADDRESS] if actor.address else None,
        "action": action,
        "camera_id": subject.id if isinstance(subject, Camera) else camera_id,
        "subject": _clipped(_name(subject), LONGEST_SUBJECT),
        "changes": changes(before or {}, after or {}),
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Field → [before, after] for what differs; of a secret only whether there was one and is one."""
    differing = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: [_told(name, before.get(name)), _told(name, after.get(name))] for name in differing}


def _told(name: str, value: Any) -> Any:
    if value is None:
        return None
    if SECRET.search(name):
        return HIDDEN
    if name in GROUP_IDS:
        return _clipped(_path(value), LONGEST_VALUE)
    if isinstance(value, bool | int | float):
        return value
    return _clipped(redact(_text(value)), LONGEST_VALUE)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_told(str(name), inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(_text, value))
    return str(value)


def _path(group_id: str) -> str:
    path = _paths_knowing(group_id).get(group_id)
    return group_paths.told(path) if path else "a group that was deleted"


def _paths_knowing(group_id: str) -> dict[str, group_paths.Path]:
    """Read once in a transaction, and again for a group that was added in it: ten thousand entries, one query."""
    session = db.session()
    paths: dict[str, group_paths.Path]
    transaction, paths = session.info.get("audit_paths", (None, {}))
    if transaction is not session.get_transaction() or group_id not in paths:
        paths = {group_id: ()} | group_paths.read()
        session.info["audit_paths"] = (session.get_transaction(), paths)
    return paths


def _clipped(text: str, length: int) -> str:
    """Without NUL, which PostgreSQL refuses; a longer text ends with … so that nobody takes it for the whole."""
    text = text.replace("\0", "")
    return text if len(text) <= length else text[: length - 1] + "…"


def _name(subject: Camera | CameraGroup | User | str) -> str:
    if isinstance(subject, str):
        return subject
    return subject.email if isinstance(subject, User) else subject.name
