"""A clip in storage: pieces in a folder of its own, because storage takes and gives whole files of some megabytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ...storage import Storage, TooLarge

PIECE = 4 * 1024 * 1024
TYPE = "video/mp4"


def put(storage: Storage, folder: str, file: BinaryIO, most: int) -> int:
    """Store all that comes and give its size. TooLarge beyond `most` bytes; then nothing stays."""
    size = number = 0
    while data := file.read(PIECE):
        size += len(data)
        if size > most:
            storage.delete_prefix(folder)
            raise TooLarge(folder, size, most)
        storage.put(_key(folder, number), data, TYPE)
        number += 1
    return size


def read(storage: Storage, folder: str, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from `start` to before `stop`. storage.NotFound or StorageError, also on the way."""
    for number in range(start // PIECE, -(-stop // PIECE)):
        begin = number * PIECE
        yield storage.get(_key(folder, number)).data[max(0, start - begin) : stop - begin]


def _key(folder: str, number: int) -> str:
    return f"{folder}{number:04}"
