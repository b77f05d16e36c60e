"""What storage promises, whatever is behind it: its operations, what they give back, and how they fail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

MAX_OBJECT_BYTES = 10 * 1024 * 1024
MAX_METADATA_BYTES = 2048
MAX_KEY_LENGTH = 512
MAX_NAME_LENGTH = 200
"""Of one part of a key: file systems end at 255 bytes, and a file's companion needs room for its mark."""
LONGEST_LINK = timedelta(days=7)
"""S3 signs for no longer, so nobody does."""

_NAME = re.compile(r"[a-z0-9_-][a-z0-9_.-]*")
_CONTENT_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}(; charset=[a-z0-9-]{1,20})?")
_METADATA_NAME = re.compile(r"[a-z0-9-]{1,64}")


class StorageError(Exception):
    """Something storage could not do; its text is a sentence fit for a person."""


class NotFound(StorageError):
    def __init__(self, key: str) -> None:
        super().__init__(f"There is no stored file {key!r}. It may have been cleaned up; reload the page.")


class StorageUnavailable(StorageError):
    """The store is away, full or refuses us: trying again later may help, another key will not."""


class TooLarge(StorageError):
    def __init__(self, key: str, size: int, limit: int) -> None:
        super().__init__(f"{key!r} has {size:,} bytes; storage takes at most {limit:,}. Make it smaller.")


class InvalidKey(StorageError):
    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key[:80]!r} cannot be the name of a stored file: {why}.")


class LinkRefused(StorageError):
    """A signed link that has expired or that we did not sign."""


@dataclass(frozen=True, slots=True)
class Stored:
    data: bytes = field(repr=False)
    content_type: str
    metadata: Mapping[str, str]
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing; size in bytes, modified in UTC."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class DeleteFailure:
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stats:
    objects: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None


class Storage(Protocol):
    """Every operation may raise StorageUnavailable, and InvalidKey for a key outside [a-z0-9/_.-]."""

    def put(
        self, key: str, data: bytes, content_type: str = "image/jpeg", metadata: Mapping[str, str] | None = None
    ) -> None:
        """Store or replace. Readers see the old bytes or the new ones, never a mixture. TooLarge beyond the limit."""

    def get(self, key: str) -> Stored:
        """NotFound when it does not exist; TooLarge when somebody else stored more than the limit there."""

    def url(self, key: str, expires: timedelta) -> str:
        """A signed link that gives the bytes to whoever holds it, until `expires` (1 s to 7 days) from now."""

    def delete(self, key: str) -> None:
        """Delete; a key that does not exist is no error."""

    def delete_all(self, keys: Iterable[str]) -> tuple[DeleteFailure, ...]:
        """Delete those, many in one go where the store can; gives back what could not be deleted."""

    def delete_prefix(self, prefix: str) -> tuple[DeleteFailure, ...]:
        """Delete everything below a folder (`prefix` ends in /); gives back what could not be deleted."""

    def exists(self, key: str) -> bool: ...

    def size(self, key: str) -> int:
        """In bytes; NotFound when it does not exist."""

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Everything whose key begins with `prefix`, in the order of the keys, fetched as you go."""

    def copy(self, source: str, target: str) -> None:
        """Copy bytes, content type and metadata within the store. NotFound when the source does not exist."""

    def stats(self) -> Stats:
        """Counted by listing everything: seconds with a hundred thousand objects, so not for a page."""


def check_key(key: str) -> str:
    """The key itself, or InvalidKey. Every back end takes the same keys, so that moving between them is a copy."""
    _check_length(key)
    for name in key.split("/"):
        _check_name(key, name)
    return key


def check_prefix(prefix: str) -> str:
    """Like a key, but it may be empty and may stop anywhere, also after a slash."""
    _check_length(prefix)
    *folders, last = prefix.split("/")
    for name in folders if not last else [*folders, last]:
        _check_name(prefix, name)
    return prefix


def check_folder(prefix: str) -> str:
    """A prefix that must end in a slash: 'cameras/1' would also take 'cameras/10' with it."""
    if not prefix.endswith("/"):
        raise InvalidKey(prefix, "a folder to delete ends in /")
    return check_prefix(prefix)


def _check_length(key: str) -> None:
    if len(key) > MAX_KEY_LENGTH:
        raise InvalidKey(key, f"it is longer than {MAX_KEY_LENGTH} characters")


def _check_name(key: str, name: str) -> None:
    if not name or len(name) > MAX_NAME_LENGTH:
        raise InvalidKey(key, f"each part between slashes has 1 to {MAX_NAME_LENGTH} characters")
    if not _NAME.fullmatch(name) or ".." in name:
        raise InvalidKey(key, "it may hold only a-z 0-9 _ - . and /, no part may begin with a dot or hold two in a row")


def check_size(key: str, size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(key, size, limit)


def check_description(content_type: str, metadata: Mapping[str, str] | None) -> dict[str, str]:
    """The metadata as a plain dict. Both travel as HTTP headers; what cannot is a programming error: ValueError."""
    metadata = dict(metadata or {})
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise ValueError(f"{content_type[:80]!r} is not a content type")
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name) or not (
            value.isascii() and value.isprintable() and value == value.strip()
        ):
            raise ValueError(f"metadata {name[:64]!r}: names are a-z 0-9 -, values one line of trimmed ASCII")
    if sum(len(name) + len(value) for name, value in metadata.items()) > MAX_METADATA_BYTES:
        raise ValueError(f"metadata is limited to {MAX_METADATA_BYTES} bytes")
    return metadata


def check_expiry(expires: timedelta) -> int:
    """Whole seconds. S3 signs for 1 second to 7 days, so both back ends do."""
    if not timedelta(seconds=1) <= expires <= LONGEST_LINK:
        raise ValueError("a signed link lives from 1 second to 7 days")
    return int(expires.total_seconds())


def count(entries: Iterator[Entry]) -> Stats:
    objects = total = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    for entry in entries:
        objects, total = objects + 1, total + entry.size
        oldest = min(oldest or entry.modified, entry.modified)
        newest = max(newest or entry.modified, entry.modified)
    return Stats(objects, total, oldest, newest)
