"""Which pictures of a sweep are kept: one every so often, the last before an outage, the first after it. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ..extensions import settings
from ..models import Status
from .readings import Recorded
from .snapshots import Wanted

UP = (Status.LIVE, Status.DEGRADED)


def of(recorded: Recorded, is_manual: bool = False) -> list[Wanted]:
    """`is_manual` when a person asked for these very pictures."""
    around = list(_around_changes(recorded))
    kept = set() if is_manual else {wanted.camera_id for wanted in around if wanted.jpeg}
    kind = "manual" if is_manual else "regular"
    return around + [
        Wanted(id, reading.at, kind, reading.jpeg)
        for id, reading in recorded.readings.items()
        if reading.jpeg and id not in kept and (is_manual or is_due(id, recorded.pictured_at.get(id), reading.at))
    ]


def is_due(camera_id: str, before: datetime | None, at: datetime) -> bool:
    """Whether a slot has begun since the picture before. The cameras take turns, so that no tick has them all."""
    seconds = settings.SNAPSHOT_EVERY_MINUTES * 60
    if not seconds:
        return False
    phase = zlib.crc32(camera_id.encode()) % seconds
    return before is None or (before.timestamp() - phase) // seconds < (at.timestamp() - phase) // seconds


def _around_changes(recorded: Recorded) -> Iterator[Wanted]:
    chains: dict[str, list[Mapping[str, Any]]] = {}
    for change in recorded.changes:
        chains.setdefault(change["camera_id"], []).append(change)
    for camera_id, chain in chains.items():
        before, reading = recorded.pictured_at.get(camera_id), recorded.readings[camera_id]
        old, last = chain[0]["old"], chain[-1]
        if last["new"] == Status.OFFLINE and old != Status.OFFLINE and before:
            yield Wanted(camera_id, before, "change", None, last["id"], "before")
        elif last["new"] in UP and old == Status.OFFLINE and reading.jpeg:
            yield Wanted(camera_id, reading.at, "change", reading.jpeg, last["id"], "after")
