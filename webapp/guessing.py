"""How tries at a password are counted, so that nobody guesses one: by address, by account, by who is signed in."""

from __future__ import annotations

import hashlib

from flask import request
from flask_limiter.util import get_remote_address
from flask_login import current_user
from werkzeug.wrappers import Response


def has_failed(response: Response) -> bool:
    """Only wrong tries count."""
    return response.status_code >= 400


def account(name: str) -> str:
    """The account somebody tries to enter, hashed: addresses of people do not belong among counters."""
    return "account:" + hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest()[:20]


def account_from_here(name: str) -> str:
    """Counted more strictly than the account as a whole: nobody shall lock somebody else out by guessing."""
    return f"{account(name)}:{get_remote_address()}"


def own_password() -> str:
    """Somebody signed in types their own password once more."""
    return f"password:{current_user.get_id() if current_user.is_authenticated else request.remote_addr}"
