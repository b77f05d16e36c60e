"""The session description (SDP) a camera answers to DESCRIBE."""

from __future__ import annotations

import base64

from simulator.rtp import CLOCK_HZ, PAYLOAD_TYPES
from simulator.rtsp import TRACK
from simulator.videos import Video

CONTROL = f"{TRACK}1"
_ENCODING_NAMES = {"h264": "H264", "h265": "H265", "mjpeg": "JPEG"}


def description(video: Video, claimed_fps: int | None) -> bytes:
    """One video track; without a=framerate when claimed_fps is None."""
    codec = video.key.codec
    payload_type = PAYLOAD_TYPES[codec]
    width, height = video.key.size
    lines = [
        *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=Media Presentation", "c=IN IP4 0.0.0.0", "t=0 0"),
        *("a=control:*", "a=range:npt=now-"),
        f"m=video 0 RTP/AVP {payload_type}",
        f"a=rtpmap:{payload_type} {_ENCODING_NAMES[codec]}/{CLOCK_HZ}",
        *_format_parameters(video, payload_type),
        *([f"a=framerate:{claimed_fps}"] if claimed_fps else []),
        f"a=x-dimensions:{width},{height}",
        f"a=control:{CONTROL}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _format_parameters(video: Video, payload_type: int) -> list[str]:
    if video.key.codec == "mjpeg":
        return []
    sets = [base64.b64encode(nal).decode() for nal in video.parameter_sets]
    if video.key.codec == "h265":
        named = "; ".join(f"sprop-{name}={text}" for name, text in zip(("vps", "sps", "pps"), sets, strict=True))
        return [f"a=fmtp:{payload_type} {named}"]
    profile = video.parameter_sets[0][1:4].hex().upper()
    sprop = ",".join(sets)
    return [f"a=fmtp:{payload_type} packetization-mode=1; profile-level-id={profile}; sprop-parameter-sets={sprop}"]
