"""The one parser of stream URLs: what it lets through is safe to connect to, to log and to write into a request."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
MAX_LENGTH = 2048

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_AUTHORITY = re.compile(r"[^/?#]*")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL_ESCAPE = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff])")
# Space and control characters break the request line, " < > the Digest header, | and ; the shell they are pasted into.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f|;\\\"<>^`{}#]")


class InvalidStreamUrl(ValueError):
    """The text is no stream URL we would use; the message says what is wrong and what to do, and quotes no secret."""


@dataclass(frozen=True, slots=True)
class StreamUrl:
    scheme: str
    """rtsp or rtsps."""
    host: str
    """Lower case; a name, an IPv4 address, or an IPv6 address without brackets."""
    port: int
    path_and_query: str
    """Begins with a slash."""

    @property
    def text(self) -> str:
        """The canonical form: no user name, no password, no default port."""
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{bracketed(self.host)}{port}{self.path_and_query}"

    @property
    def address(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "rtsps"


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@lru_cache(maxsize=4096)
def parse_stream_url(text: str) -> StreamUrl:
    """Raises InvalidStreamUrl with a sentence for the person who typed the URL.

    Remembered, because every row of an import is asked for it many times; what holds a login is refused and is not.
    """
    _refuse_bad_characters(text)
    scheme, rest = _split_scheme(text)
    if "@" in rest:
        raise InvalidStreamUrl(
            "Enter user name and password in their own fields, not in the URL. An @ in the path is written %40."
        )
    authority = _AUTHORITY.match(rest)[0]  # type: ignore[index]  # the pattern matches the empty string too
    host, port = _split_port(authority)
    return StreamUrl(scheme, _host(host), _port(port, scheme), _path(rest[len(authority) :]))


def split_userinfo(text: str) -> tuple[str, str | None, str | None]:
    """The URL without its user part, the user name and the password, as they stand decoded in `user:password@`."""
    scheme = _SCHEME.match(text)
    if not scheme:
        return text, None, None
    rest = text[scheme.end() :]
    userinfo, at, _ = _AUTHORITY.match(rest)[0].rpartition("@")  # type: ignore[index]
    if not at:
        return text, None, None
    username, colon, password = userinfo.partition(":")
    url = scheme[0] + rest[len(userinfo) + 1 :]
    return url, unquote(username) or None, unquote(password) if colon else None


def _refuse_bad_characters(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise InvalidStreamUrl(f"The URL is longer than {MAX_LENGTH} characters. Shorten it.")
    found = _FORBIDDEN.search(text)
    if found:
        raise InvalidStreamUrl(
            f"The URL contains {_name(found[0])}. Remove it, or write it percent-encoded (%{ord(found[0]):02X})."
        )


def _name(character: str) -> str:
    if character == " ":
        return "a space"
    return f"the character {character}" if character.isprintable() else "a control character"


def _split_scheme(text: str) -> tuple[str, str]:
    match = _SCHEME.match(text)
    if not match:
        raise InvalidStreamUrl("The URL must begin with rtsp:// or rtsps://.")
    scheme = match[1].lower()
    if scheme not in DEFAULT_PORTS:
        raise InvalidStreamUrl("Only rtsp:// and rtsps:// can be checked. Use the camera's RTSP URL.")
    return scheme, text[match.end() :]


def _split_port(authority: str) -> tuple[str, str | None]:
    if authority.startswith("["):
        host, bracket, after = authority[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise InvalidStreamUrl("The IPv6 address is not closed properly. Write it as [2001:db8::1]:554.")
        return f"[{host}]", after[1:] if after else None
    host, colon, port = authority.partition(":")
    return host, port if colon else None


def _port(text: str | None, scheme: str) -> int:
    if text is None:
        return DEFAULT_PORTS[scheme]
    if not _PORT.fullmatch(text) or not 1 <= int(text) <= 65535:
        raise InvalidStreamUrl("The port must be a number from 1 to 65535. An IPv6 address is written in brackets.")
    return int(text)


def _host(text: str) -> str:
    if not text:
        raise InvalidStreamUrl("The URL names no host. Write it as rtsp://192.168.1.20/path.")
    if text.startswith("["):
        return _ipv6(text[1:-1])
    host = text.lower().removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(host)
    if not host.isascii():
        raise InvalidStreamUrl(
            "The host name may hold ASCII letters only. Write an international name in its xn-- form."
        )
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidStreamUrl("The host name is not valid. Use letters, digits, hyphens and dots, or an IP address.")
    return host


def _ipv4(text: str) -> str:
    """Only four decimal numbers: 0x7f.1, 017700000001 and 2130706433 mean 127.0.0.1 to some resolvers."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise InvalidStreamUrl(
            "The IP address must be four decimal numbers from 0 to 255 without leading zeros, as in 192.168.1.20."
        ) from None


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        address = None
    if address is None or address.scope_id is not None:
        raise InvalidStreamUrl(
            "The IPv6 address in the brackets is not valid. Write it without a zone, as in [fd00::20]."
        )
    return str(address)


def _path(text: str) -> str:
    if not text.isascii():
        raise InvalidStreamUrl("The path may hold ASCII characters only. Write others percent-encoded.")
    if _BROKEN_ESCAPE.search(text):
        raise InvalidStreamUrl("A % in the URL must be followed by two hex digits. A plain % is written %25.")
    if _CONTROL_ESCAPE.search(text):
        raise InvalidStreamUrl("The path contains an encoded control character. Remove it.")
    return text if text.startswith("/") else f"/{text}"


def stream_address(stored: str) -> str:
    """Host and port of a stored URL: all of it that those may know who only look, for a path may hold a secret."""
    try:
        return parse_stream_url(stored).address
    except InvalidStreamUrl:
        return "an address"
