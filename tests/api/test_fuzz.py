"""Anything at all is sent to every operation, as everybody: the answer is always one that the document describes.

A short slice; `make fuzz` sends FUZZ_EXAMPLES to each.
"""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable, Iterable
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks

import jobs
from tests.views.strangers import make_fleet
from webapp.extensions import db
from webapp.models import Camera, Role, User, utc_now
from webapp.services import tokens

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
BY_DESIGN = {
    "negative_data_rejection": "a number may come as a text, as it does from forms and files",
    "positive_data_acceptance": "a schema cannot say everything, such as whether a group is there",
    "missing_required_header": "no header is required but the token, which ignored_auth tries",
}
WHO = (Role.ADMIN, Role.OPERATOR, Role.VIEWER, None)

load_all_checks()


@pytest.fixture
def door(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Iterable[bytes]]:
    """The app as a server has it: every request in a context of its own. What takes a worker is not begun."""
    for name in ("check_now", "take_snapshot", "work_on_import", "make_clip"):
        monkeypatch.setattr(jobs, name, lambda *_: None)
    monkeypatch.setattr("webapp.api.camera_checks._wait", lambda *_: None)
    monkeypatch.setattr("webapp.api.camera_files.work_on_import", lambda *_: None)

    def asked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return contextvars.Context().run(lambda: list(app.wsgi_app(environ, start_response)))

    return asked


@pytest.mark.parametrize("role", WHO, ids=str)
def test_it_answers_as_it_says(
    door: Callable[..., Iterable[bytes]],
    role: Role | None,
    make_user: Callable[..., User],
    make_camera: Callable[..., Camera],
) -> None:
    make_fleet(make_camera)
    headers = _login(make_user(role)) if role else {}
    schema = schemathesis.openapi.from_wsgi("/openapi.json", door)
    checks = [
        check for name, check in zip(CHECKS.get_all_names(), CHECKS.get_all(), strict=True) if name not in BY_DESIGN
    ]
    wrong: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.label != "POST /api/v1/auth/logout":
            wrong += _fuzzed(operation, headers, checks)
    assert not wrong, "\n".join(wrong)


def _fuzzed(operation: Any, headers: dict[str, str], checks: list[Any]) -> list[str]:
    """What is wrong with an operation, as it was found first."""
    try:
        _fuzz(operation, headers, checks)
    except Exception as error:
        return [f"{operation.label}: {found}" for found in getattr(error, "exceptions", [error])]
    finally:
        db.session.commit()
    return []


def _fuzz(operation: Any, headers: dict[str, str], checks: list[Any]) -> None:
    """Without shrinking: what fails is told as it was found."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=checks)

    ask()


def _login(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.log_in(user, utc_now())[1]}"}
