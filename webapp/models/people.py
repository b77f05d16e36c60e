"""People, what they may, and the keys they hand to programs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_login import UserMixin
from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, func
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db
from .columns import UtcDateTime, new_id, utc_now


class Role(StrEnum):
    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"
    NONE = "none"
    """Nothing but what is given on groups."""


PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.ADMIN: frozenset({"*"}),
    Role.OPERATOR: frozenset({"cameras:read", "cameras:write"}),
    Role.VIEWER: frozenset({"cameras:read"}),
    Role.NONE: frozenset(),
}
"""What a role may do. Only '*' holds users:write, audit:read and cameras:credentials."""


RESET = "reset"
"""Stands where the hash was, from a reset until the person has chosen a password anew: no password fits it."""


GIVEN_ON_GROUPS = (Role.VIEWER, Role.OPERATOR)
"""The roles that can be given on a group; what only an administrator may do concerns the whole installation."""


def role_grants(role: Role, permission: str) -> bool:
    return "*" in PERMISSIONS[role] or permission in PERMISSIONS[role]


class User(UserMixin, db.Model):  # type: ignore[name-defined,misc]
    """A person who signs in. Raising session_version ends all sessions and tokens of that person at once."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255), default="")
    password_hash: Mapped[str] = mapped_column(String(255), default="")
    """Empty until an invited person has chosen a password."""
    role: Mapped[str] = mapped_column(String(20), default=Role.VIEWER)
    is_enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    session_version: Mapped[int] = mapped_column(Integer, default=1)
    time_zone: Mapped[str | None] = mapped_column(String(64))
    theme: Mapped[str] = mapped_column(String(10), default="auto")
    live_seconds: Mapped[int] = mapped_column(Integer, default=5)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_active(self) -> bool:
        return self.is_enabled

    def get_id(self) -> str:
        """What the session cookie carries: it stops being valid when session_version is raised."""
        return f"{self.id}:{self.session_version}"

    def may(self, permission: str) -> bool:
        """Whether the role says so everywhere; what is given on groups is services.rights' to say."""
        return role_grants(Role(self.role), permission)

    @property
    def has_joined(self) -> bool:
        return bool(self.password_hash)

    @property
    def has_password(self) -> bool:
        return self.password_hash not in ("", RESET)

    @property
    def display_name(self) -> str:
        return self.name or self.email.split("@")[0]


LOWER_EMAIL = Index("uq_users_email_lower", func.lower(User.email), unique=True)


class GroupRole(db.Model):  # type: ignore[name-defined,misc]
    """A role given on a group: it holds for the whole sub-tree, and for the cameras that come later."""

    __tablename__ = "group_roles"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[str] = mapped_column(
        ForeignKey("camera_groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(20))


class ApiToken(db.Model):  # type: ignore[name-defined,misc]
    """A key for a program that acts for a person: never more than that person may. Only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    beginning: Mapped[str] = mapped_column(String(8))
    """Its first characters, by which somebody who finds a token knows which one it is."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    """Permissions it is limited to, such as cameras:read."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    session_version: Mapped[int] = mapped_column(Integer)
    """The person's own when it was made: what ends all their sessions ends it too, for ever."""
    is_login: Mapped[bool] = mapped_column(Boolean, default=False)
    """Of a login through the API; the others somebody made for a program."""


class SavedView(db.Model):  # type: ignore[name-defined,misc]
    """A page of the grid somebody gave a name: the query string, and whether colleagues see it too."""

    __tablename__ = "saved_views"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(2048))
    """Path and query on this site, such as /cameras?status=offline."""
    is_shared: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class AuditEntry(db.Model):  # type: ignore[name-defined,misc]
    """Who did what to what, when and from where. Append-only: the database itself refuses to change or delete an entry
    (triggers of migration 0003), to all but whoever may change its schema.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_at", "at", "id"),
        Index("ix_audit_entries_camera_at", "camera_id", "at"),
        Index("ix_audit_entries_user_at", "user_id", "at"),
        Index("ix_audit_entries_action_at", "action", "at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[str | None] = mapped_column(String(36))
    """No foreign key, nor has camera_id: an entry outlives what it speaks of."""
    actor: Mapped[str] = mapped_column(String(300))
    """The person's e-mail as it was then, or Camkeeper itself."""
    address: Mapped[str | None] = mapped_column(String(45))
    action: Mapped[str] = mapped_column(String(40))
    """noun.verb, such as camera.update."""
    camera_id: Mapped[str | None] = mapped_column(String(36))
    subject: Mapped[str] = mapped_column(String(300))
    """What it was done to, by its name as it was then."""
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Field → [before, after]; a secret is only ever said to be set, changed or cleared."""
