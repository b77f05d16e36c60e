"""Breaking cameras of a farm in another process, by hand."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from simulator import control
from simulator.cameras import CameraSpec
from simulator.registry import Registry
from simulator.rtsp import Request
from simulator.running import RunningFarm, running_farm
from tests.simulator.conftest import GUARDED, MID, SMALL
from tests.simulator.viewer import Viewer


def test_it_lists_the_cameras(farm: RunningFarm) -> None:
    status, text = control.ask(farm.port, None)
    assert status == 200
    assert f"{GUARDED.path} none\n" in text


def test_it_breaks_a_camera() -> None:
    with running_farm([CameraSpec("/one", size=SMALL)]) as farm, Viewer(farm, "/one") as viewer:
        assert control.ask(farm.port, "/one stall.2") == (200, "/one stall.2\n")
        assert control.ask(farm.port, None) == (200, "/one stall.2\n")
        control.ask(farm.port, "/one not-found")
        assert viewer.ask("DESCRIBE").status == 404


def test_it_says_what_is_wrong_with_an_order(farm: RunningFarm) -> None:
    status, text = control.ask(farm.port, f"{MID}/1 haunted")
    assert (status, "'haunted'" in text, "black" in text) == (400, True, True)
    status, text = control.ask(farm.port, "/nowhere black")
    assert (status, "/nowhere" in text) == (404, True)


def test_it_takes_orders_from_this_machine_only() -> None:
    registry = Registry([CameraSpec("/one", size=SMALL)])
    order = Request("SET_PARAMETER", "rtsp://10.0.0.1/farm-control", {}, b"/one black")
    assert asyncio.run(control.answer(registry, order, "10.0.0.9")) == (403, b"")
    assert [str(camera.condition) for camera in registry] == ["none"]


def test_the_command_says_when_there_is_no_farm() -> None:
    command = [sys.executable, "-m", "simulator.control", "--port", "1", "/one", "black"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "python -m simulator" in done.stderr
