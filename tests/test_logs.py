"""What reaches the log, and what must not."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from tests.conftest import PASSWORD_HASH
from webapp.extensions import db
from webapp.models import User


def test_a_statement_that_fails_is_logged_without_its_values(
    either_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        for _ in range(2):
            db.session.add(User(email="twice@example.com", name="Anna Ruiz", password_hash=PASSWORD_HASH))
            db.session.commit()
    except IntegrityError:
        logging.getLogger(__name__).exception("request failed")
    assert "INSERT INTO users" in caplog.text
    for value in (PASSWORD_HASH, "Anna Ruiz"):
        assert value not in caplog.text
