"""The videos the cameras play: what there is, where it lies, and how it comes into memory, cut into packets once.

`python -m simulator.videos` makes those of the standard set that are missing; any other is made when first asked for.
Drawing happens in a process of its own, so nothing here imports OpenCV: whoever tests a capture sets OpenCV up first.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path

from simulator import bitstream, rtp

DIRECTORY = Path(__file__).parent / "videos"
SCENES = (
    *("door", "turnstile", "corridor", "lobby", "canteen", "car-park", "dock"),
    *("door-b", "turnstile-b", "corridor-b", "lobby-b", "canteen-b", "car-park-b"),
    *("door-night", "corridor-night", "car-park-night", "dock-night"),
)
CODECS = ("h264", "h265", "mjpeg")
SIZES = {360: (640, 360), 720: (1280, 720), 1080: (1920, 1080)}
MAX_FPS = 30
LOW_FPS = 4
"""What a camera sends that should send more."""
MAX_GOP_SECONDS = 10

_LOOP_SECONDS = 12
_DRAWN_BY = ("canvas.py", "figures.py", "indoors.py", "lens.py", "lighting.py", "outdoors.py", "scenes.py", "studio.py")
_MAKING_SECONDS = 600


class Picture(StrEnum):
    CLEAR = "clear"
    BLACK = "black"
    FROZEN = "frozen"
    BLURRED = "blurred"
    MOVED = "moved"
    OVEREXPOSED = "overexposed"


class VideoNotMade(RuntimeError):
    """The studio failed; its own words are on standard error."""


@dataclass(frozen=True, slots=True)
class VideoKey:
    """One video: a seamless loop of a scene, encoded one way."""

    scene: str
    codec: str = "h264"
    height: int = 720
    fps: int = 15
    gop_seconds: int = 2
    picture: Picture = Picture.CLEAR

    def __post_init__(self) -> None:
        wanted = self.scene in SCENES and self.codec in CODECS and self.height in SIZES
        if not wanted or not 1 <= self.fps <= MAX_FPS or not 1 <= self.gop_seconds <= MAX_GOP_SECONDS:
            raise ValueError(f"no such video: {self.name}")

    @property
    def name(self) -> str:
        return "_".join(
            (self.scene, self.codec, f"{self.height}p{self.fps}", f"gop{self.gop_seconds}", str(self.picture))
        )

    @classmethod
    def named(cls, name: str) -> VideoKey:
        """The key with this name; raises ValueError when there is none."""
        scene, codec, shape, gop, picture = name.split("_")
        height, fps = shape.split("p")
        return cls(scene, codec, int(height), int(fps), int(gop.removeprefix("gop")), Picture(picture))

    @property
    def size(self) -> tuple[int, int]:
        return SIZES[self.height]

    @property
    def frames_per_gop(self) -> int:
        return self.fps * self.gop_seconds

    @property
    def frames(self) -> int:
        """Whole GOPs, so that the loop closes; a frozen picture repeats one, so that its keyframes are all the same."""
        if self.picture is Picture.FROZEN:
            return self.frames_per_gop
        return self.frames_per_gop * -(-_LOOP_SECONDS // self.gop_seconds)

    @property
    def file(self) -> Path:
        return DIRECTORY / f"{self.name}_{drawing_version()}.{self.codec}"


@dataclass(frozen=True)
class Video:
    """A video in memory, every picture cut into packets."""

    key: VideoKey
    units: tuple[rtp.PacketisedUnit, ...]
    parameter_sets: tuple[bytes, ...]

    @cached_property
    def last_keyframes(self) -> tuple[int, ...]:
        """For each picture, where its GOP began."""
        begin, result = 0, []
        for index, unit in enumerate(self.units):
            begin = index if unit.is_keyframe else begin
            result.append(begin)
        return tuple(result)


@lru_cache
def drawing_version() -> str:
    """Changes when the drawing changes, so that old videos are never mistaken for new ones."""
    sources = [(Path(__file__).parent / name).read_bytes() for name in _DRAWN_BY]
    return hashlib.sha256(b"".join(sources)).hexdigest()[:8]


@lru_cache(maxsize=256)
def video(key: VideoKey) -> Video:
    """The video, made first if need be; blocks for seconds then."""
    make_missing([key])
    units = bitstream.access_units(key.codec, key.file.read_bytes())
    packets = tuple(rtp.packetised(key.codec, unit) for unit in units)
    return Video(key, packets, bitstream.parameter_sets(key.codec, units))


def make_missing(keys: Iterable[VideoKey]) -> None:
    """Has the studio draw and encode the videos that are not there yet."""
    missing = sorted({key.name for key in keys if not key.file.exists()})
    if not missing:
        return
    done = subprocess.run([sys.executable, "-m", "simulator.studio", *missing], timeout=_MAKING_SECONDS, check=False)  # noqa: S603
    if done.returncode:
        raise VideoNotMade("the simulator's videos could not be made; run: python -m simulator.videos")


def standard_set() -> list[VideoKey]:
    """What set-up makes: every scene for the demo fleet, and the shapes tests and benchmarks use most."""
    demo = [VideoKey(scene) for scene in SCENES]
    demo += [VideoKey("door", picture=picture) for picture in Picture]
    demo += [VideoKey("car-park", picture=Picture.BLURRED), VideoKey("car-park", fps=LOW_FPS)]
    codecs = [VideoKey("door", "h265"), VideoKey("lobby", "h265"), VideoKey("dock", "mjpeg")]
    small = [VideoKey("door", codec, 360) for codec in CODECS]
    small += [VideoKey("door", height=360, gop_seconds=seconds) for seconds in (1, 4, 10)]
    full = [VideoKey("door", height=1080)]
    return demo + codecs + small + full


if __name__ == "__main__":
    make_missing(standard_set())
