"""What a request says: its JSON body and its query string, read within limits and checked by a contract."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar, get_origin

from flask import request

from ..schemas import Contract, InvalidInput, parse
from .answers import Refused

MOST_BYTES = 10 * 1024 * 1024
DEEPEST = 32
"""Levels of lists and objects within each other."""
NO_PARAMETER = "There is no such parameter; remove it or check its spelling."

C = TypeVar("C", bound=Contract)


def body(contract: type[C]) -> C:
    return parse(contract, fields())


def query(contract: type[C]) -> C:
    """The query string as the contract reads it; a name said twice is a list where the contract takes one."""
    fields = contract.model_fields
    if unknown := [name for name in request.args if name not in fields]:
        raise InvalidInput({name: [NO_PARAMETER] for name in unknown})
    said = {name: request.args.getlist(name) for name in request.args}
    takes_many = {name for name in said if get_origin(fields[name].annotation) is tuple}
    return parse(contract, {name: values if name in takes_many else values[-1] for name, values in said.items()})


def no_query() -> None:
    if request.args:
        raise InvalidInput({name: [NO_PARAMETER] for name in request.args})


def fields() -> dict[str, Any]:
    """The fields of the JSON object in the body; none for an empty body."""
    data = request.get_data(cache=True)
    if not data.strip():
        return {}
    if not request.is_json:
        raise Refused(415, "Send JSON, with the header Content-Type: application/json.")
    found = _read(data)
    if not isinstance(found, dict):
        raise Refused(400, "Send one JSON object, with the fields as its members.")
    return found


def _read(data: bytes) -> Any:
    try:
        found = json.loads(data.decode("utf-8"), parse_constant=_no_number)
        _require_shallow(found, DEEPEST)
        json.dumps(found, ensure_ascii=False).encode() if b"\\u" in data else None
    except UnicodeError:
        raise Refused(400, "The body is not valid UTF-8.") from None
    except RecursionError:
        raise Refused(400, f"The body is nested deeper than {DEEPEST} levels.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused(400, f"The body is not valid JSON: {error.msg} at {where}.") from None
    except ValueError as error:
        raise Refused(400, f"The body holds a number that cannot be read: {str(error)[:80]}.") from None
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")


def _require_shallow(value: Any, left: int) -> None:
    if not isinstance(value, dict | list):
        return
    if not left:
        raise RecursionError
    for inner in value.values() if isinstance(value, dict) else value:
        _require_shallow(inner, left - 1)
