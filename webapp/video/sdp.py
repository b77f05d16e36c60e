"""Stream descriptions (SDP): which codec the camera announces and which frame rate it claims. Pure, linear."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from webapp.outcomes import Outcome
from webapp.video.failure import CheckFailed

MAX_FPS = 240.0

_CODECS = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "mjpeg"}
_STATIC_PAYLOADS = {"26": "JPEG", "31": "H261", "32": "MPV", "33": "MP2T", "34": "H263"}
# Only names we know are ever shown: any other text in a stream description is the camera's to choose.
_KNOWN_BUT_UNUSABLE = {
    "AV1", "H261", "H263", "H263-1998", "H263-2000", "H266", "JPEG2000", "MP2T", "MP4V-ES", "MPV", "RAW", "VP8", "VP9",
}  # fmt: skip

_RTPMAP = re.compile(r"a=rtpmap:\s*(\d{1,3})\s+([A-Za-z0-9.-]{1,32})/")
_FORMAT = re.compile(r"a=(?:rtpmap|fmtp):\s*(\d{1,3})\s[\t -~]*")
_CONTROL = re.compile(r"a=control:([!#-;=?-~]{1,1024})")
_FRAMERATE = re.compile(r"a=framerate:\s*(\d{1,3}(?:\.\d{1,6})?)\s*")


@dataclass(frozen=True, slots=True)
class Description:
    codec: str
    """h264, h265 or mjpeg."""
    fps: float | None
    """Claimed by the camera, not measured."""
    control: str = ""
    """Where the video's SETUP goes: relative to the description's address, or a whole URL; empty when not said."""
    session_control: str = ""
    """The same for the PLAY of all tracks together."""
    media: tuple[str, ...] = ()
    """What the decoder needs to know of the video: lines of SDP that name no address."""


def parse_description(body: bytes) -> Description:
    """The first video stream, which is the one the decoder takes. Raises CheckFailed when there is none we can use."""
    if b"v=0" not in body[:256]:
        raise CheckFailed(Outcome.PROTOCOL_ERROR, "The camera answers DESCRIBE without a stream description.")
    every_line = body.decode("latin-1").splitlines()
    lines = _first_video(every_line)
    if not lines:
        raise CheckFailed(Outcome.UNSUPPORTED, "The stream description offers no video.")
    codec, session = _codec(_encoding(lines)), _before_media(every_line)
    return Description(codec, _claimed_fps(lines), _control(lines), _control(session), _media(lines))


def _before_media(lines: list[str]) -> list[str]:
    return [line.strip() for line in itertools.takewhile(lambda line: not line.startswith("m="), lines)]


def _first_video(lines: list[str]) -> list[str]:
    """The lines of the first m=video section, its m= line first."""
    section: list[str] = []
    for line in lines:
        if line.startswith("m=") and section:
            break
        if section or line.startswith("m=video "):
            section.append(line.strip())
    return section


def _payload(lines: list[str]) -> str:
    return (lines[0].split() + [""] * 4)[3]


def _media(lines: list[str]) -> tuple[str, ...]:
    payload = _payload(lines)
    told = [" ".join(match[0].split()) for match in map(_FORMAT.fullmatch, lines) if match and match[1] == payload]
    return (f"m=video 0 RTP/AVP {payload}", *told)


def _encoding(lines: list[str]) -> str:
    payload = _payload(lines)
    for match in filter(None, map(_RTPMAP.match, lines)):
        if match[1] == payload:
            return match[2].upper()
    return _STATIC_PAYLOADS.get(payload, "")


def _codec(encoding: str) -> str:
    if encoding in _CODECS:
        return _CODECS[encoding]
    name = encoding if encoding in _KNOWN_BUT_UNUSABLE else "a codec we do not know"
    raise CheckFailed(Outcome.UNSUPPORTED, f"The camera sends {name}. Set it to H.264, H.265 or MJPEG.")


def _control(lines: list[str]) -> str:
    return next((match[1] for match in map(_CONTROL.fullmatch, lines) if match), "")


def _claimed_fps(lines: list[str]) -> float | None:
    for match in filter(None, map(_FRAMERATE.fullmatch, lines)):
        fps = float(match[1])
        return fps if 0 < fps <= MAX_FPS else None
    return None
