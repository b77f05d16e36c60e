"""The paths that describe a camera."""

from __future__ import annotations

import pytest

from simulator.cameras import AD_HOC_ACCOUNT, CameraSpec, Join, ad_hoc, video_key
from simulator.faults import Condition, Fault


def test_a_path_says_everything_about_a_camera() -> None:
    path = "/sim/stall.7/car-park-night-h265-1080p25-gop4-key-digest+basic/3"
    assert ad_hoc(path) == CameraSpec(
        path,
        "car-park-night",
        "h265",
        (1920, 1080),
        25,
        4,
        Join.KEYFRAME,
        AD_HOC_ACCOUNT.username,
        AD_HOC_ACCOUNT.password,
        "digest+basic",
        Fault.STALL,
        7,
    )


def test_what_a_path_leaves_out_is_usual() -> None:
    spec = ad_hoc("/sim/none/door-h264-720p-gop2-mid/1")
    assert spec is not None
    assert (spec.fps, spec.join, spec.account, spec.fault) == (15, Join.MID_GOP, None, Fault.NONE)


@pytest.mark.parametrize(
    "path",
    [
        "/sim/none/attic-h264-720p-gop2-mid/1",
        "/sim/none/door-av1-720p-gop2-mid/1",
        "/sim/none/door-h264-700p-gop2-mid/1",
        "/sim/none/door-h264-720p99-gop2-mid/1",
        "/sim/none/door-h264-720p-gop11-mid/1",
        "/sim/none/door-h264-720p-gop0-mid/1",
        "/sim/haunted/door-h264-720p-gop2-mid/1",
        "/sim/flapping.0/door-h264-720p-gop2-mid/1",
        "/sim/none/door-h264-720p-gop2-mid-kerberos/1",
        "/sim/none/door-h264-720p-gop2-mid/../1",
        "/sim/none/door-h264-720p-gop2-mid/1/",
        "/",
    ],
)
def test_other_paths_describe_none(path: str) -> None:
    assert ad_hoc(path) is None


def test_passwords_stay_out_of_its_text() -> None:
    assert "secret" not in repr(CameraSpec("/a", username="admin", password="secret"))


def test_cameras_are_not_in_step() -> None:
    offsets = {CameraSpec(f"/camera/{number}").clock_offset % 12 for number in range(50)}
    assert len(offsets) == 50


def test_a_slow_camera_claims_more_than_it_sends() -> None:
    spec = CameraSpec("/a", fault=Fault.LOW_FPS)
    assert (spec.fps, video_key(spec, spec.condition).fps) == (15, 4)


@pytest.mark.parametrize(
    ("second", "fault"), [(0, Fault.NONE), (119, Fault.NONE), (120, Fault.SILENT), (240, Fault.NONE)]
)
def test_flapping_follows_the_clock(second: int, fault: Fault) -> None:
    assert Condition.of(Fault.FLAPPING).at(1000 * 240 + second).fault is fault


@pytest.mark.parametrize("text", ["none", "stall.3", "slow.1500", "black"])
def test_a_condition_is_read_as_it_is_written(text: str) -> None:
    assert str(Condition.parsed(text)) == text
