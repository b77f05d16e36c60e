"""Logging: one line an event, secrets masked on every handler."""

from __future__ import annotations

import logging

from .credentials import RedactingFilter

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def configure() -> None:
    """Set the root logger up once; everything that propagates to it is redacted."""
    root = logging.getLogger()
    if not root.handlers:
        logging.basicConfig(level=logging.INFO, format=FORMAT)
    redact(root)


def redact(logger: logging.Logger) -> None:
    """Mask secrets in whatever this logger's own handlers write."""
    for handler in logger.handlers:
        if not any(isinstance(f, RedactingFilter) for f in handler.filters):
            handler.addFilter(RedactingFilter())
