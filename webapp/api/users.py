"""People, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from typing_extensions import TypedDict

from .. import access
from ..models import User, utc_now
from ..schemas import InvitationInput, PageQuery, RightsInput, parse
from ..services import users
from ..services.one_time_links import OneTimeLink
from .answers import Answer, page_meta
from .operations import operation
from .shapes import Person, address


class GroupRight(TypedDict):
    group: str
    role: str


class UserShape(Person):
    groups: list[GroupRight]
    is_enabled: bool
    has_joined: bool
    createdAt: datetime  # noqa: N815 - as everywhere in the API
    signed_in_at: datetime | None


class Link(TypedDict):
    """Shown once: whoever has it chooses the person's password."""

    user: UserShape
    url: str
    expires_at: datetime


@operation("GET", "/users", "users:write", query=PageQuery, answer=list[UserShape], is_paged=True)
def list_(query: PageQuery) -> Answer:
    """List everybody, by e-mail address."""
    people = users.everybody()
    start = (query.page - 1) * query.page_size
    shown = [_shape(found.user, found.groups) for found in people[start : start + query.page_size]]
    return Answer(shown, page_meta(query.page, query.page_size, len(people)))


@operation(
    "POST",
    "/users",
    "users:write",
    body=InvitationInput,
    answer=Link,
    code=201,
    example={"email": "ana@example.com", "role": "none", "groups": [{"group": "Site A", "role": "viewer"}]},
)
def invite(given: InvitationInput) -> Answer:
    """Invite somebody. The answer holds the link to hand over, which nobody can read again later."""
    user, link = users.invite(given, utc_now())
    return _told_link(user, link, {"Location": address("users_show", user_id=user.id)})


@operation("GET", "/users/<uuid:user_id>", "users:write", answer=UserShape, codes=(404,))
def show(user_id: str) -> Answer:
    """Get one person."""
    return _told(access.person(user_id))


@operation(
    "PUT",
    "/users/<uuid:user_id>",
    "users:write",
    body=RightsInput,
    is_partial=True,
    answer=UserShape,
    codes=(404,),
    example={"role": "operator"},
)
def update(user_id: str, given: dict[str, Any]) -> Answer:
    """Change name, role and the roles on groups. What the body does not say stays as it is."""
    user = access.person(user_id)
    groups = [{"group": group, "role": role} for group, role in users.group_roles(user).items()]
    kept = {"name": user.name, "role": user.role, "groups": groups}
    users.update(user, parse(RightsInput, kept | given), utc_now())
    return _told(access.person(user_id))


@operation("POST", "/users/<uuid:user_id>/disable", "users:write", answer=UserShape, codes=(404,))
def disable(user_id: str) -> Answer:
    """Sign a person out everywhere and let them, and their tokens, in no more."""
    user = access.person(user_id)
    users.disable(user, utc_now())
    return _told(user)


@operation("POST", "/users/<uuid:user_id>/enable", "users:write", answer=UserShape, codes=(404,))
def enable(user_id: str) -> Answer:
    """Let a person in again."""
    user = access.person(user_id)
    users.enable(user, utc_now())
    return _told(user)


@operation("POST", "/users/<uuid:user_id>/link", "users:write", answer=Link, code=201, codes=(404,))
def new_link(user_id: str) -> Answer:
    """Make a link with which a person chooses a new password; the old one, and all logins, end now."""
    user = access.person(user_id)
    return _told_link(user, users.new_link(user, utc_now()))


def _told(user: User) -> Answer:
    return Answer(_shape(user, users.group_roles(user)))


def _told_link(user: User, link: OneTimeLink, headers: dict[str, str] | None = None) -> Answer:
    url = url_for("join.show", token=link.token, _external=True)
    told = {"user": _shape(user, users.group_roles(user)), "url": url, "expires_at": link.expires_at}
    return Answer(told, headers=headers or {})


def _shape(user: User, groups: dict[str, str]) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "groups": [{"group": group, "role": role} for group, role in groups.items()],
        "is_enabled": user.is_enabled,
        "has_joined": user.has_joined,
        "createdAt": user.created_at,
        "signed_in_at": user.signed_in_at,
    }
