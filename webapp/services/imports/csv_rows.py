"""A CSV file as rows, as Excel and others write them: delimiter, heading, quoted line breaks. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace

from .table import MAX_COLUMNS, MAX_ROWS, Asked, Found, Row, Unreadable, codec

DELIMITERS = {",": "Comma ,", ";": "Semicolon ;", "\t": "Tab", "|": "Bar |"}
HEAD_CHARACTERS = 100_000
LONGEST_HEADING = 100

_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_ADDRESS = re.compile(r"\s*(\w+://.*|\d+\.\d+\.\d+\.\d+(:\d+)?)\s*")


def examine(data: bytes, encoding: str, is_guessed: bool, asked: Asked) -> Found:
    """Raises Unreadable and UnicodeDecodeError."""
    first = _stream(data, encoding).read(HEAD_CHARACTERS)
    told = _SEP.fullmatch(first.splitlines()[0]) if first.strip() else None
    delimiter = asked.delimiter or (told[1] if told else _likeliest_delimiter(first))
    found = Found("csv", encoding, is_guessed, (), delimiter=delimiter)
    head = next((cells for _, cells in _records(data, found)), [])
    has_header = asked.has_header if asked.has_header is not None else not any(map(_ADDRESS.fullmatch, head))
    found = replace(found, has_header=has_header, headings=_headings(head, has_header))
    number = sum(1 for _ in rows(data, found))
    if not number:
        raise Unreadable("The file holds a heading and no row below it. Add the cameras, one in each line.")
    return replace(found, rows=number)


def rows(data: bytes, found: Found) -> Iterator[Row]:
    """Blank lines count, and are left out. Unreadable beyond MAX_ROWS."""
    number = 0
    for line, cells in _records(data, found):
        if line == 1 and found.has_header:
            continue
        number += 1
        if number > MAX_ROWS:
            raise Unreadable(f"The file holds more than {MAX_ROWS:,} rows. Split it into several.")
        yield Row(line, dict(enumerate(cells)))


def _records(data: bytes, found: Found) -> Iterator[tuple[int, list[str]]]:
    """Every line that holds anything, with its number in a spreadsheet; the heading is among them."""
    stream = _stream(data, found.encoding)
    shift = _skip_sep(stream)
    reader = csv.reader(stream, delimiter=found.delimiter, strict=True)
    line, began = 0, 1 + shift
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Unreadable(_sentence(str(error), began)) from None
        if cells is None:
            return
        line, began = line + 1, reader.line_num + 1 + shift
        if any(cell.strip() for cell in cells):
            yield line, cells


def _stream(data: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding=codec(data, encoding), newline="")


def _skip_sep(stream: io.TextIOWrapper) -> int:
    """Excel's own first line, which names the delimiter and which no spreadsheet shows."""
    if _SEP.fullmatch(stream.readline(20)):
        return 1
    stream.seek(0)
    return 0


def _likeliest_delimiter(text: str) -> str:
    """The one that splits the heading into most columns."""
    return max(DELIMITERS, key=lambda sign: _width(text, sign))


def _width(text: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), []))
    except csv.Error:
        return 0


def _headings(head: list[str], has_header: bool) -> tuple[str, ...]:
    if len(head) > MAX_COLUMNS:
        raise Unreadable(
            f"The first line has {len(head)} columns; at most {MAX_COLUMNS} can be read. "
            "Leave out those that say nothing of a camera, or choose another delimiter."
        )
    names = [cell.strip()[:LONGEST_HEADING] if has_header else "" for cell in head]
    while has_header and names and not names[-1]:
        names.pop()
    return tuple(name or f"Column {number}" for number, name in enumerate(names, 1))


def _sentence(error: str, line: int) -> str:
    if "unexpected end" in error or "field larger" in error:
        return f"A quote that opens in line {line} never closes. Close it, or take it out, and choose the file again."
    if "expected after" in error:
        return (
            f"In line {line} more text follows where a quoted cell ends. "
            "Double the quotes within a cell, and choose the file again."
        )
    return f"Line {line} cannot be read: {error}. Mend it, and choose the file again."
