"""Which cameras somebody may use: all of them by role, or those beneath the groups a role was given on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from ..extensions import db
from ..models import GIVEN_ON_GROUPS, Camera, CameraGroup, GroupRole, Role, User, role_grants


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a permission holds. Every query for cameras or groups on somebody's behalf goes through one."""

    group_ids: frozenset[str] | None
    """Whole sub-trees, every group of them; None is everywhere, also for cameras without a group."""

    @property
    def is_everything(self) -> bool:
        return self.group_ids is None

    @property
    def is_nothing(self) -> bool:
        return self.group_ids is not None and not self.group_ids

    def covers(self, group_id: str | None) -> bool:
        return self.group_ids is None or group_id in self.group_ids

    def conditions(self) -> list[ColumnElement[bool]]:
        """For a query over cameras."""
        return [] if self.group_ids is None else [Camera.group_id.in_(self.group_ids)]


EVERYTHING = Scope(None)
NOTHING = Scope(frozenset())


def scope_of(user: User, permission: str, limited_to: Collection[str] | None = None) -> Scope:
    """Where the person has the permission: one query, and none for those whose role says it everywhere.

    `limited_to` are the scopes of the token with which a program acts for the person.
    """
    if limited_to is not None and permission not in limited_to:
        return NOTHING
    if user.may(permission):
        return EVERYTHING
    roles = [role for role in GIVEN_ON_GROUPS if role_grants(role, permission)]
    return _given_on_groups(user.id, roles) if roles else NOTHING


def _given_on_groups(user_id: str, roles: list[Role]) -> Scope:
    """The groups on which the person was given one of the roles, and all beneath them: one query."""
    given = select(GroupRole.group_id.label("id")).where(GroupRole.user_id == user_id, GroupRole.role.in_(roles))
    below = given.cte(recursive=True)
    below = below.union(select(CameraGroup.id).where(CameraGroup.parent_id == below.c.id))
    return Scope(frozenset(db.session.scalars(select(below.c.id))))
