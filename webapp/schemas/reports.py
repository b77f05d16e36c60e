"""What a health report is to be about."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from .contract import Contract, OptionalId, ShortLine, clean
from .people import time_zones

LONGEST_DAYS = 366

Day = Annotated[date | None, BeforeValidator(clean)]


class ReportInput(Contract):
    """A group or everything, and a period of whole days: the day, week or month that holds `day`, or from `day` to
    `until`. Without a day it is the last period that is over."""

    name: ShortLine = None
    group_id: OptionalId = None
    period: Literal["day", "week", "month", "custom"] = "week"
    day: Day = None
    until: Day = None
    """The last day of a custom period."""
    time_zone: ShortLine = None
    """By whose clocks a day begins; UTC when it is not said."""

    @model_validator(mode="after")
    def _makes_a_period(self) -> Self:
        if self.time_zone is not None and self.time_zone not in time_zones():
            raise ValueError("There is no such time zone; choose one from the list, such as Europe/Vienna.")
        if self.day and not 2000 <= self.day.year <= 2200:
            raise ValueError("Choose a day of this century.")
        if self.period != "custom":
            return self
        if self.day is None or self.until is None:
            raise ValueError("Choose the first and the last day of the period.")
        if self.until < self.day:
            raise ValueError("The last day lies before the first; swap them.")
        if (self.until - self.day).days >= LONGEST_DAYS:
            raise ValueError(f"At most {LONGEST_DAYS} days fit into a report; choose a shorter period.")
        return self
