"""Who asks: the person behind a Bearer token, and what it may. Cookies count for nothing here, so there is no CSRF."""

from __future__ import annotations

import hashlib

from flask import g, request
from flask_limiter.util import get_remote_address

from .. import access
from ..extensions import settings
from ..models import utc_now
from ..services import tokens
from ..services.tokens import Bearer
from .answers import Refused

OPEN = "nobody"
"""Needs no token."""
ANYBODY = "any token"
LOGIN = "a login"
"""Needs the token of a login: what a program's own token shall never do is make others, or end them."""
HOW = 'Send the header "Authorization: Bearer <token>", with a token of POST /api/v1/auth/login or of the page Tokens.'


def require(needs: str) -> None:
    """Raises Refused; a person without any right gets in where cameras are read, and sees nothing."""
    if needs == OPEN:
        access.act_for(None)
        return
    bearer = _bearer()
    access.act_for(bearer)
    if needs == LOGIN:
        _require_login(bearer)
    elif needs != ANYBODY:
        _require(needs, bearer)


def bearer() -> Bearer:
    """Of this request, after require()."""
    found: Bearer = g.bearer
    return found


def whoever_asks() -> str:
    """Counted together: a token's requests, else those from one address."""
    said = request.headers.get("Authorization")
    return f"api:{hashlib.sha256(said.encode()).hexdigest()[:20]}" if said else f"api:{get_remote_address()}"


def calls_a_minute() -> str:
    return f"{settings.API_CALLS_PER_MINUTE}/minute"


def _bearer() -> Bearer:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise _not_signed_in(f"This needs a token. {HOW}", "Bearer")
    found = tokens.authenticate(text.strip(), utc_now())
    if found is None:
        sentence = "This token opens nothing: it is mistyped, expired or revoked, or its person is disabled."
        raise _not_signed_in(f"{sentence} Get a new one.", 'Bearer error="invalid_token"')
    g.bearer = found
    return found


def _not_signed_in(sentence: str, challenge: str) -> Refused:
    return Refused(401, sentence, headers={"WWW-Authenticate": challenge})


def _require(permission: str, bearer: Bearer) -> None:
    if permission not in bearer.scopes and permission != access.SEE_NOTHING:
        raise _forbidden(permission)
    if permission == access.SEE_NOTHING and _is_limited_without(bearer):
        raise _forbidden(permission)
    if permission != access.SEE_NOTHING and not access.may(permission):
        raise _forbidden(permission)


def _is_limited_without(bearer: Bearer) -> bool:
    return not bearer.token.is_login and access.SEE_NOTHING not in bearer.scopes


def _forbidden(permission: str) -> Refused:
    return Refused(403, f"This needs the right {permission}, which this token or its person does not have.")


def _require_login(bearer: Bearer) -> None:
    if not bearer.token.is_login:
        raise Refused(403, "This needs the token of a login (POST /api/v1/auth/login), not one made for a program.")
