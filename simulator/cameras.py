"""What a simulated camera is, and the paths that describe one so fully that nobody needs to register it.

    /sim/<fault>/<scene>-<codec>-<height>p[<fps>]-gop<seconds>-<join>[-<auth>]/<number>

    /sim/none/door-h264-720p-gop2-mid/17
    /sim/stall.10/car-park-night-h265-1080p25-gop4-key-digest/3

The fault may carry a number (see faults.Condition), fps is 15 unless said, join is `mid` or `key`, auth is one or more
schemes joined by `+` (see auth.Scheme) with AD_HOC_ACCOUNT's user name and password, and the number tells any number of
such cameras apart.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field, replace
from enum import StrEnum

from simulator.auth import Account, Scheme, schemes
from simulator.faults import PICTURES, Condition, Fault
from simulator.videos import CODECS, LOW_FPS, SCENES, VideoKey

AD_HOC_ACCOUNT = Account("viewer", "see no evil")
REDIRECT_TRAP = "/elsewhere"
"""Where redirects lead unless a camera says otherwise; its statistics show whether somebody followed."""

_AUTH = "|".join(sorted(Scheme, key=len, reverse=True))
_AD_HOC = re.compile(
    rf"/sim/(?P<condition>[a-z0-9-]+(?:\.\d{{1,6}})?)"
    rf"/(?P<scene>{'|'.join(sorted(SCENES, key=len, reverse=True))})"
    rf"-(?P<codec>{'|'.join(CODECS)})-(?P<height>\d{{1,4}})p(?P<fps>\d{{1,2}})?-gop(?P<gop>\d{{1,2}})-(?P<join>mid|key)"
    rf"(?:-(?P<auth>(?:{_AUTH})(?:\+(?:{_AUTH}))*))?"
    r"/(?P<number>\d{1,9})"
)


class Join(StrEnum):
    MID_GOP = "mid-gop"
    """As a real camera: the live position of its own clock, P-frames first."""
    KEYFRAME = "keyframe"
    """Starts at once with the keyframe of the current GOP."""


@dataclass(frozen=True, slots=True)
class CameraSpec:
    path: str
    scene: str = "door"
    codec: str = "h264"
    size: tuple[int, int] = (1280, 720)
    fps: int = 15
    gop_seconds: int = 2
    join: Join = Join.MID_GOP
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    """Both None: nobody has to log in."""
    auth: str = Scheme.DIGEST.value
    """One scheme or several, as auth.schemes reads them."""
    fault: Fault = Fault.NONE
    number: int | None = None
    """The fault's number: frames, milliseconds or seconds; None takes its default."""
    redirect_to: str = REDIRECT_TRAP
    """A full URL, or a path on the same farm."""
    claims_fps: bool = True
    """Whether the SDP says a=framerate."""
    locks_after: int = 5
    """Wrong passwords until the account is locked."""
    locks_for_seconds: float = 1800

    def __post_init__(self) -> None:
        schemes(self.auth)
        video_key(self, self.condition)

    @property
    def account(self) -> Account | None:
        if self.username is None or self.password is None:
            return None
        return Account(self.username, self.password)

    @property
    def condition(self) -> Condition:
        return Condition.of(self.fault, self.number)

    @property
    def clock_offset(self) -> float:
        """Seconds by which its clock differs from ours, so that no two cameras are in step."""
        return zlib.crc32(self.path.encode()) % 3_600_000 / 1000


def ad_hoc(path: str) -> CameraSpec | None:
    """The camera that such a path describes; None when it describes none."""
    match = _AD_HOC.fullmatch(path)
    if match is None:
        return None
    try:
        return _spec(path, match)
    except ValueError:
        return None


def _spec(path: str, match: re.Match[str]) -> CameraSpec:
    condition = Condition.parsed(match["condition"])
    height = int(match["height"])
    account = AD_HOC_ACCOUNT if match["auth"] else None
    return CameraSpec(
        path,
        scene=match["scene"],
        codec=match["codec"],
        size=(height * 16 // 9, height),
        fps=int(match["fps"] or 15),
        gop_seconds=int(match["gop"]),
        join=Join.MID_GOP if match["join"] == "mid" else Join.KEYFRAME,
        username=account.username if account else None,
        password=account.password if account else None,
        auth=match["auth"] or Scheme.DIGEST.value,
        fault=condition.fault,
        number=condition.number,
    )


def video_key(spec: CameraSpec, condition: Condition) -> VideoKey:
    """The video this camera plays while it is in this condition."""
    fps = LOW_FPS if condition.fault is Fault.LOW_FPS else spec.fps
    picture = PICTURES.get(condition.fault)
    key = VideoKey(spec.scene, spec.codec, spec.size[1], fps, spec.gop_seconds)
    if key.size != spec.size:
        raise ValueError(f"no videos of {spec.size[0]}x{spec.size[1]}")
    return replace(key, picture=picture) if picture else key
