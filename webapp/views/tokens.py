"""API tokens: making one, which is shown once, and revoking it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from .. import access
from ..models import utc_now
from ..schemas import InvalidInput, Problems, TokenInput, parse
from ..services import tokens
from .page import draw

pages = Blueprint("tokens", __name__, url_prefix="/tokens")

SCOPES = {
    "cameras:read": "See cameras, their pictures and their history",
    "cameras:write": "Add, change, check and delete cameras",
    "cameras:credentials": "Export the passwords of cameras",
    "users:write": "Invite people and change their rights",
    "audit:read": "Read the audit",
}
EXPIRIES = {"30": "In 30 days", "90": "In 90 days", "365": "In a year", "date": "After a day", "never": "Never"}


@pages.get("")
@access.requires(access.SEE_NOTHING)
def index() -> Response:
    return _draw()


@pages.post("")
@access.requires(access.SEE_NOTHING)
def create() -> Response:
    """The answer is the only page that ever holds the token's text."""
    try:
        token, text = tokens.create(current_user, parse(TokenInput, _sent()), utc_now())
    except InvalidInput as error:
        return _draw(422, problems=error.problems)
    return _draw(201, made=token, text=text)


def _sent() -> dict[str, Any]:
    said = {name: request.form[name] for name in ("name", "expires", "expires_on") if name in request.form}
    return said | {"scopes": request.form.getlist("scopes")}


@pages.post("/<token_id>/revoke")
@access.requires(access.SEE_NOTHING)
def revoke(token_id: str) -> AnyResponse:
    token = access.token_for_write(token_id)
    tokens.revoke(token, utc_now())
    flash(f"The token {token.name} is revoked; it no longer works.")
    return redirect(url_for("tokens.index"), 303)


def _draw(code: int = 200, problems: Problems | None = None, **context: Any) -> Response:
    sees_all = access.may("users:write")
    context |= {"listed": tokens.listed(None if sees_all else current_user), "sees_all": sees_all}
    context |= {"grantable": tokens.grantable(current_user), "scopes": SCOPES, "expiries": EXPIRIES}
    return draw("tokens/index.html", code, problems=problems or {}, **context)
