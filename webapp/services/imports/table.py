"""What a file of cameras is once it is read: rows of cells, and how they were found. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 100
OURS = ("_line", "_error")
"""Columns of the file of rejected rows; whoever imports it again need not take them out."""
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "windows-1252": "Windows-1252 (Western)",
    "windows-1250": "Windows-1250 (Central European)",
    "windows-1251": "Windows-1251 (Cyrillic)",
    "mac-roman": "Mac Roman",
}
BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Unreadable(ValueError):
    """The file cannot be read at all; the text says why and what to do, and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    """As a spreadsheet counts, the heading being 1 and a cell with line breaks still one row; in JSON the item."""
    cells: Mapping[int, Any]
    """Column → what stands there: text from CSV, any JSON value; a column the row does not have is missing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a person wants the file read; None is as it looks."""

    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool | None = None

    def is_as(self, found: Found) -> bool:
        """Nothing is wanted otherwise than it was read."""
        wanted = (self.encoding, self.delimiter, self.has_header)
        was = (found.encoding, found.delimiter, found.has_header)
        return all(want in (None, have) for want, have in zip(wanted, was, strict=True))


@dataclass(frozen=True, slots=True)
class Found:
    """How a file was read, and what is in it."""

    kind: Literal["csv", "json"]
    encoding: str
    """A key of ENCODINGS."""
    is_guessed: bool
    """The encoding is the likeliest one, and nothing in the file proves it."""
    headings: tuple[str, ...]
    rows: int = 0
    delimiter: str = ","
    has_header: bool = True

    @property
    def word(self) -> str:
        """What the number of a row counts."""
        return "line" if self.kind == "csv" else "item"


def codec(data: bytes, encoding: str) -> str:
    """Python's name for the encoding of these bytes, with or without a byte order mark."""
    if encoding == "utf-8":
        return "utf-8-sig"
    if encoding == "utf-16" and data[:2] not in BOMS:
        return "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    return encoding
