"""Idempotency-Key: whoever lost the answer to a create asks again, and gets that answer instead of a second thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from ..services import idempotency
from ..services.idempotency import OtherRequest, StillAtWork
from . import identity
from .answers import Refused

SHAPE = re.compile(r"[\x21-\x7e]{1,200}")
KEPT_HEADERS = ("Location", "ETag")


def answer(make: Callable[[], AnyResponse]) -> AnyResponse:
    said = request.headers.get("Idempotency-Key")
    return make() if said is None else _once(said, make)


def _once(said: str, make: Callable[[], AnyResponse]) -> AnyResponse:
    if not SHAPE.fullmatch(said):
        raise Refused(400, "The Idempotency-Key must have 1 to 200 visible ASCII characters, such as a UUID.")
    key, sent = f"{identity.bearer().user.id} {request.path} {said}", request.get_data(cache=True)
    before = _claimed(key, sent)
    if before:
        return Response(before["body"], before["code"], before["headers"] | {"Idempotent-Replayed": "true"})
    try:
        made = make()
    except BaseException:
        idempotency.release(key)
        raise
    headers = {name: made.headers[name] for name in KEPT_HEADERS if name in made.headers}
    headers |= {"Content-Type": made.headers["Content-Type"], "Cache-Control": "no-store"}
    idempotency.keep(key, sent, {"code": made.status_code, "body": made.get_data(as_text=True), "headers": headers})
    return made


def _claimed(key: str, sent: bytes) -> dict[str, Any] | None:
    try:
        return idempotency.claim(key, sent)
    except OtherRequest:
        raise Refused(422, "This Idempotency-Key was used for another request. Choose a new one.") from None
    except StillAtWork:
        raise Refused(
            409, "The first request with this Idempotency-Key is still being done. Ask again in a moment."
        ) from None
