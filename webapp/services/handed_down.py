"""The groups with all they hand down, read once for a whole list of cameras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import InstrumentedAttribute

from ..extensions import db
from ..models import Camera, CameraGroup
from .inheritance import HANDED_DOWN, defaults, own


@dataclass(frozen=True, slots=True)
class Ways:
    groups: Mapping[str, Row[Any]]
    _values: dict[str | None, dict[str, Any]] = field(default_factory=dict)

    def holding(self, camera: Camera | Row[Any]) -> tuple[dict[str, Any], list[str]]:
        """The values that hold for a camera, and the names of those that are not its own."""
        said = own(camera)
        return self.handed_down(camera.group_id) | said, [name for name in HANDED_DOWN if name not in said]

    def handed_down(self, group_id: str | None) -> dict[str, Any]:
        """What holds for a camera of this group that says nothing itself: the rule of services.inheritance, from the
        top down, each group once.
        """
        if group_id not in self._values:
            group = self.groups.get(group_id or "")
            above = self.handed_down(group.parent_id) if group else {}
            self._values[group_id] = above | own(group) if group else defaults()
        return self._values[group_id]


def read(*more: InstrumentedAttribute[Any]) -> Ways:
    """`more` columns of every group. Plain rows: there are hundreds, and each list of cameras needs them all."""
    columns = (CameraGroup.id, CameraGroup.parent_id, *(getattr(CameraGroup, name) for name in HANDED_DOWN), *more)
    return Ways({group.id: group for group in db.session.execute(select(*columns))})
