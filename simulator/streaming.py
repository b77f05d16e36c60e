"""Sends a camera's pictures to one viewer, in step with the camera's own clock."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from dataclasses import dataclass, field

from simulator.cameras import CameraSpec, Join
from simulator.faults import Condition, Fault
from simulator.registry import Camera
from simulator.rtp import CLOCK_HZ
from simulator.videos import Video

_LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Start:
    """Where a viewer joins: a frame number on the camera's clock, and the seconds until that frame is due."""

    frame: int
    wait: float


def live_position(spec: CameraSpec, video: Video, now: float) -> Start:
    """The next frame that the camera takes, or with Join.KEYFRAME at once the keyframe of the GOP it is in.

    The loop is short, and whoever looks in step with it would always see the same picture, as from a dead sensor. So
    with each round a viewer joins a GOP further on.
    """
    seconds = now + spec.clock_offset
    rounds = int(seconds * video.key.fps) // len(video.units)
    exact = (seconds + rounds * video.key.gop_seconds) * video.key.fps
    frame = math.ceil(exact)
    if spec.join is Join.MID_GOP:
        return Start(frame, (frame - exact) / video.key.fps)
    index = frame % len(video.units)
    return Start(frame - index + video.last_keyframes[index], 0.0)


@dataclass
class Stream:
    """One viewer's stream; its numbers start at random places, as RTP wants it."""

    camera: Camera
    condition: Condition
    video: Video
    channel: int
    writer: asyncio.StreamWriter
    start: Start
    first_sequence: int = field(default_factory=lambda: secrets.randbits(16))
    ssrc: int = field(default_factory=lambda: secrets.randbits(32))

    @property
    def rtp_info(self) -> str:
        return f"seq={self.first_sequence};rtptime={self._timestamp(self.start.frame) & 0xFFFFFFFF}"

    async def run(self) -> None:
        """Until the viewer leaves, the camera's condition changes, or its fault ends the stream; then hangs up."""
        self.camera.stats.count_viewer()
        try:
            await self._send_frames()
            if self.condition.fault is not Fault.CLOSE:
                await self._wait_for_change()
        except ConnectionError:
            return  # the viewer left
        finally:
            self.camera.stats.viewers -= 1
        self.writer.transport.abort()

    async def _send_frames(self) -> None:
        frames, sequence = self._frames_to_send(), self.first_sequence
        due = time.monotonic() + self.start.wait
        frame = self.start.frame
        while self.camera.condition.at(time.time()) == self.condition and frame - self.start.frame < frames:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            sequence += await self._send(frame, sequence)
            frame += 1
            due += 1 / self.video.key.fps

    async def _send(self, frame: int, sequence: int) -> int:
        """Sends one picture and returns how many packets it took."""
        unit = self.video.units[frame % len(self.video.units)]
        self.writer.write(unit.addressed(self.channel, sequence, self._timestamp(frame), self.ssrc))
        self.camera.stats.frames_sent += 1
        await self.writer.drain()
        return len(unit.offsets)

    async def _wait_for_change(self) -> None:
        while self.camera.condition.at(time.time()) == self.condition:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _frames_to_send(self) -> float:
        if self.condition.fault is Fault.NO_FRAMES:
            return 0
        return self.condition.number if self.condition.fault in (Fault.STALL, Fault.CLOSE) else math.inf

    def _timestamp(self, frame: int) -> int:
        return frame * CLOCK_HZ // self.video.key.fps
