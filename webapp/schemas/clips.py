"""What is asked of clips."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .contract import Contract


class ClipInput(Contract):
    """A recording of so many seconds."""

    seconds: Annotated[int, Field(ge=1, le=60)] = 10


class ConversionInput(Contract):
    codec: Literal["h264", "h265", "vp9"] = "h264"
