"""Every fault does what its name says."""

from __future__ import annotations

import time

import pytest

from simulator.cameras import REDIRECT_TRAP, CameraSpec
from simulator.faults import Condition, Fault
from simulator.running import RunningFarm, running_farm
from tests.simulator.conftest import SMALL
from tests.simulator.viewer import Viewer, basic, digest

SHAPE = "door-h264-360p-gop2-mid"


def path(fault: str, auth: str = "", number: int = 300) -> str:
    return f"/sim/{fault}/{SHAPE}{auth}/{number}"


@pytest.mark.parametrize(
    ("fault", "status"),
    [("forbidden", 403), ("not-found", 404), ("busy", 453), ("unavailable", 503), ("redirect", 302)],
)
def test_it_refuses_to_describe(farm: RunningFarm, fault: str, status: int) -> None:
    with Viewer(farm, path(fault)) as viewer:
        assert viewer.ask("OPTIONS").status == 200
        assert viewer.ask("DESCRIBE").status == status


@pytest.mark.parametrize(("fault", "status"), [("busy-at-setup", 453), ("unsupported-transport", 461)])
def test_it_refuses_at_setup_only(farm: RunningFarm, fault: str, status: int) -> None:
    with Viewer(farm, path(fault)) as viewer:
        assert viewer.ask("DESCRIBE").status == 200
        assert viewer.ask("SETUP", "Transport: RTP/AVP/TCP;interleaved=0-1").status == status


def test_a_refusal_comes_after_the_login(farm: RunningFarm) -> None:
    with Viewer(farm, path("forbidden", "-basic")) as viewer:
        assert viewer.ask("DESCRIBE").status == 401
        assert viewer.ask("DESCRIBE", basic("viewer", "see no evil")).status == 403


def test_wrong_password_refuses_even_the_right_one_and_counts(farm: RunningFarm) -> None:
    where = path("wrong-password", "-basic")
    with Viewer(farm, where) as viewer:
        assert [viewer.ask("DESCRIBE", basic("viewer", "see no evil")).status for _ in range(2)] == [401, 401]
    assert farm.stats.of(where).failed_logins == 2


def test_wrong_password_asks_for_a_login_where_none_was_needed(farm: RunningFarm) -> None:
    with Viewer(farm, path("wrong-password")) as viewer:
        assert viewer.ask("DESCRIBE").status == 401


def test_a_stale_nonce_is_replaced_once(farm: RunningFarm) -> None:
    with Viewer(farm, path("stale-nonce", "-digest")) as viewer:
        first = viewer.ask("DESCRIBE").header("WWW-Authenticate")
        second = viewer.ask("DESCRIBE", digest(first, "DESCRIBE", viewer.uri, "viewer", "see no evil"))
        assert (second.status, 'stale="TRUE"' in second.header("WWW-Authenticate")) == (401, True)
        login = digest(second.header("WWW-Authenticate"), "DESCRIBE", viewer.uri, "viewer", "see no evil")
        assert viewer.ask("DESCRIBE", login).status == 200
    assert farm.stats.of(viewer.path).failed_logins == 0


def test_it_hangs_up_after_asking_and_the_nonce_is_good_on_the_next_connection(farm: RunningFarm) -> None:
    where = path("close-after-401", "-digest")
    with Viewer(farm, where) as viewer:
        challenge = viewer.ask("DESCRIBE").header("WWW-Authenticate")
        assert viewer.has_hung_up()
    with Viewer(farm, where) as viewer:
        login = digest(challenge, "DESCRIBE", viewer.uri, "viewer", "see no evil")
        assert viewer.ask("DESCRIBE", login).status == 200


def test_a_redirect_leads_to_a_place_that_counts_who_follows(farm: RunningFarm) -> None:
    with Viewer(farm, path("redirect")) as viewer:
        assert viewer.ask("DESCRIBE").header("Location") == farm.url(REDIRECT_TRAP)
        before = farm.stats.of(REDIRECT_TRAP).describes
        viewer.ask("DESCRIBE", uri=farm.url(REDIRECT_TRAP))
        assert farm.stats.of(REDIRECT_TRAP).describes == before + 1


def test_a_redirect_may_lead_elsewhere() -> None:
    spec = CameraSpec("/gone", size=SMALL, fault=Fault.REDIRECT, redirect_to="rtsp://127.0.0.2:99/new")
    with running_farm([spec]) as farm, Viewer(farm, "/gone") as viewer:
        assert viewer.ask("DESCRIBE").header("Location") == "rtsp://127.0.0.2:99/new"


