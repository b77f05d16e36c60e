"""Jobs behind the history: roll-ups, and the partitions that readings go into."""

from __future__ import annotations

from webapp.models import utc_now
from webapp.services import partitions, rollups


def roll_up() -> None:
    """The hours and days that are over; after a pause also those of the pause."""
    rollups.roll_up(utc_now())


def make_partitions() -> None:
    partitions.make_ahead(utc_now())
