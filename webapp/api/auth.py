"""Signing in with name and password, for a token that ends by itself; who one is; signing out."""

from __future__ import annotations

import json
from typing import Any

from flask import request
from flask_limiter.util import get_remote_address

from .. import guessing
from ..extensions import limiter
from ..models import User, utc_now
from ..schemas import LoginInput, SignIn
from ..services import sign_in, tokens
from . import identity
from .answers import Answer, Refused
from .operations import operation
from .shapes import Identity, Login

WRONG = "User name or password is wrong. After five wrong tries you have to wait a minute."


def _account() -> str:
    return guessing.account(_name())


def _account_from_here() -> str:
    return guessing.account_from_here(_name())


def _name() -> str:
    """Whom a request names that is not parsed yet."""
    try:
        said = json.loads(request.get_data(cache=True))
        return str(said.get("username", "")) if isinstance(said, dict) else ""
    except (ValueError, RecursionError):
        return ""


@operation(
    "POST",
    "/auth/login",
    identity.OPEN,
    body=LoginInput,
    answer=Login,
    codes=(401,),
    example={"username": "admin@example.com", "password": "a long password"},
)
@limiter.limit("10/minute", key_func=get_remote_address, deduct_when=guessing.has_failed)
@limiter.limit("5/minute", key_func=_account_from_here, deduct_when=guessing.has_failed)
@limiter.limit("30/minute", key_func=_account, deduct_when=guessing.has_failed)
def login(given: LoginInput) -> Answer:
    """Get a token with user name (the e-mail address) and password.

    It may all that the person may, for twelve hours, and ends at once when they sign out everywhere, change their
    password or are disabled.
    """
    now = utc_now()
    user = sign_in.sign_in(SignIn(email=given.username, password=given.password), now)
    if user is None:
        raise Refused(401, WRONG, headers={"WWW-Authenticate": "Bearer"})
    token, text = tokens.log_in(user, now)
    told = {"accessToken": text, "tokenType": "Bearer", "expiresAt": token.expires_at, "scopes": token.scopes}
    return Answer(told | {"user": _told(user)})


@operation("GET", "/auth/me", identity.ANYBODY, answer=Identity)
def me() -> Answer:
    """Who the token acts for, and what it may."""
    found = identity.bearer()
    token = {"name": found.token.name, "expiresAt": found.token.expires_at, "scopes": found.token.scopes}
    return Answer(_told(found.user) | {"token": token})


@operation("POST", "/auth/logout", identity.LOGIN, answer=None)
def logout() -> Answer:
    """End the login whose token this is."""
    tokens.revoke(identity.bearer().token, utc_now())
    return Answer(None)


def _told(user: User) -> dict[str, Any]:
    return {"id": user.id, "email": user.email, "name": user.name, "role": user.role}
