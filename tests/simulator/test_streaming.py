"""What a viewer is sent, and when."""

from __future__ import annotations

import itertools
import re
import time

import pytest

from simulator.cameras import CameraSpec, video_key
from simulator.running import RunningFarm
from simulator.streaming import live_position
from simulator.videos import video
from tests.simulator.conftest import MID
from tests.simulator.viewer import Packet, Viewer

KEY = MID.replace("-mid", "-key")
TICKS_PER_FRAME = 6000


def is_keyframe(picture: list[Packet]) -> bool:
    """Of H.264: whether a NAL unit of type 5 is in it, whole or as fragments."""
    kinds = [packet.payload[:2] for packet in picture]
    return any(kind[0] & 31 == 5 or (kind[0] & 31 == 28 and kind[1] & 31 == 5) for kind in kinds)


def pictures_until_keyframe(farm: RunningFarm, path: str) -> int:
    with Viewer(farm, path) as viewer:
        viewer.play()
        count = 0
        while not is_keyframe(viewer.picture()):
            count += 1
    return count


def test_joining_mid_gop_starts_anywhere_between_keyframes(farm: RunningFarm) -> None:
    waits = [pictures_until_keyframe(farm, f"{MID}/{number}") for number in range(8)]
    assert max(waits) < 30
    assert len(set(waits)) >= 3


@pytest.mark.parametrize("gop_seconds", [1, 2, 4, 10])
def test_who_looks_once_a_minute_sees_another_picture_each_time(gop_seconds: int) -> None:
    spec = CameraSpec("/gate", size=(640, 360), gop_seconds=gop_seconds)
    clip = video(video_key(spec, spec.condition))
    starts = [live_position(spec, clip, 1_800_000_000.0 + 60 * minute).frame for minute in range(5)]
    keyframes = [clip.last_keyframes[start % len(clip.units)] for start in starts]
    assert all(one != other for one, other in itertools.pairwise(keyframes))


def test_joining_at_the_keyframe_starts_with_it(farm: RunningFarm) -> None:
    assert [pictures_until_keyframe(farm, f"{KEY}/{number}") for number in range(4)] == [0] * 4


def test_the_picture_is_that_of_the_cameras_own_clock(farm: RunningFarm) -> None:
    with Viewer(farm, f"{MID}/20") as first, Viewer(farm, f"{MID}/20") as second, Viewer(farm, f"{MID}/21") as other:
        for viewer in (first, second, other):
            viewer.play()
        times = [viewer.picture()[0].timestamp for viewer in (first, second, other)]
    assert abs(times[0] - times[1]) <= 2 * TICKS_PER_FRAME
    assert abs(times[0] - times[2]) > 10 * TICKS_PER_FRAME


def test_the_first_packet_is_the_one_announced(farm: RunningFarm) -> None:
    with Viewer(farm, f"{MID}/22") as viewer:
        announced = re.search(r"seq=(\d+);rtptime=(\d+)", viewer.play().header("RTP-Info"))
        packet = viewer.packet()
    assert announced is not None
    assert [int(number) for number in announced.groups()] == [packet.sequence, packet.timestamp]


def test_packets_count_on_and_pictures_keep_time(farm: RunningFarm) -> None:
    with Viewer(farm, f"{KEY}/23") as viewer:
        viewer.play("RTP/AVP/TCP;unicast;interleaved=6-7")
        pictures = [viewer.picture() for _ in range(6)]
    packets = [packet for picture in pictures for packet in picture]
    steps = {(after.sequence - before.sequence) % 65536 for before, after in itertools.pairwise(packets)}
    times = [picture[0].timestamp for picture in pictures]
    assert steps == {1}
    assert {after - before for before, after in itertools.pairwise(times)} == {TICKS_PER_FRAME}
    assert {packet.channel for packet in packets} == {6}
    assert len({packet.ssrc for packet in packets}) == 1


@pytest.mark.parametrize(("shape", "fps"), [("none/door-h264-360p", 15), ("low-fps/door-h264-360p", 4)])
def test_pictures_come_at_their_rate(farm: RunningFarm, shape: str, fps: int) -> None:
    with Viewer(farm, f"/sim/{shape}-gop2-mid/24") as viewer:
        viewer.play()
        viewer.picture()
        begin = time.monotonic()
        for _ in range(fps):
            viewer.picture()
        assert time.monotonic() - begin == pytest.approx(1.0, abs=0.4)


def test_a_camera_that_is_slow_still_claims_its_full_rate(farm: RunningFarm) -> None:
    with Viewer(farm, "/sim/low-fps/door-h264-360p-gop2-mid/25") as viewer:
        assert b"a=framerate:15\r\n" in viewer.ask("DESCRIBE").body


def test_the_loop_has_no_seam(farm: RunningFarm) -> None:
    """The frozen video is one second long: three seconds of it pass its end twice."""
    with Viewer(farm, "/sim/frozen/door-h264-360p-gop1-mid/26") as viewer:
        viewer.play()
        pictures = [viewer.picture() for _ in range(45)]
    keyframes = [at for at, picture in enumerate(pictures) if is_keyframe(picture)]
    times = [picture[0].timestamp for picture in pictures]
    assert [after - before for before, after in itertools.pairwise(keyframes)] == [15, 15]
    assert times == list(range(times[0], times[0] + 45 * TICKS_PER_FRAME, TICKS_PER_FRAME))
