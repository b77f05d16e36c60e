"""A row of the file as what it says of a camera, with what is wrong with it so far. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from ...video.stream_url import InvalidStreamUrl, parse_stream_url, split_userinfo
from ..camera_columns import BY_NAME, SECRETS, from_cell, from_json, looks_secret
from ..group_paths import Path
from .table import Found, Row

URLS = ("rtsp_url", "sub_rtsp_url")
HIDDEN = "●●●●"
LONGEST_SHOWN = 120


class Problem(TypedDict):
    """What is wrong with a row and what to do; `value` is never a secret."""

    column: str
    value: str
    sentence: str


@dataclass(slots=True)
class Candidate:
    """What one row says. A field that is missing was not said; one that is None was left blank."""

    line: int
    fields: dict[str, Any]
    path: Path | None = None
    """Of its group."""
    problems: list[Problem] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    """URLs as they stand in the file."""
    had_login: bool = False
    """A user name or password stood in a URL and was moved into the fields for them."""

    @property
    def name(self) -> str | None:
        found = self.fields.get("name")
        return str(found)[:255] if found else None

    @property
    def code(self) -> str | None:
        """As codes are compared."""
        found = self.fields.get("code")
        return found.lower() if isinstance(found, str) else None

    @property
    def url(self) -> str | None:
        """As it would be stored; None when it is none."""
        return self.stream("rtsp_url")

    def stream(self, name: str) -> str | None:
        """One of its URLs in the same way."""
        try:
            return parse_stream_url(self.fields[name]).text
        except (KeyError, TypeError, InvalidStreamUrl):
            return None


class Reader:
    """Turns rows into candidates, by the mapping of columns to fields."""

    def __init__(self, found: Found, mapping: Sequence[str | None]) -> None:
        self._read = from_json if found.kind == "json" else from_cell
        self._fields = [(column, name) for column, name in enumerate(mapping) if name]
        self._columns = {name: found.headings[column] for column, name in self._fields if column < len(found.headings)}
        self._width = len(found.headings)
        self.veiled = frozenset(name for name, heading in self._columns.items() if looks_secret(heading)) - SECRETS
        """Fields that are shown to nobody, because their column seems to hold passwords."""

    def candidate(self, row: Row) -> Candidate:
        fields = {name: self._read(name, row.cells[column]) for column, name in self._fields if column in row.cells}
        found = Candidate(row.line, fields)
        self._note_width(found, row)
        self._take_path(found)
        for name in URLS:
            self._complete_url(found, name)
        return found

    def problem(self, name: str, value: Any, sentence: str) -> Problem:
        """At the column of a field, under its heading in the file."""
        column = self._columns.get(name) or (BY_NAME[name].label if name in BY_NAME else "")
        told = shown("password" if looks_secret(column) else name, value)
        return Problem(column=column, value=told, sentence=sentence)

    def in_order(self, problems: list[Problem]) -> list[Problem]:
        """As their columns stand in the file, after what is wrong with the row as a whole."""
        places = {heading: place for place, heading in enumerate(self._columns.values())} | {"": -1}
        return sorted(problems, key=lambda problem: places.get(problem["column"], len(places)))

    def _note_width(self, found: Candidate, row: Row) -> None:
        beyond = (value for column, value in row.cells.items() if column >= self._width)
        if any(isinstance(value, str) and value.strip() for value in beyond):
            sentence = "This row has more cells than the heading. Put quotes around a cell that holds the delimiter."
            found.problems.append(self.problem("", None, sentence))

    def _take_path(self, found: Candidate) -> None:
        path = found.fields.get("group")
        if isinstance(path, tuple):
            found.path = path
        elif path is not None:
            sentence = "Write the group as a path, such as Site A > Building 1."
            found.problems.append(self.problem("group", path, sentence))

    def _complete_url(self, found: Candidate, name: str) -> None:
        """An address alone becomes a URL; a login in it goes where it belongs."""
        text = found.fields.get(name)
        if not isinstance(text, str):
            return
        found.texts[name] = text
        url, username, password = split_userinfo(text if "://" in text else f"rtsp://{text}")
        found.fields[name] = url
        for field_name, value in (("username", username), ("password", password)):
            if value is not None:
                found.had_login = True
                self._move_login(found, field_name, value)

    def _move_login(self, found: Candidate, name: str, value: str) -> None:
        if found.fields.get(name) not in (None, value):
            sentence = "The URL holds another login than this column. Take it out of the URL."
            found.problems.append(self.problem(name, found.fields[name], sentence))
        else:
            found.fields[name] = value


def shown(name: str, value: Any) -> str:
    """A value for people to recognise: secrets are hidden, and so is a login in an address."""
    if value is None or value == "":
        return ""
    if name in SECRETS:
        return HIDDEN
    text = " > ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
    return masked(text)[:LONGEST_SHOWN]


def masked(text: str) -> str:
    """Without what stands before the last @ of something like an address."""
    scheme, between, rest = text.partition("://") if "://" in text else ("", "", text)
    before, at, after = rest.rpartition("@")
    return f"{scheme}{between}{HIDDEN}@{after}" if at and (between or ":" in before) else text