def test_no_sdp_is_a_success_without_a_description(farm: RunningFarm) -> None:
    with Viewer(farm, path("no-sdp")) as viewer:
        answer = viewer.ask("DESCRIBE")
    assert (answer.status, answer.body) == (200, b"")


def test_silent_takes_the_request_and_says_nothing(farm: RunningFarm) -> None:
    with Viewer(farm, path("silent")) as viewer:
        viewer.socket.settimeout(0.5)
        viewer.send("OPTIONS")
        assert not viewer.has_hung_up()


def test_slow_answers_come_late_by_its_number(farm: RunningFarm) -> None:
    with Viewer(farm, path("slow.300")) as viewer:
        begin = time.monotonic()
        viewer.ask("OPTIONS")
        assert 0.3 <= time.monotonic() - begin < 2


def test_slow_loris_sends_a_byte_every_half_second(farm: RunningFarm) -> None:
    with Viewer(farm, path("slow-loris")) as viewer:
        viewer.send("OPTIONS")
        begin = time.monotonic()
        assert viewer.file.read(3) == b"RTS"
        assert 0.9 <= time.monotonic() - begin < 4


def received(viewer: Viewer, enough: int) -> bytes:
    data = b""
    while len(data) < enough and (more := viewer.file.read1(65536)):
        data += more
    return data


def test_an_endless_header_never_ends(farm: RunningFarm) -> None:
    with Viewer(farm, path("endless-header")) as viewer:
        viewer.send("OPTIONS")
        data = received(viewer, 2_000_000)
    assert len(data) >= 2_000_000
    assert b"\r\n\r\n" not in data


def test_a_huge_sdp_announces_and_sends_megabytes(farm: RunningFarm) -> None:
    with Viewer(farm, path("huge-sdp")) as viewer:
        assert viewer.ask("OPTIONS").status == 200
        viewer.send("DESCRIBE")
        data = received(viewer, 2_000_000)
    assert len(data) >= 2_000_000
    assert b"Content-Length: 67108864\r\n" in data


@pytest.mark.parametrize(
    ("fault", "begins"),
    [("speaks-http", b"HTTP/1.1 400"), ("speaks-ssh", b"SSH-2.0-"), ("hangs-up", b""), ("garbage", b"")],
)
def test_it_speaks_something_else_and_hangs_up(farm: RunningFarm, fault: str, begins: bytes) -> None:
    with Viewer(farm, path(fault)) as viewer:
        viewer.send("OPTIONS")
        data = received(viewer, 1_000_000)
    assert data.startswith(begins)
    assert len(data) == {"hangs-up": 0, "garbage": 4096}.get(fault, len(data))
    assert not data.startswith(b"RTSP")


def test_flapping_goes_down_and_up_by_the_clock(farm: RunningFarm) -> None:
    """Down in the second half of every other second."""
    with Viewer(farm, path("flapping.2")) as viewer:
        _sleep_until(0.1)
        assert viewer.play().status == 200
        assert viewer.picture()
        begin = time.monotonic()
        assert viewer.has_hung_up()
        assert time.monotonic() - begin < 1.5
    with Viewer(farm, path("flapping.2")) as viewer:
        viewer.socket.settimeout(0.3)
        viewer.send("OPTIONS")
        with pytest.raises(TimeoutError):
            viewer.answer()


def _sleep_until(second: float, period: int = 2) -> None:
    time.sleep((second - time.time()) % period)


def test_no_frames_means_none(farm: RunningFarm) -> None:
    where = path("no-frames")
    with Viewer(farm, where) as viewer:
        assert viewer.play().status == 200
        viewer.socket.settimeout(0.5)
        assert not viewer.has_hung_up()
    assert farm.stats.of(where).frames_sent == 0


def test_stall_stops_after_its_number_and_stays(farm: RunningFarm) -> None:
    where = path("stall.3")
    with Viewer(farm, where) as viewer:
        viewer.play()
        for _ in range(3):
            viewer.picture()
        viewer.socket.settimeout(0.5)
        assert not viewer.has_hung_up()
    assert farm.stats.of(where).frames_sent == 3


def test_close_hangs_up_after_its_number(farm: RunningFarm) -> None:
    where = path("close.3")
    with Viewer(farm, where) as viewer:
        viewer.play()
        assert viewer.has_hung_up()
    assert farm.stats.of(where).frames_sent == 3


def test_moved_with_a_number_is_well_until_then() -> None:
    turned = Condition.of(Fault.MOVED, 240)
    assert turned.at(turned.since + 239) == Condition()
    assert turned.at(turned.since + 240) == Condition.of(Fault.MOVED)
    assert Condition.of(Fault.MOVED).at(0) == Condition.of(Fault.MOVED)
