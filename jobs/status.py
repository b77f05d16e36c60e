"""The job behind the size of the storage on the status page."""

from __future__ import annotations

from webapp.models import utc_now
from webapp.services import system_facts


def measure_storage() -> None:
    system_facts.measure_storage(utc_now())
