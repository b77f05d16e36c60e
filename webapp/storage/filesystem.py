"""Storage in a folder: one file per key, readable with any file browser."""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .interface import (
    MAX_METADATA_BYTES,
    MAX_OBJECT_BYTES,
    DeleteFailure,
    Entry,
    InvalidKey,
    LinkRefused,
    NotFound,
    Stats,
    StorageError,
    StorageUnavailable,
    Stored,
    check_description,
    check_expiry,
    check_folder,
    check_key,
    check_prefix,
    check_size,
    count,
)

MARK = "~"
"""No key holds it, so names that do are ours: `~<random>` is being written, `<name>~` describes <name>."""
PLAIN: tuple[str, dict[str, str]] = ("image/jpeg", {})
"""What a file without a description is. Thumbnails are, so they cost one file each."""
TRIES = 3
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FilesystemStorage:
    """Below `root`, each step is opened relative to the one before and never through a symbolic link.

    Nothing is fsynced: a rename already keeps readers from half a file, and a thumbnail that a power cut takes is
    replaced by the next check; waiting for the disk thousands of times a minute would cost more than it saves.
    """

    def __init__(
        self,
        root: Path,
        signing_key: str,
        url_base: str = "/stored",
        max_bytes: int = MAX_OBJECT_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._root = root
        self._signing_key = hmac.digest(signing_key.encode(), b"links to stored files", "sha256")
        self._url_base = url_base
        self._max_bytes = max_bytes
        self._clock = clock

    def put(
        self, key: str, data: bytes, content_type: str = "image/jpeg", metadata: Mapping[str, str] | None = None
    ) -> None:
        check_key(key)
        check_size(key, len(data), self._max_bytes)
        described = (content_type, check_description(content_type, metadata))
        for attempt in range(1, TRIES + 1):
            try:
                with self._asking(key, writing=True), self._folder(key, create=True) as (folder, name):
                    _describe(folder, name, described)
                    _replace(folder, name, data)
                return
            except NotFound:
                # A clean-up removed the empty folder between our opening it and our writing into it.
                if attempt == TRIES:
                    raise StorageUnavailable(
                        f"The folder of {key!r} vanished while it was written. Try again."
                    ) from None

    def get(self, key: str) -> Stored:
        check_key(key)
        with self._asking(key), self._folder(key) as (folder, name):
            data, found = _read(folder, name, self._max_bytes + 1)
            check_size(key, max(found.st_size, len(data)), self._max_bytes)
            content_type, metadata = _description(folder, name)
        return Stored(data, content_type, metadata, len(data), _modified(found))

    def url(self, key: str, expires: timedelta) -> str:
        """A path on this web server; its view asks `verify` before it answers."""
        until = int(self._clock()) + check_expiry(expires)
        return f"{self._url_base}/{check_key(key)}?expires={until}&signature={self._signature(key, str(until))}"

    def verify(self, key: str, expires: str, signature: str) -> None:
        """Pass when url() made these parts and they still hold; else LinkRefused."""
        if not hmac.compare_digest(self._signature(key, expires).encode(), signature.encode(errors="replace")):
            raise LinkRefused("This link was changed on its way. Open the page it came from and use the link there.")
        if int(expires) < self._clock():
            raise LinkRefused("This link has expired. Open the page it came from and use the link there.")

    def _signature(self, key: str, expires: str) -> str:
        return hmac.new(self._signing_key, f"{key}\n{expires}".encode(errors="replace"), hashlib.sha256).hexdigest()

    def delete(self, key: str) -> None:
        check_key(key)
        with suppress(NotFound), self._asking(key), self._folder(key) as (folder, name):
            _describe(folder, name, PLAIN)
            os.unlink(name, dir_fd=folder)

    def delete_all(self, keys: Iterable[str]) -> tuple[DeleteFailure, ...]:
        failures, folders = self._delete_each(map(check_key, keys))
        for folder in sorted(folders, key=len, reverse=True):
            with suppress(NotFound), self._asking(folder), self._folder(folder) as (above, name), suppress(OSError):
                os.rmdir(name, dir_fd=above)  # only when it is empty
        return failures

    def _delete_each(self, keys: Iterable[str]) -> tuple[tuple[DeleteFailure, ...], set[str]]:
        """What could not be deleted, and the folders on the way to what could."""
        failures, folders = [], set()
        for key in keys:
            try:
                self.delete(key)
                folders |= set(_folders_of(key))
            except StorageError as error:
                failures.append(DeleteFailure(key, str(error)))
        return tuple(failures), folders

    def delete_prefix(self, prefix: str) -> tuple[DeleteFailure, ...]:
        check_folder(prefix)
        failures, _ = self._delete_each(entry.key for entry in self.list(prefix))
        with suppress(NotFound), self._asking(prefix), self._folder(prefix.removesuffix("/")) as (above, name):
            _remove_empty_folders(above, name)
        return failures

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except NotFound:
            return False
        return True

    def size(self, key: str) -> int:
        check_key(key)
        with self._asking(key), self._folder(key) as (folder, name):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            _require_file(found, key)
        return found.st_size

    def list(self, prefix: str = "") -> Iterator[Entry]:
        check_prefix(prefix)
        return self._walk(self._root, "", prefix)

    def _walk(self, path: Path, above: str, prefix: str) -> Iterator[Entry]:
        with self._asking(above):
            found = _scan(path)
        for entry in found:
            key = above + entry.name
            if entry.is_dir(follow_symlinks=False):
                if (key + "/").startswith(prefix) or prefix.startswith(key + "/"):
                    yield from self._walk(path / entry.name, key + "/", prefix)
            elif key.startswith(prefix) and entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):  # deleted while we walked
                    about = entry.stat(follow_symlinks=False)
                    yield Entry(key, about.st_size, _modified(about))

    def copy(self, source: str, target: str) -> None:
        check_key(target)
        stored = self.get(source)
        self.put(target, stored.data, stored.content_type, stored.metadata)

    def stats(self) -> Stats:
        return count(self.list())

    @contextmanager
    def _folder(self, key: str, create: bool = False) -> Iterator[tuple[int, str]]:
        """The open folder that holds `key`, and the file's name in it."""
        *folders, name = key.split("/")
        folder = self._open_root(create)
        try:
            for below in folders:
                folder = _step_into(folder, below, create)
            yield folder, name
        finally:
            os.close(folder)

    def _open_root(self, create: bool) -> int:
        try:
            if create:
                self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._root, _FOLDER & ~os.O_NOFOLLOW)  # the root itself may be a link to a larger disk
        except FileNotFoundError:  # nothing was stored yet
            raise
        except OSError as error:
            raise self._unusable(error) from error

    @contextmanager
    def _asking(self, key: str, writing: bool = False) -> Iterator[None]:
        """Turn what the operating system says into what a person can act on."""
        try:
            yield
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise InvalidKey(key, "a symbolic link stands in its way") from None
            if writing and error.errno in (errno.ENOTDIR, errno.EISDIR):
                raise InvalidKey(
                    key, "a file stands where it needs a folder, or a folder where it needs a file"
                ) from None
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
                raise NotFound(key) from None
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> StorageUnavailable:
        return StorageUnavailable(
            f"The picture folder {self._root} does not work: {error.strerror}. "
            "Look whether its disk is full and whether the user that runs Camkeeper may write there."
        )


