"""A farm used from a program: changing faults, statistics, and many viewers at once."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

import pytest

from simulator.cameras import CameraSpec
from simulator.faults import Fault
from simulator.running import RunningFarm, running_farm
from tests.simulator.conftest import MID, SMALL
from tests.simulator.viewer import Viewer


def test_a_camera_is_broken_and_mended_while_it_runs(farm: RunningFarm) -> None:
    path = f"{MID}/400"
    with Viewer(farm, path) as viewer:
        assert viewer.ask("DESCRIBE").status == 200
        farm.set_fault(path, Fault.NOT_FOUND)
        assert viewer.ask("DESCRIBE").status == 404
        farm.set_fault(path, Fault.NONE)
        assert viewer.ask("DESCRIBE").status == 200


def test_a_fault_drops_those_who_watch(farm: RunningFarm) -> None:
    path = f"{MID}/401"
    with Viewer(farm, path) as viewer:
        viewer.play()
        viewer.picture()
        farm.set_fault(path, Fault.BLACK)
        assert viewer.has_hung_up()


def test_an_unknown_camera_cannot_be_broken(farm: RunningFarm) -> None:
    with pytest.raises(KeyError):
        farm.set_fault("/nowhere", Fault.BLACK)


def test_a_restart_forgets_the_lock() -> None:
    spec = CameraSpec("/locked", size=SMALL, username="a", password="b", auth="basic", locks_after=1)
    right, wrong = "Authorization: Basic YTpi", "Authorization: Basic YTpj"
    with running_farm([spec]) as farm, Viewer(farm, spec.path) as viewer:
        assert [viewer.ask("DESCRIBE", login).status for login in (wrong, right)] == [401, 401]
        farm.set_fault(spec.path, Fault.NONE)
        assert viewer.ask("DESCRIBE", right).status == 200


def test_it_counts_what_was_asked(farm: RunningFarm) -> None:
    path = f"{MID}/402"
    connections = farm.stats.connections
    with Viewer(farm, path) as viewer, Viewer(farm, path) as other:
        for each in (viewer, other):
            each.ask("DESCRIBE")
            each.play()
            each.picture()
        stats = farm.stats.of(path)
        assert (stats.describes, stats.plays, stats.viewers, stats.max_viewers) == (2, 2, 2, 2)
    assert farm.stats.connections == connections + 2
    assert stats.requests == {"DESCRIBE": 2, "SETUP": 2, "PLAY": 2}


def test_200_cameras_stream_at_once(farm: RunningFarm) -> None:
    with ExitStack() as stack:
        viewers = [stack.enter_context(Viewer(farm, f"{MID}/{1000 + number}")) for number in range(200)]
        for viewer in viewers:
            viewer.play()
        for viewer in viewers:
            viewer.picture()
        begin = time.monotonic()
        for viewer in viewers:
            for _ in range(15):
                viewer.picture()
        assert time.monotonic() - begin < 4


def test_a_viewer_that_leaves_is_forgotten(farm: RunningFarm) -> None:
    path = f"{MID}/403"
    with Viewer(farm, path) as viewer:
        viewer.play()
        viewer.picture()
    deadline = time.monotonic() + 2
    while farm.stats.of(path).viewers and time.monotonic() < deadline:
        time.sleep(0.02)
    assert farm.stats.of(path).viewers == 0


def test_nothing_listens_after_the_farm_is_closed() -> None:
    with running_farm() as farm, Viewer(farm, f"{MID}/404") as viewer:
        viewer.play()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((farm.host, farm.port), timeout=1)
