"""What the API can do. Each operation says once which right it needs, what it takes and what it gives: its route, its
guard and its documentation all come from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from ..schemas import Contract
from . import asking, identity, once
from .answers import Answer, enveloped

View = Callable[..., Answer | Response]

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@dataclass(frozen=True, slots=True)
class Operation:
    """`needs` is a permission, or one of identity.OPEN, ANYBODY and LOGIN."""

    method: str
    path: str
    """As Flask writes it, below /api/v1."""
    name: str
    noun: str
    needs: str
    told: str
    """The docstring: one line of summary, and what else there is to say."""
    query: type[Contract] | None = None
    body: type[Contract] | None = None
    takes: str | None = None
    """The media type of a body that is a file."""
    is_partial: bool = False
    """What the body does not say stays as it is: the view gets the bare fields."""
    answer: Any = None
    """The type of `data`; a media type for an answer without envelope."""
    code: int = 200
    codes: Sequence[int] = ()
    """What else it may answer, besides what every operation does."""
    is_paged: bool = False
    meta: Any = None
    """The type of `meta`, when it is not that of pages."""
    is_repeatable: bool = False
    """Takes an Idempotency-Key."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """Of the body."""

    @property
    def endpoint(self) -> str:
        return f"{self.noun}_{self.name}"


OPERATIONS: list[Operation] = []


def operation(method: str, path: str, needs: str, **said: Any) -> Callable[[View], View]:
    """Make a view an operation. It gets the parts of its path, `given` from the body and `query` from the address."""

    def decorate(view: View) -> View:
        noun = view.__module__.rpartition(".")[2]
        told = (view.__doc__ or "").strip()
        found = Operation(method, path, view.__name__.rstrip("_"), noun, needs, told, **said)
        OPERATIONS.append(found)
        blueprint.add_url_rule(path, found.endpoint, _guarded(found, view), methods=[method])
        return view

    return decorate


def _guarded(found: Operation, view: View) -> Callable[..., Response]:
    @wraps(view)
    def answering(**arguments: Any) -> Response:
        identity.require(found.needs)
        arguments = {name: str(value) for name, value in arguments.items()}
        if found.query:
            arguments["query"] = asking.query(found.query)
        else:
            asking.no_query()
        if found.body:
            arguments["given"] = asking.fields() if found.is_partial else asking.body(found.body)
        if found.is_repeatable:
            return once.answer(lambda: enveloped(view(**arguments), found.code))
        return enveloped(view(**arguments), found.code)

    return answering
