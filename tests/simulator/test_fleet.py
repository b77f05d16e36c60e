"""The demo fleet."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest

from simulator.cameras import video_key
from simulator.fleet import OLD_PASSWORD, PASSWORD, USERNAME, DemoCamera, demo_cameras, demo_specs
from simulator.running import running_farm
from simulator.videos import standard_set
from tests.simulator.viewer import Viewer, digest
from webapp.models import Status
from webapp.outcomes import Outcome

FLEET = demo_cameras("127.0.0.1", 8554)


def test_every_camera_is_entered_once() -> None:
    assert len(FLEET) == 48
    assert len({camera.url for camera in FLEET}) == 48
    assert max(Counter((camera.group_path, camera.name) for camera in FLEET).values()) == 1


def test_the_farm_plays_all_but_the_dead_ones() -> None:
    alive = {urlsplit(camera.url).path for camera in FLEET if camera.expected_outcome != "refused"}
    assert {spec.path for spec in demo_specs()} == alive


@pytest.mark.parametrize("camera", FLEET, ids=lambda camera: f"{camera.group_path[-1]} {camera.name}")
def test_expectations_are_in_camkeepers_words(camera: DemoCamera) -> None:
    assert Status(camera.expected_state) in (Status.LIVE, Status.DEGRADED, Status.OFFLINE)
    assert (Outcome(camera.expected_outcome) is Outcome.ONLINE) == (camera.expected_state != "offline")


def test_most_are_well_and_the_rest_covers_every_kind_of_trouble() -> None:
    outcomes = Counter(camera.expected_outcome for camera in FLEET)
    assert outcomes["online"] > 30
    assert {"auth_failed", "not_found", "busy", "redirected", "refused", "timeout", "no_frame"} <= set(outcomes)
    assert {camera.picture_fault for camera in FLEET} == {None, "black", "frozen", "blurred", "moved", "overexposed"}
    assert sum(camera.varies for camera in FLEET) == 1


def test_setup_makes_every_video_it_needs() -> None:
    assert {video_key(spec, spec.condition) for spec in demo_specs()} <= set(standard_set())


def test_the_right_password_mends_a_camera_that_refuses_the_wrong_one() -> None:
    entered = next(camera for camera in FLEET if camera.expected_outcome == "auth_failed")
    spec = next(spec for spec in demo_specs() if spec.path == urlsplit(entered.url).path)
    assert entered.password == OLD_PASSWORD
    with running_farm([spec]) as farm, Viewer(farm, spec.path) as viewer:
        challenge = viewer.ask("DESCRIBE").header("WWW-Authenticate")
        logins = [digest(challenge, "DESCRIBE", viewer.uri, USERNAME, each) for each in (OLD_PASSWORD, PASSWORD)]
        assert [viewer.ask("DESCRIBE", login).status for login in logins] == [401, 200]


def test_passwords_stay_out_of_its_text() -> None:
    assert not any(camera.password and camera.password in repr(camera) for camera in FLEET)
    assert not any("@" in camera.url for camera in FLEET)
