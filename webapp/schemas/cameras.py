"""Cameras: where their stream is, what people say of them, for how long somebody works on one."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from ..video.stream_url import InvalidStreamUrl, parse_stream_url
from .contract import (
    Contract,
    InvalidInput,
    Line,
    OptionalCount,
    OptionalId,
    OptionalLine,
    OptionalLongLine,
    OptionalNumber,
    OptionalSwitch,
    Secret,
    ShortLine,
    clean,
)

MOST_TAGS = 20


def _short_words(value: Any) -> Any:
    words = value.split(",") if isinstance(value, str) else value or ()
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise ValueError("Write the tags as words with commas between them.")
    tags = tuple(dict.fromkeys(tag.lower() for word in words if (tag := clean(word))))
    if len(tags) > MOST_TAGS or any(len(tag) > 40 or "|" in tag for tag in tags):
        raise ValueError(f"A camera has at most {MOST_TAGS} tags of at most 40 characters, without the sign |.")
    return tags


Tags = Annotated[tuple[str, ...], BeforeValidator(_short_words)]


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
        return _stream_url(value)

    @field_validator("password", mode="before")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        if isinstance(value, str) and any(unicodedata.category(ch) == "Cc" for ch in value):
            raise ValueError("The password holds a control character; type it again.")
        return value or None


def _stream_url(value: str) -> str:
    try:
        return parse_stream_url(value.strip()).text
    except InvalidStreamUrl as error:
        raise ValueError(str(error)) from None


class HandedDown(Contract):
    """What a group hands down to its cameras and a camera may have of its own; None is inherited."""

    enable_detection: OptionalSwitch = None
    detection_sensitivity: OptionalNumber = None
    check_interval_seconds: OptionalCount = None
    image_sensitivity: Annotated[Literal["off", "low", "medium", "high"] | None, BeforeValidator(clean)] = None
    """How readily pictures are found at fault; off: they are not looked at."""
    retention_days: OptionalCount = None

    @field_validator("detection_sensitivity")
    @classmethod
    def _is_a_share(cls, value: float | None) -> float | None:
        if value is not None and not 0 <= value <= 1:
            raise ValueError("Sensitivity must lie between 0 and 1.")
        return value

    @field_validator("check_interval_seconds")
    @classmethod
    def _is_within_a_day(cls, value: int | None) -> int | None:
        if value is not None and not 5 <= value <= 86400:
            raise ValueError("The interval must lie between 5 seconds and 86400, which is a day.")
        return value

    @field_validator("retention_days")
    @classmethod
    def _is_within_ten_years(cls, value: int | None) -> int | None:
        if value is not None and not 1 <= value <= 3650:
            raise ValueError("Pictures can be kept for 1 to 3650 days.")
        return value


class CameraInput(StreamInput, HandedDown):
    """A camera as a person describes it. `password` None keeps the stored one; `clear_password` forgets it."""

    name: Line
    code: Annotated[Annotated[str, Field(max_length=64)] | None, BeforeValidator(clean)] = None
    sub_rtsp_url: OptionalLongLine = None
    stream: Literal["main", "sub"] = "main"
    group_id: OptionalId = None
    location: OptionalLine = None
    vendor: ShortLine = None
    model: ShortLine = None
    notes: Annotated[str | None, Field(max_length=4000)] = None
    tags: Tags = ()
    resolution: OptionalLine = None
    fps: OptionalNumber = None
    codec: Annotated[Literal["h264", "h265", "mjpeg"] | None, BeforeValidator(clean)] = None
    is_active: bool = True
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

    @field_validator("sub_rtsp_url")
    @classmethod
    def _is_another_stream_url(cls, value: str | None) -> str | None:
        return _stream_url(value) if value else None

    @field_validator("stream", mode="before")
    @classmethod
    def _is_main_unless_said(cls, value: Any) -> Any:
        return value or "main"

    @field_validator("notes", mode="before")
    @classmethod
    def _are_lines_of_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        lines = value.replace("\r\n", "\n").split("\n")
        return "\n".join(clean(line.replace("\t", " ")) or "" for line in lines).strip() or None

    @field_validator("stream")
    @classmethod
    def _is_there(cls, value: str, info: ValidationInfo) -> str:
        if value == "sub" and info.data.get("sub_rtsp_url", "refused already") is None:
            raise ValueError("Fill in the URL of the sub stream, or have the main stream checked.")
        return value


HOURS = {"hour": 1, "four_hours": 4}
CLOCKS = {"day": time(), "morning": time(6)}


class MaintenanceInput(Contract):
    """Until when somebody works on a camera, as people say it: `until` is read as a clock in `zone` shows it."""

    span: Literal["hour", "four_hours", "day", "morning", "moment"] = "hour"
    """`day` is the rest of it, `morning` the next one at six."""
    until: OptionalLine = None
    zone: OptionalLine = None

    def end(self, now: datetime) -> datetime:
        """InvalidInput when `until` is wanted and is no moment."""
        zone = zone_named(self.zone)
        if self.span in HOURS:
            return now + timedelta(hours=HOURS[self.span])
        if self.span in CLOCKS:
            tomorrow = now.astimezone(zone).date() + timedelta(days=1)
            return datetime.combine(tomorrow, CLOCKS[self.span], zone).astimezone(UTC)
        try:
            said = datetime.fromisoformat(self.until or "")
            return (said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise InvalidInput({"until": ["Choose a day and a time, such as 2026-11-22 18:00."]}) from None


class AcknowledgementInput(Contract):
    """That somebody knows of a problem, and what they know."""

    reason: OptionalLine = None


class MuteInput(MaintenanceInput):
    """Until when problems are not counted, and why."""

    reason: Line


def zone_named(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
