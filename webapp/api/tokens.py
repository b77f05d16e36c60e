"""Tokens for programs: one's own; an administrator's are everybody's. Only a login may make or revoke them."""

from __future__ import annotations

from datetime import datetime

from flask_login import current_user
from typing_extensions import TypedDict

from .. import access
from ..models import ApiToken, User, utc_now
from ..schemas import TokenInput
from ..services import tokens
from . import identity
from .answers import Answer
from .operations import operation
from .shapes import Deleted


class TokenShape(TypedDict):
    id: str
    name: str
    beginning: str
    person: str
    scopes: list[str]
    state: str
    createdAt: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewToken(TokenShape):
    token: str
    """Its text, which nobody can read again later."""


@operation("GET", "/tokens", identity.LOGIN, answer=list[TokenShape])
def list_() -> Answer:
    """List the tokens, the newest first."""
    now = utc_now()
    found = tokens.listed(None if access.may("users:write") else current_user)
    return Answer([_shape(listed.token, listed.owner, now) for listed in found])


@operation(
    "POST",
    "/tokens",
    identity.LOGIN,
    body=TokenInput,
    answer=NewToken,
    code=201,
    example={"name": "Attendance", "scopes": ["cameras:read"], "expires": "90"},
)
def create(given: TokenInput) -> Answer:
    """Make a token for a program. Its text is in this answer and nowhere else."""
    now = utc_now()
    token, text = tokens.create(current_user, given, now)
    return Answer(_shape(token, current_user, now) | {"token": text})


@operation("DELETE", "/tokens/<uuid:token_id>", identity.LOGIN, answer=Deleted, codes=(404,))
def revoke(token_id: str) -> Answer:
    """Revoke a token; it stops working at once."""
    tokens.revoke(access.token_for_write(token_id), utc_now())
    return Answer({"id": token_id, "deleted": True})


def _shape(token: ApiToken, owner: User, now: datetime) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "beginning": token.beginning,
        "person": owner.email,
        "scopes": token.scopes,
        "state": tokens.Listed(token, owner).state(now),
        "createdAt": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }
