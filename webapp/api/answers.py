"""What the API answers: the envelope around data, and the refusals that say what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NotRequired

from flask import Response
from typing_extensions import TypedDict
from werkzeug.wrappers import Response as AnyResponse

from ..schemas import Problems


class Meta(TypedDict):
    """Where in a list an answer stands."""

    page: int
    pageSize: int
    total: int
    totalPages: int
    next: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class Answer:
    data: Any
    meta: Mapping[str, Any] | None = None
    code: int | None = None
    """When it is another than the operation's own."""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """An answer with the error envelope; nothing was done."""

    def __init__(
        self, code: int, message: str, problems: Problems | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self.code, self.message, self.problems, self.headers = code, message, problems or {}, headers or {}
        super().__init__(message)

    @property
    def details(self) -> list[dict[str, str]]:
        return details_of(self.problems)


def details_of(problems: Problems) -> list[dict[str, str]]:
    return [{"field": field, "message": sentence} for field, found in problems.items() for sentence in found]


def enveloped(answer: Answer | AnyResponse, code: int) -> AnyResponse:
    if isinstance(answer, AnyResponse):
        return answer
    body: dict[str, Any] = {"success": True, "data": answer.data}
    if answer.meta is not None:
        body["meta"] = answer.meta
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain)
    response = Response(text, answer.code or code, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(answer.headers)
    return response


def page_meta(number: int, size: int, total: int) -> Meta:
    return {"page": number, "pageSize": size, "total": total, "totalPages": -(-total // size)}


def moment(at: datetime) -> str:
    """As RFC 3339 says it, in UTC; thousandths only where there are any."""
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")[: -len("+00:00")] + "Z"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an answer")
