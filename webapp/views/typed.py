"""Texts that stand in an address, as far as they can be used."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""PostgreSQL takes no NUL in a text, and nobody can type the others."""


def one_line(said: str, longest: int) -> str:
    """At most so many characters of it, none of them a control character."""
    return _CONTROL.sub("", said).strip()[:longest]
