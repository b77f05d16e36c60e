"""Jobs behind "test before save"."""

from __future__ import annotations

from webapp.models import utc_now
from webapp.services import connection_check, connection_tests


def run(test_id: str) -> None:
    connection_check.run(test_id, utc_now())


def forget_old() -> None:
    connection_tests.forget_old(utc_now())
