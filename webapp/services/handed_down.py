"""The groups with all they hand down, read once for a whole list of cameras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from ..extensions import db
from ..models import Camera, CameraGroup
from .inheritance import HANDED_DOWN, all_effective


@dataclass(frozen=True, slots=True)
class Ways:
    groups: Mapping[str, CameraGroup]
    _values: dict[str | None, dict[str, Any]] = field(default_factory=dict)

    def holding(self, camera: Camera) -> tuple[dict[str, Any], list[str]]:
        """The values that hold for a camera, and the names of those that are not its own."""
        own = {name: getattr(camera, name) for name in HANDED_DOWN}
        inherited = [name for name, value in own.items() if value is None]
        down = self.handed_down(camera.group_id)
        return {name: down[name] if value is None else value for name, value in own.items()}, inherited

    def handed_down(self, group_id: str | None) -> dict[str, Any]:
        """What holds for a camera of this group that says nothing itself."""
        if group_id not in self._values:
            found = all_effective(None, self._way(group_id))
            self._values[group_id] = {name: effective.value for name, effective in found.items()}
        return self._values[group_id]

    def _way(self, group_id: str | None) -> list[CameraGroup]:
        way: list[CameraGroup] = []
        while group_id and group_id in self.groups and len(way) <= len(self.groups):
            way.append(self.groups[group_id])
            group_id = way[-1].parent_id
        return way[::-1]


def read() -> Ways:
    return Ways({group.id: group for group in db.session.scalars(select(CameraGroup))})
