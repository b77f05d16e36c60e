"""What groups hand down: the value that holds for a camera, and where it comes from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Row

from ..extensions import settings
from ..video.quality.finding import Sensitivity

HANDED_DOWN = (
    "enable_detection",
    "detection_sensitivity",
    "check_interval_seconds",
    "image_sensitivity",
    "retention_days",
)
OFF = "off"
"""As image_sensitivity: pictures are not looked at."""


class Holder(Protocol):
    """A camera or a group: whatever may have the five settings of its own."""

    enable_detection: bool | None
    detection_sensitivity: float | None
    check_interval_seconds: int | None
    image_sensitivity: str | None
    retention_days: int | None


class NamedHolder(Holder, Protocol):
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Effective:
    """A value that holds, and who says so."""

    value: Any
    is_own: bool
    group: Any = None
    """The group that hands it down; None with is_own False is the general default."""


def defaults() -> dict[str, Any]:
    return {
        "enable_detection": True,
        "detection_sensitivity": 0.7,
        "check_interval_seconds": settings.CHECK_INTERVAL_SECONDS,
        "image_sensitivity": Sensitivity.MEDIUM.value,
        "retention_days": settings.RETENTION_DAYS,
    }


def effective(name: str, holder: Holder | None, way: Sequence[NamedHolder]) -> Effective:
    """`way` leads from the top of the tree down to the holder's own group; a group that is the holder is not on it."""
    own = getattr(holder, name, None)
    if own is not None:
        return Effective(own, is_own=True)
    for group in reversed(way):
        if getattr(group, name) is not None:
            return Effective(getattr(group, name), is_own=False, group=group)
    return Effective(defaults()[name], is_own=False)


def way(group_id: str | None, groups: Mapping[str, Any]) -> list[Any]:
    """From the top of the tree down to the group itself; `groups` have an id and a parent_id."""
    found: list[Any] = []
    while group_id and group_id in groups and len(found) < len(groups):
        found.append(groups[group_id])
        group_id = found[-1].parent_id
    return found[::-1]


def all_effective(holder: Holder | None, way: Sequence[NamedHolder]) -> dict[str, Effective]:
    return {name: effective(name, holder, way) for name in HANDED_DOWN}


def own(holder: Holder | Row[Any]) -> dict[str, Any]:
    """The settings that the holder says itself."""
    return {name: value for name in HANDED_DOWN if (value := getattr(holder, name)) is not None}


def words(name: str, value: Any) -> str:
    """A value as people read it: on, 0.7, medium, 15 min, 30 days."""
    if name == "enable_detection":
        return "on" if value else "off"
    if name == "check_interval_seconds":
        return _interval(value)
    if name == "retention_days":
        return "1 day" if value == 1 else f"{value:,} days"
    return value if isinstance(value, str) else f"{value:g}"


def _interval(seconds: int) -> str:
    """In the largest unit that says it whole."""
    for unit, length in (("day", 86400), ("h", 3600), ("min", 60)):
        if seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def origin(found: Effective) -> str:
    """Who says so: to be read after "inherited"."""
    if found.is_own:
        return "set here"
    return f"from {found.group.name}" if found.group else "the general setting"
