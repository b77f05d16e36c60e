"""The bytes of a file as rows: what it is, how it was read, or in a sentence why it cannot be. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from . import csv_rows, json_rows
from .table import BOMS, ENCODINGS, MAX_BYTES, Asked, Found, Row, Unreadable, codec

WRONG_KINDS = {
    b"PK\x03\x04": "This is an Excel workbook or a zip archive. Open it and save it as CSV.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel workbook. Open it and save it as CSV.",
    b"%PDF": "This is a PDF, whatever its name. Export the list as CSV where it comes from.",
    b"\x1f\x8b": "This file is compressed. Unpack it first.",
    b"7z\xbc\xaf": "This is an archive. Unpack it first.",
    b"Rar!": "This is an archive. Unpack it first.",
    b"{\\rtf": "This is a text document. Save the list as CSV.",
    b"\x89PNG": "This is a picture. Choose the CSV file.",
    b"\xff\xd8\xff": "This is a picture. Choose the CSV file.",
}
WEB_PAGE = (b"<!doctype html", b"<html")


def examine(data: bytes, asked: Asked) -> Found:
    """Read the whole file once. Unreadable when any of it cannot be."""
    _refuse_what_is_no_list(data)
    encoding, is_guessed = (asked.encoding, False) if asked.encoding else _encoding(data)
    _refuse_nul(data, encoding)
    read = json_rows.examine if _is_json(data, encoding) else csv_rows.examine
    try:
        return read(data, encoding, is_guessed, asked)
    except UnicodeDecodeError:
        raise Unreadable(
            f"The file is not {ENCODINGS[encoding]}: line {_wrong_line(data, encoding)} holds a character that does "
            "not exist there. Choose another encoding."
        ) from None


def rows(data: bytes, found: Found) -> Iterator[Row]:
    """The rows as `examine` found them, one after the other."""
    return json_rows.rows(data, found) if found.kind == "json" else csv_rows.rows(data, found)


def _wrong_line(data: bytes, encoding: str) -> int:
    """Of the whole file: whoever reads it piece by piece knows only the place within the piece."""
    name = codec(data, encoding)
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        text = error.object[: error.start].decode(name, errors="ignore")
    return text.count("\n") + 1


def _refuse_what_is_no_list(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise Unreadable(
            f"The file has {len(data) / 1024 / 1024:.1f} MB; at most {MAX_BYTES // 1024 // 1024} MB can be read. "
            "Split it into several."
        )
    for magic, sentence in WRONG_KINDS.items():
        if data.startswith(magic):
            raise Unreadable(sentence)
    if data[:200].lstrip().lower().startswith(WEB_PAGE):
        raise Unreadable("This is a web page, perhaps a sign-in page that was saved. Download the CSV file again.")
    if not data.strip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"):
        raise Unreadable("The file is empty. Choose another one.")


def _encoding(data: bytes) -> tuple[str, bool]:
    """The byte order mark says it; else what is valid UTF-8 is UTF-8; else it is most likely what Excel writes."""
    for mark, encoding in BOMS.items():
        if data.startswith(mark):
            return encoding, False
    if _looks_like_utf_16(data):
        return "utf-16", True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252", True
    return "utf-8", False


def _looks_like_utf_16(data: bytes) -> bool:
    """Latin text has a NUL in every second byte."""
    start = data[:400]
    return len(start) >= 4 and max(start[::2].count(0), start[1::2].count(0)) > 0.4 * len(start)


def _refuse_nul(data: bytes, encoding: str) -> None:
    text = data if encoding != "utf-16" else data.decode(codec(data, encoding), errors="ignore").encode()
    if (place := text.find(b"\0")) >= 0:
        line = text.count(b"\n", 0, place) + 1
        raise Unreadable(
            f"Line {line} holds NUL bytes, so this is no text file, or a damaged one. Save it as CSV again."
        )


def _is_json(data: bytes, encoding: str) -> bool:
    start = data[:400].decode(codec(data, encoding), errors="ignore")
    return start.lstrip().startswith(("[", "{"))
