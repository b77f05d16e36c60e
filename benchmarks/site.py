"""A fleet in a group tree as people have it: places, names, codes, tags, and a few things wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from webapp.extensions import db
from webapp.models import Camera, CameraGroup, new_id

SITES, BUILDINGS = 8, 7
"""Two levels of groups; the rest of them are the floors."""
PLACES = ("Gate", "Dock", "Lobby", "Stair", "Roof", "Yard", "Canteen", "Turnstile", "Corridor", "Office", "Storage")
SIDES = ("north", "south", "east", "west", "in", "out")
OUTCOMES = {"live": "online", "degraded": "online", "offline": "timeout"}


def make_groups(number: int) -> list[str]:
    """Groups in three levels; the ids of the lowest."""
    sites = [_group(f"Plant {n + 1}", None) for n in range(SITES)]
    buildings = [_group(f"Building {n + 1}", site["id"]) for site in sites for n in range(BUILDINGS)]
    floors = [
        _group(f"Floor {n // len(buildings)}", buildings[n % len(buildings)]["id"])
        for n in range(number - len(sites) - len(buildings))
    ]
    for level in (sites, buildings, floors):
        db.session.execute(insert(CameraGroup), level)
    db.session.commit()
    return [floor["id"] for floor in floors]


def add_cameras(number: int, group_ids: list[str], first: int = 0) -> list[str]:
    """Cameras in these groups, one in twenty of them with a problem; the same ones in every run but for their ids."""
    rows = list(_cameras(range(first, first + number), group_ids))
    db.session.execute(insert(Camera), rows)
    db.session.commit()
    return [row["id"] for row in rows]


def _group(name: str, parent_id: str | None) -> dict[str, Any]:
    return {"id": new_id(), "name": name, "parent_id": parent_id}


def _cameras(numbers: range, group_ids: list[str]) -> Iterator[dict[str, Any]]:
    chance, now = random.Random(numbers.start), datetime.now(UTC)  # noqa: S311 - names, no secrets
    for number in numbers:
        status = chance.choices(list(OUTCOMES), [95, 2, 3])[0]
        yield {
            "id": new_id(),
            "name": f"{chance.choice(PLACES)} {chance.randint(1, 40)} {chance.choice(SIDES)}",
            "code": f"CAM-{number:05}",
            "rtsp_url": f"rtsp://10.{number // 62500}.{number // 250 % 250}.{number % 250}:554/stream1",
            "group_id": group_ids[number % len(group_ids)],
            "tags": tuple(chance.sample(("night", "ptz", "entrance", "outdoor"), chance.randint(0, 2))),
            "status": status,
            "outcome": OUTCOMES[status],
            "status_since": now - timedelta(minutes=chance.randint(1, 20_000)),
            "checked_at": now,
            "next_due_at": now + timedelta(hours=1),
            "latency_ms": chance.uniform(5, 60),
            "actual_fps": 15.0,
        }
