"""From what services raise to the error envelope: the same sentences that a form shows."""

from __future__ import annotations

from flask import Blueprint, Response

from jobs import QueueAway

from ..errors import refusal
from ..schemas import InvalidInput
from ..services import cameras, groups
from ..services.imports.course import Failed, OutOfTurn
from ..services.imports.table import Unreadable
from .answers import Refused, details_of

INVALID = "Some of this cannot be taken; the details say what and why. Nothing was changed."
GONE = "There is nothing here any more: somebody deleted it meanwhile."


def register(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(Refused, _on_refused)
    blueprint.register_error_handler(InvalidInput, _on_invalid)
    for gone in (cameras.DeletedMeanwhile, groups.DeletedMeanwhile):
        blueprint.register_error_handler(gone, lambda _error: refusal(404, GONE))
    blueprint.register_error_handler(QueueAway, _on_queue_away)
    blueprint.register_error_handler(OutOfTurn, lambda error: refusal(409, str(error)))
    for error in (Failed, Unreadable):
        blueprint.register_error_handler(error, lambda error: refusal(422, str(error)))


def _on_refused(error: Refused) -> Response:
    response = refusal(error.code, error.message, error.details)
    response.headers.update(error.headers)
    return response


def _on_invalid(error: InvalidInput) -> Response:
    return refusal(422, INVALID, details_of(error.problems))


def _on_queue_away(error: QueueAway) -> Response:
    response = refusal(503, str(error))
    response.headers["Retry-After"] = "60"
    return response
