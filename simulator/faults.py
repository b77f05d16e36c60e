"""What can be wrong with a camera: the faults, and which of them shows where."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum

from simulator.videos import Picture


class Fault(StrEnum):
    NONE = "none"

    WRONG_PASSWORD = "wrong-password"  # noqa: S105
    """Refuses every password with 401 and locks the account after a few, as Hikvision does."""
    STALE_NONCE = "stale-nonce"
    """Calls the first nonce stale and gives a second one."""
    CLOSE_AFTER_401 = "close-after-401"
    """Hangs up after asking for a login, so the viewer must connect again."""
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    BUSY = "busy"
    """453 to DESCRIBE."""
    BUSY_AT_SETUP = "busy-at-setup"
    UNAVAILABLE = "unavailable"
    """503 to DESCRIBE."""
    UNSUPPORTED_TRANSPORT = "unsupported-transport"
    """461 to every SETUP, as a camera that streams over UDP only."""
    REDIRECT = "redirect"
    NO_SDP = "no-sdp"
    """200 to DESCRIBE without a description."""

    SILENT = "silent"
    """Takes the request and never answers."""
    SLOW = "slow"
    """Every answer comes late by a number of milliseconds."""
    SLOW_LORIS = "slow-loris"
    """Answers a byte every half second."""
    ENDLESS_HEADER = "endless-header"
    HUGE_SDP = "huge-sdp"
    GARBAGE = "garbage"
    SPEAKS_HTTP = "speaks-http"
    SPEAKS_SSH = "speaks-ssh"
    HANGS_UP = "hangs-up"
    """Closes the connection on the first request."""
    FLAPPING = "flapping"
    """Silent for the second half of every period of a number of seconds, by the clock."""

    NO_FRAMES = "no-frames"
    """PLAY is answered, no picture comes."""
    STALL = "stall"
    """The pictures stop after a number of frames, the connection stays."""
    CLOSE = "close"
    """Hangs up after a number of frames."""
    LOW_FPS = "low-fps"
    """Claims its full frame rate and sends videos.LOW_FPS."""

    BLACK = "black"
    FROZEN = "frozen"
    BLURRED = "blurred"
    MOVED = "moved"
    """Turned away; with a number so many seconds after it was put into this condition."""
    OVEREXPOSED = "overexposed"


DEFAULT_NUMBERS = {Fault.SLOW: 800, Fault.FLAPPING: 240, Fault.STALL: 10, Fault.CLOSE: 10}
"""For the faults that take a number: milliseconds, seconds of a whole period, frames, frames."""

REFUSALS = {
    (Fault.FORBIDDEN, "DESCRIBE"): 403,
    (Fault.NOT_FOUND, "DESCRIBE"): 404,
    (Fault.BUSY, "DESCRIBE"): 453,
    (Fault.BUSY_AT_SETUP, "SETUP"): 453,
    (Fault.UNAVAILABLE, "DESCRIBE"): 503,
    (Fault.UNSUPPORTED_TRANSPORT, "SETUP"): 461,
}
"""The plain error a fault answers to which method, once the login is right."""

PICTURES = {
    Fault.BLACK: Picture.BLACK,
    Fault.FROZEN: Picture.FROZEN,
    Fault.BLURRED: Picture.BLURRED,
    Fault.MOVED: Picture.MOVED,
    Fault.OVEREXPOSED: Picture.OVEREXPOSED,
}
"""Faults that only the picture shows."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A fault and its number, written 'stall.10' in paths and commands; a bare 'stall' takes the default."""

    fault: Fault = Fault.NONE
    number: int = 0
    since: float = field(default_factory=time.time, compare=False)
    """When the camera was put into it."""

    def __post_init__(self) -> None:
        if self.number < (self.fault is Fault.FLAPPING):
            raise ValueError(f"{self.fault} cannot have the number {self.number}")

    @classmethod
    def of(cls, fault: Fault, number: int | None = None) -> Condition:
        return cls(fault, DEFAULT_NUMBERS.get(fault, 0) if number is None else number)

    @classmethod
    def parsed(cls, text: str) -> Condition:
        """Raises ValueError for an unknown fault or a number that is none."""
        name, _, number = text.partition(".")
        return cls.of(Fault(name), int(number) if number else None)

    def at(self, now: float) -> Condition:
        """What it amounts to at this second: a flapping camera is silent or well, one that will be turned is well."""
        if self.fault is Fault.MOVED and self.number:
            return Condition(Fault.MOVED) if now >= self.since + self.number else Condition()
        if self.fault is not Fault.FLAPPING:
            return self
        is_down = now % self.number >= self.number / 2
        return Condition(Fault.SILENT) if is_down else Condition()

    def __str__(self) -> str:
        return f"{self.fault}.{self.number}" if self.number else str(self.fault)
