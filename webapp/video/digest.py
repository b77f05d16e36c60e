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
    def is_for_the_decoder(self) -> bool:
        """FFmpeg inside OpenCV answers Basic and Digest with MD5, nothing newer."""
        return self.is_answerable and (self.scheme == "basic" or _hash_name(self.algorithm) == "MD5")


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """All challenges of all WWW-Authenticate headers; several may share one header."""
    return [challenge for header in headers for challenge in _challenges(header)]


def choose(challenges: list[Challenge]) -> Challenge | None:
    """The challenge to answer: Digest before Basic, and MD5 before SHA-256, as the decoder will answer MD5, too."""
    answerable = [challenge for challenge in challenges if challenge.is_answerable]
    return min(answerable, key=_rank, default=None)


def authorization(challenge: Challenge, username: str, password: str, method: str, uri: str) -> str:
    """The value of the Authorization header. `uri` is the one of the request line."""
    if challenge.scheme == "basic":
        return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    return digest(challenge, username, password, method, uri, cnonce=secrets.token_hex(8))


def digest(challenge: Challenge, username: str, password: str, method: str, uri: str, cnonce: str) -> str:
    """A Digest answer for the first use of this nonce."""
    given = challenge.parameters
    answer = {"username": username, "realm": given.get("realm", ""), "nonce": challenge.nonce, "uri": uri}
    answer["response"] = _response(challenge, username, password, method, uri, cnonce)
    if "opaque" in given:
        answer["opaque"] = given["opaque"]
    if challenge.qop or challenge.algorithm.endswith("-SESS"):
        answer["cnonce"] = cnonce
    fields = [f"{name}={_quoted(value)}" for name, value in answer.items()]
    if "algorithm" in given:
        fields.append(f"algorithm={challenge.algorithm.replace('-SESS', '-sess')}")
    if challenge.qop:
        fields += ["qop=auth", "nc=00000001"]
    return "Digest " + ", ".join(fields)


def _response(challenge: Challenge, username: str, password: str, method: str, uri: str, cnonce: str) -> str:
    def hashed(*parts: str) -> str:
        return _HASHES[_hash_name(challenge.algorithm)](":".join(parts).encode())

    user = hashed(username, challenge.parameters.get("realm", ""), password)
    if challenge.algorithm.endswith("-SESS"):
        user = hashed(user, challenge.nonce, cnonce)
    middle = ("00000001", cnonce, "auth") if challenge.qop else ()
    return hashed(user, challenge.nonce, *middle, hashed(method, uri))


def _challenges(header: str) -> list[Challenge]:
    found: list[Challenge] = []
    for name, equals, quoted, plain in _PART.findall(header):
        if not equals:
            found.append(Challenge(name.lower(), {}))
        elif found:
            found[-1].parameters.setdefault(name.lower(), _ESCAPED.sub(r"\1", quoted) or plain)
    return found


def _rank(challenge: Challenge) -> tuple[bool, bool]:
    return challenge.scheme == "basic", not challenge.is_for_the_decoder


def _hash_name(algorithm: str) -> str:
    return algorithm.removesuffix("-SESS")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
