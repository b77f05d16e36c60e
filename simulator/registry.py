"""All cameras of a farm: their make, what is wrong with each just now, and what was asked of them."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from simulator.cameras import CameraSpec, ad_hoc, video_key
from simulator.faults import Condition
from simulator.videos import Video, VideoKey, video


@dataclass(slots=True)
class CameraStats:
    """What one camera has seen since the farm started."""

    requests: Counter[str] = field(default_factory=Counter)
    """By method."""
    logins: int = 0
    """Requests with an accepted login."""
    failed_logins: int = 0
    viewers: int = 0
    """Just now, as max_viewers is the most there were at once."""
    max_viewers: int = 0
    frames_sent: int = 0

    @property
    def describes(self) -> int:
        return self.requests["DESCRIBE"]

    @property
    def plays(self) -> int:
        return self.requests["PLAY"]

    def count_viewer(self) -> None:
        self.viewers += 1
        self.max_viewers = max(self.max_viewers, self.viewers)


@dataclass(slots=True)
class FarmStats:
    connections: int = 0
    open_connections: int = 0
    paths: dict[str, CameraStats] = field(default_factory=dict)

    def of(self, path: str) -> CameraStats:
        """All zero for a path that nobody asked for."""
        return self.paths.setdefault(path, CameraStats())


@dataclass(slots=True)
class Camera:
    """A camera as it is now: its make, and what viewers and faults have left behind."""

    spec: CameraSpec
    stats: CameraStats
    condition: Condition
    nonces: tuple[str, str] = field(default_factory=lambda: (secrets.token_hex(16), secrets.token_hex(16)), repr=False)
    """The first one offered, and the one that follows when that is called stale."""
    _wrong_passwords: int = 0
    _locked_until: float = 0.0

    def is_locked(self, now: float) -> bool:
        return now < self._locked_until

    def count_wrong_password(self, now: float) -> None:
        self.stats.failed_logins += 1
        self._wrong_passwords += 1
        if self._wrong_passwords >= self.spec.locks_after:
            self._wrong_passwords = 0
            self._locked_until = now + self.spec.locks_for_seconds

    def count_login(self) -> None:
        self.stats.logins += 1
        self._wrong_passwords = 0

    def mend(self, condition: Condition) -> None:
        """Put into another condition, it also forgets its lock, as after a restart."""
        self.condition = condition
        self._wrong_passwords, self._locked_until = 0, 0.0


class Registry:
    """Cameras by path. One with an ad-hoc path comes into being when it is first asked for."""

    def __init__(self, specs: Iterable[CameraSpec] = ()) -> None:
        self.stats = FarmStats()
        self._cameras: dict[str, Camera] = {}
        self._videos: dict[VideoKey, Video] = {}
        for spec in specs:
            self.add(spec)

    def __iter__(self) -> Iterator[Camera]:
        return iter(sorted(self._cameras.values(), key=lambda camera: camera.spec.path))

    def add(self, spec: CameraSpec) -> Camera:
        camera = Camera(spec, self.stats.of(spec.path), spec.condition)
        self._cameras[spec.path] = camera
        return camera

    def camera(self, path: str) -> Camera | None:
        """The camera at this path; None when there is none."""
        if camera := self._cameras.get(path):
            return camera
        spec = ad_hoc(path)
        return self.add(spec) if spec else None

    async def set_fault(self, path: str, condition: Condition) -> None:
        """Breaks or mends a camera while it runs; its viewers are dropped, as when a camera restarts.

        Raises KeyError when there is no such camera.
        """
        camera = self.camera(path)
        if camera is None:
            raise KeyError(path)
        await self.video(camera, condition)
        camera.mend(condition)

    async def video(self, camera: Camera, condition: Condition) -> Video:
        """What the camera plays in this condition; the first time it is read, or even drawn, off the loop."""
        key = video_key(camera.spec, condition)
        if key not in self._videos:
            self._videos[key] = await asyncio.to_thread(video, key)
        return self._videos[key]
