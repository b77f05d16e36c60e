"""What programs ask for about people, the past, and many cameras at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from .asked import CameraQuery, Id, NumberedPage, Words
from .contract import Contract, InvalidInput, clean
from .work import BULK_FIELDS

LONGEST_SPAN = timedelta(days=1830)
USUAL_SPAN = timedelta(days=1)
ActionName = Literal[
    "move",
    "tag",
    "untag",
    "enable",
    "disable",
    "maintenance",
    "resume",
    "check",
    "detection",
    "interval",
    "delete",
]


class SpanQuery(Contract):
    """A span of time: by default the last day."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    """Exclusive; by default now."""

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """InvalidInput when it is no span."""
        end = self.until or now
        try:
            start = self.since or end - USUAL_SPAN
        except OverflowError:
            raise InvalidInput({"until": ["Choose a moment that lies within this century."]}) from None
        if not start < end:
            raise InvalidInput({"since": ["It must lie before until."]})
        if end - start > LONGEST_SPAN or end.year > 2200 or start.year < 2000:
            raise InvalidInput({"since": [f"Choose a span of at most {LONGEST_SPAN.days} days."]})
        return start, end


class ProblemQuery(NumberedPage):
    group_id: Annotated[tuple[Id, ...], Field(max_length=8)] = ()
    """With all groups beneath."""
    severity: Literal["offline", "degraded"] | None = None
    is_acknowledged: bool | None = None
    is_muted: bool | None = None


class AuditQuery(Contract):
    """The newest first; `before` is the id at which the page that was read ends."""

    person: Annotated[Id | None, BeforeValidator(clean)] = None
    action: Annotated[Annotated[str, Field(max_length=40)] | None, BeforeValidator(clean)] = None
    """Such as camera.update, or a noun alone."""
    camera_id: Annotated[Id | None, BeforeValidator(clean)] = None
    q: Words = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    before: Annotated[Id | None, BeforeValidator(clean)] = None
    page_size: Annotated[int, Field(ge=1, le=200)] = 50


class Agreement(Contract):
    """What a dry run said: how many cameras, and which."""

    number: Annotated[int, Field(ge=0, le=10_000_000)]
    digest: Annotated[str, Field(max_length=64)] = ""


class BulkRequest(Contract):
    """One act on many cameras: on those named by `ids`, or on all that `filter` finds."""

    action: ActionName
    values: dict[str, Any] = {}
    """What the action needs: group_id, tags, until, enable_detection, detection_sensitivity, check_interval_seconds."""
    ids: Annotated[tuple[Id, ...], Field(max_length=10_000)] | None = None
    filter: CameraQuery | None = None
    dry_run: bool = False
    """Only say what it would do."""
    agreed: Agreement | None = None
    """From a dry run: it is refused when the fleet has changed since. A deletion needs it."""

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("Say which cameras: either ids or filter.")
        if foreign := set(self.values) - BULK_FIELDS[self.action]:
            raise ValueError(f"{', '.join(sorted(foreign))[:100]} does not belong to this action; leave it out.")
        return self

    @property
    def fields(self) -> dict[str, Any]:
        """As schemas.BulkInput reads it."""
        return {"action": self.action, **self.values}
