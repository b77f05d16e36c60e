"""Work on many cameras: bulk actions, imports, exports, and the lists people keep."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, field_validator, model_validator

from .cameras import CameraInput, HandedDown, Tags
from .contract import Contract, OptionalId, clean, required

BULK_FIELDS: dict[str, frozenset[str]] = {
    "move": frozenset({"group_id"}),
    "tag": frozenset({"tags"}),
    "untag": frozenset({"tags"}),
    "enable": frozenset(),
    "disable": frozenset(),
    "maintenance": frozenset({"until"}),
    "resume": frozenset(),
    "check": frozenset(),
    "detection": frozenset({"enable_detection", "detection_sensitivity"}),
    "interval": frozenset({"check_interval_seconds"}),
    "delete": frozenset(),
}
"""What can be done with many cameras at once, and what has to be said with it; of detection at least one."""


class BulkInput(HandedDown):
    """One act on many cameras. Only what is given is set: None is no group, or inherited."""

    action: str
    group_id: OptionalId = None
    tags: Tags = ()
    until: Annotated[AwareDatetime | None, BeforeValidator(clean)] = None

    @field_validator("action")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in BULK_FIELDS:
            raise ValueError("Choose what to do with the cameras.")
        return value

    @model_validator(mode="after")
    def _has_what_the_action_needs(self) -> Self:
        wanted = BULK_FIELDS[self.action]
        if foreign := self.given - wanted:
            raise ValueError(f"{', '.join(sorted(foreign))} does not belong to this action; leave it out.")
        if self.action == "detection" and not self.given:
            raise ValueError("Choose what to change: detection, sensitivity, or both.")
        missing = wanted - self.given if self.action != "detection" else frozenset()
        empty = {name for name in ("tags", "until") if name in wanted and not getattr(self, name)}
        if missing | empty:
            raise ValueError(MISSING[self.action])
        return self

    @property
    def given(self) -> frozenset[str]:
        """The fields that belong to the action and were said."""
        return frozenset(self.model_fields_set - {"action"})


MISSING = {
    "move": "Choose the group to move the cameras to.",
    "tag": "Write at least one tag.",
    "untag": "Write at least one tag.",
    "maintenance": "Choose until when.",
    "interval": "Write the interval in seconds, or choose the inherited one.",
}


class ImportOptions(Contract):
    """What happens to the rows of a file of cameras."""

    mapping: tuple[str | None, ...] = ()
    """For each column of the file the field it fills, as services.camera_columns names it; None is left out."""
    match: Literal["code", "url", "name"] = "code"
    """What a row and a stored camera have in common: the code, or the URL in rows without one; the URL; the name within
    the group."""
    existing: Literal["fill", "skip", "overwrite"] = "fill"
    """What happens to a stored camera: filled cells are taken over, nothing, or blank cells clear what is stored."""
    creates_groups: bool = True
    group_id: OptionalId = None
    """For new cameras whose row names no group."""
    tests_streams: bool = False
    """Try out every new camera after the dry run."""
    is_all_or_nothing: bool = False
    """One row that cannot be stored keeps out all the others."""

    @field_validator("mapping")
    @classmethod
    def _fills_each_field_once(cls, value: tuple[str | None, ...]) -> tuple[str | None, ...]:
        chosen = [name for name in value if name]
        if unknown := set(chosen) - IMPORTED:
            raise ValueError(f"There is no field {', '.join(sorted(unknown))}; choose another.")
        if twice := sorted({name for name in chosen if chosen.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)}: chosen for two columns. A field can be filled from one alone.")
        if not chosen:
            raise ValueError("Choose at least the columns that hold the name and the RTSP URL.")
        return value


IMPORTED = frozenset(CameraInput.model_fields) - {"group_id", "clear_password", "version"} | {"group"}


class SavedViewInput(Contract):
    """A name for a page of the grid, and whether colleagues see it too."""

    name: Annotated[Annotated[str, Field(max_length=100)], BeforeValidator(required), BeforeValidator(clean)]
    is_shared: bool = False


class ExportInput(Contract):
    """How cameras are written into a file."""

    format: Literal["csv", "json"] = "csv"
    delimiter: Literal["comma", "semicolon"] = "comma"
    byte_order_mark: bool = False
