"""Checking what is stored, a camera or a test before save: its password is opened, and our own faults are readings."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Protocol

from ..credentials import Credentials, CredentialUnreadable
from ..outcomes import Outcome, Reading
from ..video.check import Turns, check
from ..video.stream_url import InvalidStreamUrl, parse_stream_url
from ..video.target import Limits, OnStep, Target

log = logging.getLogger(__name__)


class StoredStream(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def rtsp_url(self) -> str: ...
    @property
    def username(self) -> str | None: ...
    @property
    def password_encrypted(self) -> str | None:
        """Sealed for `id`."""


def check_stored(
    stream: StoredStream,
    credentials: Credentials,
    limits: Limits,
    now: datetime,
    on_step: OnStep | None = None,
    turns: Turns | None = None,
) -> Reading:
    """Never raises: a fault in our code or our keys must not take the rest of a batch with it."""
    try:
        return check(target_of(stream, credentials), limits, now, on_step, turns=turns)
    except CredentialUnreadable as error:
        return Reading(now, Outcome.INTERNAL_ERROR, str(error))
    except InvalidStreamUrl as error:
        return Reading(now, Outcome.INTERNAL_ERROR, f"The stored RTSP URL cannot be used: {error}")
    except Exception as error:
        log.exception("The check of %s failed on our side.", stream.id)
        return Reading(now, Outcome.INTERNAL_ERROR, f"The check failed on our side: {type(error).__name__}.")


def target_of(stream: StoredStream, credentials: Credentials) -> Target:
    """CredentialUnreadable or InvalidStreamUrl when it cannot be opened."""
    sealed = stream.password_encrypted
    password = credentials.decrypt(sealed, stream.id) if sealed else None
    return Target(parse_stream_url(stream.rtsp_url), stream.username, password)
