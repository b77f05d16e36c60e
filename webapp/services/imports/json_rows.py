"""A JSON list of cameras as rows, item by item, so that no file makes more of itself in memory than it is. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from .table import MAX_COLUMNS, MAX_ROWS, Asked, Found, Row, Unreadable, codec

SHAPE = "Write a list of objects, one for each camera, such as [{…}, {…}]."
ITEM_CHARACTERS = (4_096, 262_144)
"""How much of the text an item is looked for in: first this much, then at most that much."""

_SPACE = re.compile(r"\s*")
_SUSPECT = re.compile(r"\\u(?:0000|d[89a-f])", re.IGNORECASE)
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")


def examine(data: bytes, encoding: str, is_guessed: bool, _asked: Asked) -> Found:
    """Raises Unreadable and UnicodeDecodeError."""
    headings: dict[str, None] = {}
    number = 0
    for item in _items(data.decode(codec(data, encoding))):
        number += _says_anything(item)
        headings |= dict.fromkeys(item)
        if len(headings) > MAX_COLUMNS:
            raise Unreadable(f"The objects have more than {MAX_COLUMNS} different fields. Leave out the others.")
    if not number:
        raise Unreadable(f"The list is empty. {SHAPE}")
    return Found("json", encoding, is_guessed, tuple(headings), number)


def rows(data: bytes, found: Found) -> Iterator[Row]:
    place = {heading: column for column, heading in enumerate(found.headings)}
    for number, item in enumerate(_items(data.decode(codec(data, found.encoding))), 1):
        if _says_anything(item):
            yield Row(number, {place[name]: value for name, value in item.items()})


def _items(text: str) -> Iterator[dict[str, Any]]:
    place = _after_space(text, 0)
    if text[place : place + 1] != "[":
        raise Unreadable(f"This JSON is no list. {SHAPE}")
    place = _after_space(text, place + 1)
    number = 0
    while text[place : place + 1] != "]":
        number += 1
        if number > MAX_ROWS:
            raise Unreadable(f"The file holds more than {MAX_ROWS:,} cameras. Split it into several.")
        item, place = _item(text, place, number)
        yield item
        place = _after_comma(text, _after_space(text, place), number)
    if _after_space(text, place + 1) != len(text):
        raise Unreadable("After the end of the list comes more text. Keep the list alone.")


def _says_anything(item: dict[str, Any]) -> bool:
    return any(value not in (None, "") for value in item.values())


def _item(text: str, place: int, number: int) -> tuple[dict[str, Any], int]:
    if text[place : place + 1] != "{":
        raise Unreadable(f"Item {number} of the list is no object. {SHAPE}")
    problem = ""
    for length in ITEM_CHARACTERS:
        try:
            item, end = _DECODER.raw_decode(text[place : place + length])
            break
        except json.JSONDecodeError as error:
            problem = _broken(text, place, length, number, error)
        except RecursionError:
            raise Unreadable(f"Item {number} is nested too deeply. {SHAPE}") from None
        except ValueError:
            raise Unreadable(f"Item {number} holds a number that is none or far too long. Correct it.") from None
    else:
        raise Unreadable(problem)
    if _SUSPECT.search(text, place, place + end):
        _refuse_what_is_no_text(item, number)
    return item, place + end


def _refuse_what_is_no_text(item: dict[str, Any], number: int) -> None:
    """NUL and half a surrogate pair: escapes can say them, and no database takes them."""
    left: list[Any] = [item]
    while left:
        value = left.pop()
        if isinstance(value, str) and _NO_CHARACTER.search(value):
            raise Unreadable(
                f"Item {number} holds a character that no text can hold, such as \\u0000. "
                "Take it out, and choose the file again."
            )
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value


def _broken(text: str, place: int, length: int, number: int, error: json.JSONDecodeError) -> str:
    is_cut = len(text) > place + length and ("Unterminated" in error.msg or error.pos > length - 16)
    if is_cut:
        return (
            f"Item {number} does not end within {length:,} characters. Look for a quote or bracket that never closes."
        )
    line = text.count("\n", 0, place + error.pos) + 1
    return f"Item {number} cannot be read: {error.msg}, in line {line}. Mend it, and choose the file again."


def _after_space(text: str, place: int) -> int:
    return _SPACE.match(text, place).end()  # type: ignore[union-attr]  # the pattern matches the empty string too


def _after_comma(text: str, place: int, number: int) -> int:
    sign = text[place : place + 1]
    if sign == "]":
        return place
    if sign != ",":
        raise Unreadable(f"After item {number} a comma or the end of the list is missing. Mend it.")
    place = _after_space(text, place + 1)
    if text[place : place + 1] == "]":
        raise Unreadable("After the last comma of the list comes nothing. Take the comma out.")
    return place


def _no_number(_text: str) -> NoReturn:
    raise ValueError("no number of JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)
