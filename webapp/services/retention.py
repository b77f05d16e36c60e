"""How many days are kept: of a camera's pictures, and of its checks. Its own, else its nearest group's, else ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from ..extensions import db
from ..models import CameraGroup
from .inheritance import effective, way

groups = CameraGroup.__table__


@dataclass(frozen=True, slots=True)
class Retentions:
    """What the groups say of retention, read once for many cameras."""

    groups: Mapping[str, Any]

    def days(self, camera: Any) -> int:
        """Of a camera, or a row that has its group_id and retention_days."""
        found: int = effective("retention_days", camera, way(camera.group_id, self.groups)).value
        return found

    def said(self, camera: Any) -> int | None:
        """What the camera or a group says; None when nobody says anything."""
        found = effective("retention_days", camera, way(camera.group_id, self.groups))
        return found.value if found.is_own or found.group is not None else None

    def expiry(self, camera: Any, taken_at: datetime) -> datetime:
        return taken_at + timedelta(days=self.days(camera))


def read() -> Retentions:
    query = select(groups.c.id, groups.c.parent_id, groups.c.retention_days)
    return Retentions({row.id: row for row in db.session.execute(query)})
