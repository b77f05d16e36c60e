"""How a camera asks for a login and checks it: Basic, or Digest (RFC 7616) with MD5 or SHA-256, with or without qop."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from simulator.rtsp import Request

REALM = "IP Camera"
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class Scheme(StrEnum):
    BASIC = "basic"
    DIGEST = "digest"
    """MD5 without qop, as most cameras do."""
    DIGEST_QOP = "digest-qop"
    DIGEST_SHA256 = "digest-sha256"


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    password: str = field(repr=False)


def schemes(auth: str) -> tuple[Scheme, ...]:
    """What a camera offers, strongest first: 'digest', or several as in 'digest+basic'."""
    return tuple(Scheme(name) for name in auth.split("+"))


def challenges(offered: tuple[Scheme, ...], nonce: str, *, stale: bool = False) -> list[tuple[str, str]]:
    """One WWW-Authenticate header per scheme."""
    return [("WWW-Authenticate", _challenge(scheme, nonce, stale)) for scheme in offered]


def _challenge(scheme: Scheme, nonce: str, stale: bool) -> str:
    if scheme is Scheme.BASIC:
        return f'Basic realm="{REALM}"'
    text = f'Digest realm="{REALM}", nonce="{nonce}"'
    if scheme is Scheme.DIGEST_SHA256:
        text += ", algorithm=SHA-256"
    if scheme is not Scheme.DIGEST:
        text += ', qop="auth"'
    return text + (', stale="TRUE"' if stale else "")


def used_nonce(request: Request) -> str | None:
    """The nonce of a Digest answer, to see whether it is still good; None without one."""
    return _digest_parameters(request).get("nonce")


def is_accepted(request: Request, account: Account, offered: tuple[Scheme, ...], nonce: str) -> bool:
    """Whether the request's Authorization proves the account's password by one of the offered schemes."""
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        return Scheme.BASIC in offered and _basic_matches(rest, account)
    given = _digest_parameters(request)
    if not given or given.get("nonce") != nonce:
        return False
    return any(_digest_matches(scheme, given, request, account) for scheme in offered if scheme is not Scheme.BASIC)


def _digest_parameters(request: Request) -> dict[str, str]:
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "digest":
        return {}
    return {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}


def _basic_matches(credentials: str, account: Account) -> bool:
    expected = base64.b64encode(f"{account.username}:{account.password}".encode()).decode()
    return hmac.compare_digest(credentials.strip().encode(), expected.encode())


def _digest_matches(scheme: Scheme, given: dict[str, str], request: Request, account: Account) -> bool:
    wants_sha256 = scheme is Scheme.DIGEST_SHA256
    if wants_sha256 != (given.get("algorithm", "MD5").upper() == "SHA-256"):
        return False
    if given.get("username") != account.username:
        return False
    expected = _digest_response(_sha256 if wants_sha256 else _md5, given, request, account)
    return hmac.compare_digest(given.get("response", "").lower().encode(), expected.encode())


def _digest_response(hashed: Callable[[str], str], given: dict[str, str], request: Request, account: Account) -> str:
    secret = hashed(f"{account.username}:{REALM}:{account.password}")
    act = hashed(f"{request.method}:{given.get('uri', '')}")
    fresh = [given.get(name, "") for name in ("nc", "cnonce", "qop")] if given.get("qop") else []
    return hashed(":".join([secret, given["nonce"], *fresh, act]))


def _md5(text: str) -> str:
    # Digest as cameras speak it is MD5; this protects nothing but a simulated picture.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
