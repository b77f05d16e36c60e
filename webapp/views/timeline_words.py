"""How moments, spans and shares read on a timeline: in its own zone, and never rounded up to what was not so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..models import ImageFinding, Status
from ..services.reasons import finding_named, reason_of
from ..services.stays import Stay
from ..services.time_axis import DAY, Axis
from .wording import WORDS

NOT_WATCHED = {
    Status.UNKNOWN: "not checked, so not known",
    Status.MAINTENANCE: "maintenance",
    Status.DISABLED: "switched off",
    Status.IDLE: "not checked yet",
}
"""Why, when not a check found it."""


@dataclass(frozen=True, slots=True)
class Words:
    axis: Axis

    @property
    def is_one_day(self) -> bool:
        first, last = (self.axis.local(moment).date() for moment in (self.axis.start, self.axis.end))
        return first == last

    @property
    def range(self) -> str:
        """The whole of it, with its day or days."""
        start, end = self.axis.local(self.axis.start), self.axis.local(self.axis.end)
        return f"{start:%Y-%m-%d %H:%M}–{end:%H:%M}" if self.is_one_day else f"{self.stamp(start)} – {self.stamp(end)}"

    @property
    def zone(self) -> str:
        """Vienna, UTC+1; both offsets when the clocks change within the range."""
        offsets = [_offset(self.axis.local(moment)) for moment in (self.axis.start, self.axis.end)]
        name = str(self.axis.zone).rpartition("/")[2].replace("_", " ")
        named = " and ".join(dict.fromkeys(offsets))
        return name if name == named else f"{name}, {named}"

    def stamp(self, moment: datetime) -> str:
        return self.axis.local(moment).strftime("%Y-%m-%d %H:%M")

    def short(self, moment: datetime) -> str:
        """As far as it has to be said within this range."""
        local = self.axis.local(moment)
        if self.is_one_day or self.axis.end - self.axis.start <= DAY:
            return f"{local:%H:%M}"
        return f"{local.day} {local:%b %H:%M}"

    def between(self, start: datetime, end: datetime) -> str:
        """Two clocks with a dash between them; "now" where the range ends with it."""
        until = "now" if self.axis.ends_now and end >= self.axis.end else self.short(end)
        same_day = self.axis.local(start).date() == self.axis.local(end).date()
        if same_day and until != "now":
            until = f"{self.axis.local(end):%H:%M}"
        return f"{self.short(start)}–{until}"

    def bar(self, stay: Stay | Any) -> str:
        """What a bar is called: its status, when, and why."""
        why = self.why(stay) if isinstance(stay, Stay) else ""
        said = f"{WORDS[Status(stay.status)]} {self.between(stay.start, stay.end)}"
        return f"{said}: {why}" if why and why.lower() != WORDS[Status(stay.status)].lower() else said

    def why(self, stay: Stay) -> str:
        """In a few words; empty when there is nothing to explain."""
        if stay.status in NOT_WATCHED:
            return NOT_WATCHED[Status(stay.status)]
        reason = reason_of(stay.change) if stay.change else None
        if stay.status == Status.LIVE:
            return ""
        return reason.short if reason else "no reason known"

    def finding(self, found: ImageFinding) -> str:
        """What was wrong with the picture, and when."""
        named = finding_named(found.finding)
        end = found.cleared_at or self.axis.end
        return f"{(named.short if named else found.finding).capitalize()} {self.between(found.raised_at, end)}"

    def lasted(self, span: timedelta) -> str:
        return self.lasted_seconds(span.total_seconds())

    def lasted_seconds(self, seconds: float) -> str:
        """1 h 13 min, where a page that counts along says 1 h."""
        if seconds < 60:
            return f"{seconds:.0f} s"
        days, minutes = divmod(round(seconds / 60), 1440)
        parts = [(days, "d"), (minutes // 60, "h"), (minutes % 60, "min")]
        return " ".join([f"{number} {unit}" for number, unit in parts if number][:2])

    def percent(self, share: float | None) -> str:
        """99.98 % and never 100 % when something is missing."""
        if share is None:
            return "–"
        floored = math.floor(share * 10_000 + 1e-6) / 100
        if not floored and share > 0:
            return "less than 0.01 %"
        return f"{floored:.2f}".rstrip("0").rstrip(".") + " %"


def _offset(local: datetime) -> str:
    seconds = int((local.utcoffset() or local - local).total_seconds())
    hours, minutes = divmod(abs(seconds) // 60, 60)
    if not seconds:
        return "UTC"
    return f"UTC{'+' if seconds > 0 else '−'}{hours}" + (f":{minutes:02}" if minutes else "")
