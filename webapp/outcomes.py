"""What one check of one camera found: the outcomes with their sentences, and the Reading that carries them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class Outcome(StrEnum):
    ONLINE = "online"
    NO_FRAME = "no_frame"
    AUTH_FAILED = "auth_failed"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    BUSY = "busy"
    REDIRECTED = "redirected"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    DNS_ERROR = "dns_error"
    TLS_ERROR = "tls_error"
    PROTOCOL_ERROR = "protocol_error"
    BLOCKED_BY_POLICY = "blocked_by_policy"
    DECODE_ERROR = "decode_error"
    INTERNAL_ERROR = "internal_error"
    SKIPPED = "skipped"

    @property
    def is_ours(self) -> bool:
        """Our own fault: it says nothing about the camera and never counts as downtime."""
        return self in (Outcome.INTERNAL_ERROR, Outcome.SKIPPED)

    @property
    def short(self) -> str:
        return EXPLANATIONS[self].short

    @property
    def sentence(self) -> str:
        return EXPLANATIONS[self].sentence

    @property
    def remedy(self) -> str:
        return EXPLANATIONS[self].remedy


class Explanation(NamedTuple):
    short: str
    """Two or three words for a tile."""
    sentence: str
    remedy: str


EXPLANATIONS: dict[Outcome, Explanation] = {
    Outcome.ONLINE: Explanation("live", "The camera answers and sends pictures.", "Nothing to do."),
    Outcome.NO_FRAME: Explanation(
        "no picture",
        "The camera accepts the connection but sends no picture.",
        "Restart the camera. If it stays so, look whether its encoder is switched off or its stream limit is reached.",
    ),
    Outcome.AUTH_FAILED: Explanation(
        "login rejected",
        "The camera rejected our login: the password is wrong, or its connection limit is full.",
        "Check user name and password. We try again ever more rarely, so that the camera does not lock us out.",
    ),
    Outcome.FORBIDDEN: Explanation(
        "access forbidden",
        "The camera knows this user but does not allow it to watch.",
        "Give the user the right to view live video in the camera's own settings.",
    ),
    Outcome.NOT_FOUND: Explanation(
        "no such stream",
        "The camera answers, but there is no stream at this path.",
        "Check the path at the end of the RTSP URL against the camera's manual.",
    ),
    Outcome.BUSY: Explanation(
        "camera busy",
        "The camera has no capacity left for another viewer.",
        "Close other viewers of this camera or raise its connection limit; the sub-stream often helps.",
    ),
    Outcome.REDIRECTED: Explanation(
        "redirected",
        "The camera sends us to another address. We do not follow, because the password would go there too.",
        "If the new address is right, put it into the RTSP URL.",
    ),
    Outcome.UNSUPPORTED: Explanation(
        "not supported",
        "The camera offers only something we cannot use.",
        "Allow RTSP over TCP, a login by Digest or Basic, and H.264, H.265 or MJPEG in the camera's settings.",
    ),
    Outcome.REFUSED: Explanation(
        "connection refused",
        "The address answers, but nothing listens on this port.",
        "Check the port, and that RTSP is switched on in the camera.",
    ),
    Outcome.TIMEOUT: Explanation(
        "no answer",
        "The camera did not answer in time.",
        "Check power, cable and switch; then whether a firewall stands between us and the camera.",
    ),
    Outcome.DNS_ERROR: Explanation(
        "name not found",
        "The host name of the camera could not be found.",
        "Check the name for a typing error, or use the address instead.",
    ),
    Outcome.TLS_ERROR: Explanation(
        "TLS failed",
        "The encrypted connection could not be set up.",
        "Check the camera's certificate and that this port speaks rtsps.",
    ),
    Outcome.PROTOCOL_ERROR: Explanation(
        "not RTSP",
        "What answers there does not speak RTSP as a camera should.",
        "Check address and port: this may be a web page or another service.",
    ),
    Outcome.BLOCKED_BY_POLICY: Explanation(
        "address not allowed",
        "The address lies outside the networks in which cameras may live.",
        "Use an address inside CAMERA_ALLOWED_NETWORKS, or ask the administrator to add the network.",
    ),
    Outcome.DECODE_ERROR: Explanation(
        "broken picture",
        "The camera sends a stream, but no whole picture could be decoded from it.",
        "Set the camera to plain H.264 or H.265 without vendor extensions ('+', 'smart'), or use the sub-stream.",
    ),
    Outcome.INTERNAL_ERROR: Explanation(
        "our own error",
        "The check failed on our side; this says nothing about the camera.",
        "Look at the status page and the log. The camera is not counted as down.",
    ),
    Outcome.SKIPPED: Explanation(
        "not checked",
        "This check was left out because our workers were too busy.",
        "Add a checks worker or lengthen the interval. The camera is not counted as down.",
    ),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of one check. Milliseconds everywhere; None where a phase was not reached or a fact is not known."""

    at: datetime
    """UTC, when the check began."""
    outcome: Outcome
    detail: str = ""
    """What exactly was seen, safe to show: never a URL, a user name or a password."""
    dns_ms: float | None = None
    connect_ms: float | None = None
    options_ms: float | None = None
    describe_ms: float | None = None
    frame_ms: float | None = None
    """From the start of the grab to a decoded picture; includes waiting for a keyframe."""
    total_ms: float | None = None
    codec: str | None = None
    """h264, h265 or mjpeg."""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    fps_source: str | None = None
    """'measured' from presentation times, 'claimed' from the SDP; None when fps is None."""
    jpeg: bytes | None = field(default=None, repr=False)
    """The thumbnail: at most 640 px wide, at most 100 KB."""
    measures: Any = field(default=None, repr=False)
    """video.quality's Measures of that picture; None without a picture, or when measuring it failed on our side."""

    @property
    def is_connected(self) -> bool:
        return self.outcome is Outcome.ONLINE

    @property
    def latency_ms(self) -> float | None:
        """How long the camera took to answer: connect, OPTIONS and DESCRIBE; not the wait for a keyframe."""
        phases = [ms for ms in (self.connect_ms, self.options_ms, self.describe_ms) if ms is not None]
        return sum(phases) if phases else None

    @property
    def resolution(self) -> str | None:
        return f"{self.width}x{self.height}" if self.width and self.height else None
