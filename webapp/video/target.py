"""What to check and within which limits: everything one check needs to know, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from webapp.video.addresses import DEFAULT_CAMERA_NETWORKS, Networks
from webapp.video.stream_url import StreamUrl

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

OnStep = Callable[[str, str, float | None, str], None]
"""Called as each phase starts and ends: name (dns, connect, options, describe, frame), state (running, done, failed),
milliseconds (None while running), detail."""


@dataclass(frozen=True, slots=True)
class Target:
    url: StreamUrl
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        # They travel in request headers: a line break would let a user name write headers of its own.
        if _CONTROL.search(self.username or "") or _CONTROL.search(self.password or ""):
            raise ValueError("User name and password must not contain control characters.")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds; each phase ends at its own limit or at the deadline of the whole check, whichever comes first."""

    networks: Networks = DEFAULT_CAMERA_NETWORKS
    deadline_s: float = 8.0
    """Look-up, probe and picture together."""
    resolve_s: float = 2.0
    connect_s: float = 3.0
    probe_s: float = 5.0
    """Everything up to the answer to DESCRIBE, so that a slow camera still has time to send its picture."""
    measure_fps: bool = False
    """Wait up to half a second longer for a measured frame rate where the keyframe comes first."""
