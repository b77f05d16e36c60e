"""What programs ask for beyond what forms do: lists in pages, waiting for a check, a file of cameras in a body."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, PlainValidator, field_validator, model_validator

from ..outcomes import Outcome
from ..video.quality.finding import Finding
from .contract import Contract, Line, OptionalId, OptionalLine, clean

LONGEST_LIST = 200
StatusName = Literal["idle", "live", "degraded", "offline", "unknown", "maintenance", "disabled"]
SortName = Literal[
    "name",
    "-name",
    "worst",
    "-worst",
    "changed",
    "-changed",
    "code",
    "-code",
    "group",
    "-group",
    "checked",
    "-checked",
]
Words = Annotated[Annotated[str, Field(max_length=100)] | None, BeforeValidator(clean)]
Tag = Annotated[Annotated[str, Field(max_length=40)], BeforeValidator(clean)]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
REASONS: dict[str, Outcome | Finding] = {reason.value: reason for reason in (*Finding, *Outcome)}
"""What is wrong with the picture, or what the last check found."""


def _known_reason(name: Any) -> Outcome | Finding:
    """Both kinds at once, so that a wrong one is named once."""
    if name not in REASONS:
        raise ValueError(f"This must be one of {', '.join(REASONS)}.")
    return REASONS[name]


Reason = Annotated[Outcome | Finding, PlainValidator(_known_reason, json_schema_input_type=Outcome | Finding)]


class LoginInput(Contract):
    username: Line
    """The e-mail address."""
    password: Annotated[str, Field(min_length=1, max_length=1000, repr=False)]


class PageQuery(Contract):
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    page_size: Annotated[int, Field(ge=1, le=LONGEST_LIST)] = 20


class GroupListQuery(PageQuery):
    """Groups are few: a page holds as many as it can."""

    page_size: Annotated[int, Field(ge=1, le=LONGEST_LIST)] = LONGEST_LIST


class CameraQuery(Contract):
    """Which cameras: of several values of one parameter any is enough."""

    active_only: bool = False
    is_active: bool | None = None
    status: tuple[StatusName, ...] = ()
    reason: tuple[Reason, ...] = ()
    """Outcome of the last check, or what is wrong with the picture."""
    q: Words = None
    """Words that occur in name, code, host, location, vendor, model, tags or group."""
    group_id: Annotated[tuple[Id, ...], Field(max_length=8)] = ()
    """With all groups beneath."""
    tag: Annotated[tuple[Tag, ...], Field(max_length=5)] = ()
    is_detecting: bool | None = None
    in_maintenance: bool | None = None


class CameraListQuery(CameraQuery, PageQuery):
    sort: SortName = "name"
    fields: OptionalLine = None
    """Names with commas between them: only these are given, and the id."""


class StateInput(Contract):
    """Whether a camera is checked, and until when somebody works on it; null ends maintenance."""

    is_active: bool | None = None
    maintenance_until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("Say is_active, maintenance_until, or both.")
        if "is_active" in self.model_fields_set and self.is_active is None:
            raise ValueError("is_active must be true or false.")
        return self


class Waiting(Contract):
    timeout_seconds: Annotated[float, Field(ge=1, le=30)] = 10
    """How long to wait for the result; when it takes longer, 202 says where it will be."""


class TestInput(Waiting):
    __test__ = False  # for pytest, which takes every class of this name for one of its own

    check_credentials: bool = True
    """False: a camera that answers and rejects the login counts as reached."""


class SnapshotInput(Waiting):
    save_thumbnail: bool = True
    """Whether it is kept as a snapshot; the camera's latest picture it becomes in any case."""


NO_BASE64 = "This is not base64. Encode the whole file, such as with: base64 -w0 cameras.csv"


class CameraFileInput(Contract):
    """A file of cameras in base64."""

    format: Literal["csv", "json"] = "csv"
    data: Annotated[str, Field(repr=False, min_length=1)]
    group_id: OptionalId = None
    """For new cameras whose row names no group."""
    skip_duplicates: bool = True
    """False: the filled cells of a row are taken over by the camera that is there already."""

    @field_validator("data")
    @classmethod
    def _is_base64(cls, value: str) -> str:
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(NO_BASE64) from None
        return value

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.data)


class ImportStart(Contract):
    is_all_or_nothing: bool = False
    """One row that cannot be stored keeps out all the others."""


class NumberedPage(Contract):
    """A page of a list whose pages have one size."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class ImportRowsQuery(NumberedPage):
    kind: Literal["error", "update", "create", "unchanged", "skip", "left"] = "error"


class ExportQuery(Contract):
    format: Literal["csv", "json"] = "csv"
    group_id: Annotated[Id | None, BeforeValidator(clean)] = None
    """With all groups beneath."""
    include_credentials: bool = False


class ExportWithPasswords(ExportQuery):
    password: Annotated[str, Field(min_length=1, max_length=1000, repr=False)]
    """Your own, typed again: passwords of cameras leave only with it."""


def as_list(value: Any) -> list[str]:
    """The names of a comma-separated parameter."""
    return [name for part in (value or "").split(",") if (name := part.strip())]