def _step_into(folder: int, name: str, create: bool) -> int:
    """Open a folder inside an open one and close that; a link raises ELOOP, a file in its place ENOTDIR."""
    if create:
        with suppress(FileExistsError):
            os.mkdir(name, mode=0o700, dir_fd=folder)
    try:
        below = os.open(name, _FOLDER, dir_fd=folder)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise
    os.close(folder)
    return below


def _replace(folder: int, name: str, data: bytes) -> None:
    """Write beside it, then rename over it: a reader has the old file or the new one."""
    draft = MARK + secrets.token_hex(8)
    file = os.open(draft, _WRITE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
        os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)
        raise


def _read(folder: int, name: str, limit: int) -> tuple[bytes, os.stat_result]:
    with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as stream:
        found = os.fstat(stream.fileno())
        _require_file(found, name)
        return stream.read(limit), found


def _require_file(found: os.stat_result, key: str) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if not stat.S_ISREG(found.st_mode):
        raise NotFound(key)


def _describe(folder: int, name: str, described: tuple[str, dict[str, str]]) -> None:
    """Keep content type and metadata beside the file. Between the two writes a reader may see one of them changed."""
    if described == PLAIN:
        with suppress(FileNotFoundError):
            os.unlink(name + MARK, dir_fd=folder)
    else:
        content_type, metadata = described
        _replace(folder, name + MARK, json.dumps({"content_type": content_type, "metadata": metadata}).encode())


def _description(folder: int, name: str) -> tuple[str, dict[str, str]]:
    """What _describe kept; a description that cannot be read counts as none, the picture is still there."""
    try:
        data, _ = _read(folder, name + MARK, 4 * MAX_METADATA_BYTES)
        kept: dict[str, Any] = json.loads(data)
        return kept["content_type"], check_description(kept["content_type"], kept["metadata"])
    except (OSError, NotFound, ValueError, TypeError, KeyError, AttributeError):
        return PLAIN


def _scan(path: Path) -> list[os.DirEntry[str]]:
    """The entries of a folder that are part of keys, in the order of their keys; none when it is gone."""
    try:
        with os.scandir(path) as found:
            ours = [entry for entry in found if MARK not in entry.name and not entry.is_symlink()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(ours, key=lambda e: e.name + "/" * e.is_dir(follow_symlinks=False))


def _remove_empty_folders(above: int, name: str) -> None:
    """Bottom up, with the drafts that a killed process left. What is not empty stays."""
    for _, folders, files, here in os.fwalk(name, topdown=False, dir_fd=above):
        for draft in files:
            if draft.startswith(MARK):
                os.unlink(draft, dir_fd=here)
        for folder in folders:
            with suppress(OSError):
                os.rmdir(folder, dir_fd=here)
    with suppress(OSError):
        os.rmdir(name, dir_fd=above)


def _folders_of(key: str) -> Iterator[str]:
    """a/b of a/b/c, then a."""
    while "/" in key:
        key = key.rsplit("/", 1)[0]
        yield key


def _modified(found: os.stat_result) -> datetime:
    return datetime.fromtimestamp(found.st_mtime, UTC)
