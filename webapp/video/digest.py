"""RTSP login: reading WWW-Authenticate and writing Authorization, Basic and Digest (RFC 7616, RFC 2617). Pure."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# One pass, no way back: the quoted form always matches, closed or not, so hostile headers cost linear time.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"  # noqa: S105
_PART = re.compile(rf'({_TOKEN})\s*+(?:(=)\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^\s,]*+)))?', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in which the camera lets itself be asked for a login."""

    scheme: str
    """basic or digest, or whatever else the camera offers, in lower case."""
    parameters: dict[str, str]

    @property
    def algorithm(self) -> str:
        return self.parameters.get("algorithm", "MD5").upper()

    @property
    def nonce(self) -> str:
        return self.parameters.get("nonce", "")

    @property
    def is_stale(self) -> bool:
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def qop(self) -> str | None:
        """auth when the camera offers it, None when it names no qop at all, else what it names."""
        offered = self.parameters.get("qop")
        if offered is None:
            return None
        return "auth" if "auth" in re.split(r"[\s,]+", offered.lower()) else offered

    @property
    def is_answerable(self) -> bool:
        if self.scheme == "digest":
            return bool(self.nonce) and self.qop in (None, "auth") and _hash_name(self.algorithm) in _HASHES
        return self.scheme == "basic"

    @property
    def preference(self) -> int:
        """Lower is better. MD5 goes before SHA-256: it is what viewers answer, and so what cameras were tried with."""
        return 2 if self.scheme == "basic" else int(_hash_name(self.algorithm) != "MD5")


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """All challenges of all WWW-Authenticate headers; several may share one header."""
    return [challenge for header in headers for challenge in _challenges(header)]


def choose(challenges: list[Challenge]) -> Challenge | None:
    """The challenge to answer: Digest before Basic."""
    answerable = [challenge for challenge in challenges if challenge.is_answerable]
    return min(answerable, key=lambda challenge: challenge.preference, default=None)


@dataclass(frozen=True, slots=True)
class Asked:
    """The request that an answer is for."""

    method: str
    uri: str
    """As it stands in the request line."""
    count: int = 1
    """How often this nonce has been used, this time included: a camera may refuse a count that it has seen."""

    @property
    def nc(self) -> str:
        return f"{self.count:08x}"


def authorization(challenge: Challenge, username: str, password: str, asked: Asked) -> str:
    """The value of the Authorization header."""
    if challenge.scheme == "basic":
        return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    return digest(challenge, username, password, asked, cnonce=secrets.token_hex(8))


def digest(challenge: Challenge, username: str, password: str, asked: Asked, cnonce: str) -> str:
    given = challenge.parameters
    answer = {"username": username, "realm": given.get("realm", ""), "nonce": challenge.nonce, "uri": asked.uri}
    answer["response"] = _response(challenge, username, password, asked, cnonce)
    if "opaque" in given:
        answer["opaque"] = given["opaque"]
    if challenge.qop or challenge.algorithm.endswith("-SESS"):
        answer["cnonce"] = cnonce
    fields = [f"{name}={_quoted(value)}" for name, value in answer.items()]
    if "algorithm" in given:
        fields.append(f"algorithm={challenge.algorithm.replace('-SESS', '-sess')}")
    if challenge.qop:
        fields += ["qop=auth", f"nc={asked.nc}"]
    return "Digest " + ", ".join(fields)


def _response(challenge: Challenge, username: str, password: str, asked: Asked, cnonce: str) -> str:
    def hashed(*parts: str) -> str:
        return _HASHES[_hash_name(challenge.algorithm)](":".join(parts).encode())

    user = hashed(username, challenge.parameters.get("realm", ""), password)
    if challenge.algorithm.endswith("-SESS"):
        user = hashed(user, challenge.nonce, cnonce)
    middle = (asked.nc, cnonce, "auth") if challenge.qop else ()
    return hashed(user, challenge.nonce, *middle, hashed(asked.method, asked.uri))


def _challenges(header: str) -> list[Challenge]:
    found: list[Challenge] = []
    for name, equals, quoted, plain in _PART.findall(header):
        if not equals:
            found.append(Challenge(name.lower(), {}))
        elif found:
            found[-1].parameters.setdefault(name.lower(), _ESCAPED.sub(r"\1", quoted) or plain)
    return found


def _hash_name(algorithm: str) -> str:
    return algorithm.removesuffix("-SESS")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
