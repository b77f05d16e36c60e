"""Jobs behind reports: making one, and taking up again what a worker died over."""

from __future__ import annotations

from webapp.models import utc_now
from webapp.services.reports import making

from . import QueueName, is_waiting, make_report


def make(report_id: str) -> None:
    making.run(report_id, utc_now)


def go_on() -> None:
    """Take up again what a worker died over, or what Redis forgot."""
    making.give_up(utc_now())
    for report_id in making.left_behind(utc_now()):
        if not is_waiting(QueueName.SLOW, f"report-{report_id}"):
            make_report(report_id)
