"""Cameras for the tests of the check: the simulated farm for what real ones do, scripted ones for all else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from simulator.cameras import CameraSpec, Join
from simulator.running import RunningFarm, running_farm
from simulator.videos import CODECS, VideoKey, make_missing
from tests.video.scripted import ScriptedCamera, Talk
from webapp.video.addresses import parse_networks
from webapp.video.stream_url import parse_stream_url
from webapp.video.target import Limits, Target

LOOPBACK = parse_networks("127.0.0.0/8, ::1/128")
CANARY = "S3ntinel-Ca##ary/?@:% ü"
CANARY_USER = "op er@tor/ü"
CANARY_SPEC = CameraSpec("/canary", size=(640, 360), join=Join.KEYFRAME, username=CANARY_USER, password=CANARY)


@pytest.fixture(scope="session")
def farm() -> Iterator[RunningFarm]:
    """Serves CANARY_SPEC and every ad-hoc path; tests keep apart by the number at its end."""
    make_missing([VideoKey("door", codec, 360) for codec in CODECS])
    make_missing([VideoKey("door", height=360, gop_seconds=1), VideoKey("door", height=360, fps=4)])
    with running_farm([CANARY_SPEC], tls=True) as farm:
        yield farm


@pytest.fixture
def limits() -> Limits:
    return Limits(networks=LOOPBACK, deadline_s=2.0, probe_s=1.0, connect_s=1.0)


@pytest.fixture
def scripted() -> Iterator[Callable[[Talk], Target]]:
    """Starts a camera that follows a script, and gives what is needed to check it."""
    with ExitStack() as cameras:

        def start(talk: Talk) -> Target:
            camera = cameras.enter_context(ScriptedCamera(talk))
            return target(f"rtsp://127.0.0.1:{camera.port}/stream")

        yield start


def target(url: str, username: str | None = "viewer", password: str | None = "see no evil") -> Target:
    """With the user name and password of the farm's ad-hoc cameras unless told otherwise."""
    return Target(parse_stream_url(url), username, password)
