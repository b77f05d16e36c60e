"""Camera passwords: encrypt, decrypt, rotate; and masking secrets in whatever is logged. The only file with a key."""

from __future__ import annotations

import json
import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

MASK = "***"
FEWEST_DISTINCT_BYTES = 16
"""Of the 32 in a key. Chance gives about 30; fewer than 16 is somebody typing, not chance."""


class BadCredentialKey(ValueError):
    """A key that cannot protect anything; the text does not show it."""


class CredentialUnreadable(Exception):
    """A stored password that none of the keys opens, or that was stored for another camera."""


class Credentials:
    """Encrypts with the first key, decrypts with any. A ciphertext opens only for the owner it was made for."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise BadCredentialKey("CREDENTIAL_KEYS is empty. Make a key with `flask secrets new-key`.")
        self._fernet = MultiFernet([_fernet(key, number) for number, key in enumerate(keys, 1)])

    def encrypt(self, password: str, owner_id: str) -> str:
        # The owner is sealed in with the password, so that a ciphertext copied to another row does not open there.
        return self._fernet.encrypt(json.dumps([owner_id, password]).encode()).decode()

    def decrypt(self, token: str, owner_id: str) -> str:
        """Raises CredentialUnreadable."""
        try:
            owner, password = json.loads(self._fernet.decrypt(token.encode()))
        except (InvalidToken, ValueError, TypeError):
            raise CredentialUnreadable(
                "The stored password cannot be read: no key in CREDENTIAL_KEYS opens it. "
                "Put the key it was stored with back, or enter the password again."
            ) from None
        if owner != owner_id:
            raise CredentialUnreadable(
                "The stored password belongs to another camera, so it is not used. Enter this camera's password again."
            )
        return str(password)

    def seal(self, data: bytes, owner_id: str) -> bytes:
        """As encrypt, for the bytes of a file that holds passwords."""
        return self._fernet.encrypt(owner_id.encode() + b"\0" + data)

    def unseal(self, sealed: bytes, owner_id: str) -> bytes:
        """Raises CredentialUnreadable."""
        try:
            owner, _, data = self._fernet.decrypt(sealed).partition(b"\0")
        except InvalidToken:
            owner, data = b"", b""
        if owner != owner_id.encode():
            raise CredentialUnreadable("The stored file cannot be read with the keys in CREDENTIAL_KEYS.")
        return data

    def rotate(self, token: str, owner_id: str) -> str:
        """The same password under the first key. Raises CredentialUnreadable."""
        return self.encrypt(self.decrypt(token, owner_id), owner_id)


def generate_key() -> str:
    return Fernet.generate_key().decode()


def _fernet(key: str, number: int) -> Fernet:
    try:
        fernet = Fernet(key)
        distinct = len(set(urlsafe_b64decode(key)))
    except ValueError:
        raise BadCredentialKey(
            f"Key number {number} in CREDENTIAL_KEYS is not a key. Make one with `flask secrets new-key`."
        ) from None
    if distinct < FEWEST_DISTINCT_BYTES:
        raise BadCredentialKey(
            f"Key number {number} in CREDENTIAL_KEYS is not random. Make one with `flask secrets new-key`."
        )
    return fernet


_QUOTED = r"""b?(?:"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')[^\s,;)}\]&]*"""
"""A quoted string; what sticks to its end is taken along, because a raw password may hold the quote itself."""
_TO_LINE_END = r"[^\r\n]*"

_HEADER = re.compile(
    r"""((?:authorization|cookie|x-csrftoken|x-api-key)(?:\\?["']\s{0,5}[:=,]|\s{0,5}[:=])\s{0,5})"""
    rf"({_QUOTED}|{_TO_LINE_END})",
    re.IGNORECASE,
)
_NAMED = re.compile(
    # Names that begin no ordinary clause take a colon; the others only as a quoted key, else "token: expired" would go.
    r"""((?:passw(?:or)?d|passphrase|pwd|secret|api_?key|access_?key|input_value)[\w-]{0,40}\\?["']?\s{0,5}[=:]\s{0,5}"""
    r"""|(?:token|signature|credential|x-amz-[a-z-]{1,30})[\w-]{0,40}(?:\\?["']\s{0,5}[:=]|\s{0,5}=)\s{0,5})"""
    rf"""({_QUOTED}|\\?["']{_TO_LINE_END}|\S+)""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(\bbearer\s{1,5})(\S+)", re.IGNORECASE)
_RUN = re.compile(r"\S+")
_AFTER_SCHEME = re.compile(r"://|%3a%2f%2f", re.IGNORECASE)


def redact(text: str) -> str:
    """Mask what may be a secret: logins in URLs, named passwords, keys and signatures, authorization headers.

    When in doubt it masks too much. Each pattern is bounded, so a hostile line costs time in proportion to its length.
    """
    for pattern in (_HEADER, _NAMED, _BEARER):
        text = pattern.sub(_mask_value, text)
    return _RUN.sub(_mask_login, text)


def _mask_value(found: re.Match[str]) -> str:
    name, value = found[1], found[2]
    quote = value.removeprefix("b")[:1]
    quoted = quote in ("'", '"') and len(value) > 2 and quote in value.removeprefix("b")[1:]
    return f"{name}{quote}{MASK}{quote}" if quoted else name + MASK


def _mask_login(run: re.Match[str]) -> str:
    """In one run without spaces: from the scheme to the last @, because passwords hold @ and / and quotes."""
    text = run[0]
    scheme = _AFTER_SCHEME.search(text)
    end = max(text.rfind("@"), text.rfind("%40"))
    if not scheme or end < scheme.end():
        return text
    return text[: scheme.end()] + MASK + text[end:]


class RedactingFilter(logging.Filter):
    """For handlers: a filter on a logger would not see what its children send up.

    Message and arguments are masked together, since a name and its secret may come from different ones.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(_message(record)), None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None  # or a later handler would print the original
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # arguments that do not fit must not break the caller, nor escape the masking
        return f"{record.msg} {record.args}"
