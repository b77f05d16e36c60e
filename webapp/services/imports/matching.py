"""Which stored camera a row means, and whether an earlier row of the file meant it already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from ...schemas import ImportOptions
from .candidates import Candidate
from .known import Known

Key = tuple[Any, ...]


class NoMatch(Exception):
    """The row cannot be told apart from another row or camera; says at which field, and what to do."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field, self.sentence = field, sentence
        super().__init__(sentence)


class Matcher:
    """Remembers the rows that went before: what each took no other may have."""

    def __init__(self, options: ImportOptions, word: str) -> None:
        self._by, self._word = options.match, word
        self._lines: dict[Key, int] = {}

    def match(self, candidate: Candidate, known: Known) -> Row[Any] | None:
        """The stored camera, None for a new one. Raises NoMatch."""
        for key in self._keys(candidate):
            if self._lines.get(key, candidate.line) != candidate.line:
                raise NoMatch(FIELDS[key[0]], self._repeated(key))
        stored = self._find(candidate, known)
        line = self._lines.get(("camera", stored.id)) if stored is not None else None
        if stored is not None and line not in (None, candidate.line):
            raise NoMatch(
                FIELDS[self._by], f"This is “{stored.name}”, as {self._word} {line} is already. Keep one of the two."
            )
        if stored is None and candidate.url:
            self._require_fresh_url(candidate.line, candidate.url, known)
        return stored

    def _require_fresh_url(self, line: int, url: str, known: Known) -> None:
        """Two cameras at one address are one camera that somebody wrote down twice."""
        if self._lines.get(("url", url), line) != line:
            raise NoMatch(FIELDS["url"], self._repeated(("url", url)))
        holder = next((row for row in known.urls.get(url, []) if ("moved", row.id) not in self._lines), None)
        if holder is not None:
            is_already = f"“{holder.name}”" + (f" with the code {holder.code}" if holder.code else "")
            ways = f"Correct the {self._by} or the address, or match by URL."
            raise NoMatch(FIELDS["url"], f"This address is already {is_already}. {ways}")

    def note(self, candidate: Candidate, camera_id: str | None) -> None:
        for key in self._keys(candidate):
            self._lines[key] = candidate.line
        if candidate.url:
            self._lines["url", candidate.url] = candidate.line
        if camera_id:
            self._lines["camera", camera_id] = candidate.line
        if camera_id and candidate.url:
            self._lines["moved", camera_id] = candidate.line

    def _keys(self, candidate: Candidate) -> list[Key]:
        """By which no two rows may be equal."""
        keys: list[Key] = [("code", candidate.code)] if candidate.code else []
        if self._by == "name" and candidate.name:
            keys.append(("name", candidate.name, candidate.path))
        elif candidate.url and (self._by == "url" or not candidate.code):
            keys.append(("url", candidate.url))
        return keys

    def _repeated(self, key: Key) -> str:
        place = f"{self._word} {self._lines[key]}"
        if key[0] == "code":
            return f"This code stands in {place} already; every code may be used once. Change one of the two."
        if key[0] == "url":
            return f"This RTSP URL stands in {place} already. Change one of the two."
        return f"This name stands in {place} already, in the same group. Change one of the two."

    def _find(self, candidate: Candidate, known: Known) -> Row[Any] | None:
        if self._by == "name":
            return self._only("name", self._named(candidate, known))
        at_url = known.urls.get(candidate.url, []) if candidate.url else []
        if self._by == "url" or not candidate.code:
            return self._only("rtsp_url", at_url)
        holder = known.codes.get(candidate.code)
        if holder is not None:
            return holder if known.covers(holder) else None
        return self._only("rtsp_url", [row for row in at_url if not row.code])

    def _named(self, candidate: Candidate, known: Known) -> list[Row[Any]]:
        named = known.names.get(candidate.name, []) if candidate.name else []
        if candidate.path is None:
            return named
        group_id = known.paths.ids.get(candidate.path)
        return [row for row in named if group_id and row.group_id == group_id]

    def _only(self, field: str, found: Sequence[Row[Any]]) -> Row[Any] | None:
        if len(found) > 1:
            names = ", ".join(sorted(f"“{row.name}”" for row in found[:3]))
            raise NoMatch(field, f"{len(found)} cameras fit this row, such as {names}. Match by something else.")
        return found[0] if found else None


FIELDS = {"code": "code", "url": "rtsp_url", "name": "name"}
"""Where a problem of each way of matching belongs."""
