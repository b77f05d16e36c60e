"""The contract of a maintenance window."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from .cameras import zone_named
from .contract import Contract, InvalidInput, Line, OptionalId, OptionalLine, clean, required

LONGEST_WEEKLY, LONGEST_ONCE = 7 * 24 * 60, 366 * 24 * 60


class WindowInput(Contract):
    """When a camera, or a group with all beneath it, is worked on: `starts` is read as a clock in `zone` shows it."""

    camera_id: OptionalId = None
    group_id: OptionalId = None
    reason: Line
    starts: OptionalLine = None
    minutes: Annotated[int, BeforeValidator(required), BeforeValidator(clean)]
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = ()
    """0 is Monday; none: it comes once."""
    zone: OptionalLine = None

    @field_validator("minutes")
    @classmethod
    def _is_some_time(cls, value: int) -> int:
        if not 1 <= value <= LONGEST_ONCE:
            raise ValueError("Write how many minutes it takes, from 1 to a year of them.")
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.camera_id is None) == (self.group_id is None):
            raise ValueError("Choose either a camera or a group.")
        if self.weekdays and self.minutes > LONGEST_WEEKLY:
            raise ValueError("A window that comes every week lasts a week at most.")
        return self

    @property
    def time_zone(self) -> tzinfo:
        return zone_named(self.zone)

    def begin(self) -> datetime:
        """InvalidInput when `starts` is no moment."""
        try:
            said = datetime.fromisoformat(self.starts or "")
            return (said if said.tzinfo else said.replace(tzinfo=self.time_zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise InvalidInput({"starts": ["Choose a day and a time, such as 2026-11-22 18:00."]}) from None
