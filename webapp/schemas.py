"""The one input contract per thing: forms, JSON bodies and CSV rows are all checked here, with the same sentences."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from .video.stream_url import InvalidStreamUrl, parse_stream_url

Problems = dict[str, list[str]]
"""Field name → sentences; the field '' holds what belongs to no single field."""


class InvalidInput(ValueError):
    """Input that breaks a contract. Nothing has been written."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {' '.join(found)}" for field, found in problems.items()))


def _clean(value: Any) -> Any:
    """Trim, normalise, turn an empty text into None, refuse what cannot be seen."""
    if not isinstance(value, str):
        return value
    value = unicodedata.normalize("NFC", value).strip().strip("\u00a0")
    if any(unicodedata.category(ch) in ("Cc", "Cs") for ch in value):
        raise ValueError("Remove the control characters (line breaks, tabs, NUL) from this field.")
    return value or None


def _required(value: Any) -> Any:
    if value is None:
        raise ValueError("Please fill in this field.")
    return value


Text = Annotated[str, Field(max_length=255)]
Line = Annotated[Text, BeforeValidator(_required), BeforeValidator(_clean)]
OptionalLine = Annotated[Text | None, BeforeValidator(_clean)]
OptionalId = Annotated[Annotated[str, Field(max_length=36)] | None, BeforeValidator(_clean)]
OptionalNumber = Annotated[float | None, BeforeValidator(_clean)]
Secret = Annotated[str, Field(max_length=255)]


class Contract(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


T = TypeVar("T", bound=Contract)


class StreamInput(Contract):
    """Where a picture comes from and who asks for it: what a test before save needs."""

    rtsp_url: str
    username: OptionalLine = None
    password: Secret | None = Field(default=None, repr=False)

    @field_validator("rtsp_url", mode="before")
    @classmethod
    def _is_a_stream_url(cls, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError("Please fill in the RTSP URL, such as rtsp://192.168.1.100:554/stream1.")
        try:
            return parse_stream_url(value.strip()).text
        except InvalidStreamUrl as error:
            raise ValueError(str(error)) from None

    @field_validator("password", mode="before")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        if isinstance(value, str) and any(unicodedata.category(ch) == "Cc" for ch in value):
            raise ValueError("The password holds a control character; type it again.")
        return value or None


class CameraInput(StreamInput):
    """A camera as a person describes it. `password` None keeps the stored one; `clear_password` forgets it."""

    name: Line
    group_id: OptionalId = None
    location: OptionalLine = None
    resolution: OptionalLine = None
    fps: OptionalNumber = None
    codec: Annotated[Literal["h264", "h265", "mjpeg"] | None, BeforeValidator(_clean)] = None
    is_active: bool = True
    enable_detection: bool = True
    detection_sensitivity: float = 0.7
    clear_password: bool = False
    version: int | None = None
    """The version that was edited; a save on top of a newer one is refused."""

    @field_validator("resolution")
    @classmethod
    def _is_width_by_height(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[1-9]\d{1,4}x[1-9]\d{1,4}", value):
            raise ValueError("Write the resolution as width x height, such as 1920x1080.")
        return value

    @field_validator("fps")
    @classmethod
    def _is_a_frame_rate(cls, value: float | None) -> float | None:
        if value is not None and not 0 < value <= 120:
            raise ValueError("Frames per second must lie between 0 and 120.")
        return value

    @field_validator("detection_sensitivity")
    @classmethod
    def _is_a_share(cls, value: float) -> float:
        if not 0 <= value <= 1:
            raise ValueError("Sensitivity must lie between 0 and 1.")
        return value


class GroupInput(Contract):
    """A group of the tree; `parent_id` None puts it at the top."""

    name: Line
    location: OptionalLine = None
    parent_id: OptionalId = None


class SignIn(Contract):
    email: Line
    password: Annotated[str, Field(min_length=1, max_length=1000, repr=False)]


class NewPassword(Contract):
    password: Annotated[str, Field(repr=False)]

    @field_validator("password")
    @classmethod
    def _is_long_enough(cls, value: str) -> str:
        if not 12 <= len(value) <= 1000:
            raise ValueError("Choose a password of at least 12 characters; a short sentence is easy to remember.")
        return value


class UserInput(NewPassword):
    email: Line
    name: Annotated[str, BeforeValidator(lambda value: _clean(value) or ""), Field(max_length=255)] = ""
    role: Literal["admin", "operator", "viewer"] = "viewer"

    @field_validator("email")
    @classmethod
    def _looks_like_email(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
            raise ValueError("Write the e-mail address as name@example.com.")
        return value.lower()


def parse(contract: type[T], data: dict[str, Any]) -> T:
    """The contract filled from `data`; InvalidInput with every problem at once."""
    try:
        return contract.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(_problems(error)) from None


def _problems(error: ValidationError) -> Problems:
    problems: Problems = {}
    for found in error.errors(include_url=False, include_input=False):
        field = ".".join(str(part) for part in found["loc"])
        problems.setdefault(field, []).append(_sentence(found))
    return problems


SENTENCES = {
    "missing": "Please fill in this field.",
    "extra_forbidden": "There is no such field; remove it or check its spelling.",
    "string_type": "This must be a text.",
    "bool_parsing": "This must be yes or no.",
    "bool_type": "This must be true or false.",
    "float_parsing": "This must be a number, such as 15 or 0.7.",
    "float_type": "This must be a number, such as 15 or 0.7.",
    "int_parsing": "This must be a whole number.",
}


def _sentence(found: Any) -> str:
    if found["type"] == "value_error":
        return str(found["ctx"]["error"])
    if found["type"] == "string_too_long":
        return f"Shorten this to {found['ctx']['max_length']} characters."
    if found["type"] == "literal_error":
        return f"This must be one of {found['ctx']['expected']}."
    return SENTENCES.get(found["type"], f"{found['msg']}.")
