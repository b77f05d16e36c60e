"""The probe: what it says of every kind of camera, and how it treats their logins."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from simulator.running import RunningFarm
from tests.video.conftest import LOOPBACK, target
from tests.video.scripted import SDP, Conversation, Talk
from webapp.outcomes import Outcome
from webapp.video.rtsp import probe
from webapp.video.target import Limits, Target

Start = Callable[[Talk], Target]
CAMERA = "door-h264-360p-gop2-key"
NONCE_1, NONCE_2 = 'Digest realm="x", nonce="1"', 'Digest realm="x", nonce="2"'


@pytest.mark.parametrize("auth", ["basic", "digest", "digest-qop", "digest-qop+basic", "digest-sha256"])
def test_it_logs_in(farm: RunningFarm, limits: Limits, auth: str) -> None:
    path = f"/sim/none/{CAMERA}-{auth}/1"
    found = probe(target(farm.url(path)), limits)
    assert found.description
    assert (found.description.codec, found.description.fps) == ("h264", 15.0)
    assert farm.stats.of(path).failed_logins == 0


def test_it_measures_every_phase(farm: RunningFarm, limits: Limits) -> None:
    found = probe(target(farm.url(f"/sim/none/{CAMERA}-digest/2")), limits)
    assert list(found.ms) == ["dns", "connect", "options", "describe"]
    assert all(0 < ms < 500 for ms in found.ms.values())
    assert (found.outcome, found.ip) == (Outcome.ONLINE, "127.0.0.1")


def test_it_speaks_rtsps(farm: RunningFarm, limits: Limits) -> None:
    assert probe(target(farm.tls_url(f"/sim/none/{CAMERA}-digest/3")), limits).answered


@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_it_reads_the_codec(farm: RunningFarm, limits: Limits, codec: str) -> None:
    description = probe(target(farm.url(f"/sim/none/door-{codec}-360p-gop2-key/4")), limits).description
    assert description
    assert description.codec == codec


def test_a_wrong_password_is_sent_once(farm: RunningFarm, limits: Limits) -> None:
    path = f"/sim/none/{CAMERA}-digest/7"
    found = probe(target(farm.url(path), password="wrong"), limits)
    assert (found.outcome, farm.stats.of(path).failed_logins) == (Outcome.AUTH_FAILED, 1)


def test_without_a_login_none_is_tried(farm: RunningFarm, limits: Limits) -> None:
    path = f"/sim/none/{CAMERA}-digest/8"
    found = probe(target(farm.url(path), None, None), limits)
    assert found.outcome is Outcome.AUTH_FAILED
    assert "none are stored" in found.detail
    assert farm.stats.of(path).failed_logins == 0


@pytest.mark.parametrize("fault", ["stale-nonce", "close-after-401"])
def test_a_peculiar_login_is_followed(farm: RunningFarm, limits: Limits, fault: str) -> None:
    path = f"/sim/{fault}/{CAMERA}-digest/9"
    assert probe(target(farm.url(path)), limits).answered
    assert farm.stats.of(path).logins == 1


def test_a_redirect_is_not_followed(farm: RunningFarm, limits: Limits) -> None:
    found = probe(target(farm.url(f"/sim/redirect/{CAMERA}-basic/10")), limits)
    assert found.outcome is Outcome.REDIRECTED
    assert farm.stats.of("/elsewhere").requests.total() == 0


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE"])
@pytest.mark.parametrize("status", [301, 302, 305])
def test_no_kind_of_redirect_is_followed(scripted: Start, limits: Limits, method: str, status: int) -> None:
    def talk(camera: Conversation) -> None:
        if method == "DESCRIBE":
            camera.answer()
        camera.answer(status, "Location: rtsp://127.0.0.1:1/secret-elsewhere")

    found = probe(scripted(talk), limits)
    assert found.outcome is Outcome.REDIRECTED
    assert "elsewhere" not in found.detail


STATUSES = {
    400: Outcome.PROTOCOL_ERROR,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    405: Outcome.UNSUPPORTED,
    410: Outcome.NOT_FOUND,
    453: Outcome.BUSY,
    454: Outcome.PROTOCOL_ERROR,
    461: Outcome.UNSUPPORTED,
    500: Outcome.PROTOCOL_ERROR,
    501: Outcome.UNSUPPORTED,
    503: Outcome.BUSY,
    505: Outcome.UNSUPPORTED,
    551: Outcome.UNSUPPORTED,
    999: Outcome.PROTOCOL_ERROR,
}


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_outcome_and_is_named(scripted: Start, limits: Limits, status: int) -> None:
    def talk(camera: Conversation) -> None:
        camera.answer()
        camera.answer(status)

    found = probe(scripted(talk), limits)
    assert found.outcome is STATUSES[status]
    assert str(status) in found.detail


@pytest.mark.parametrize("status", [400, 404, 405, 454, 501, 551])
def test_a_camera_that_knows_no_options_is_asked_on(scripted: Start, limits: Limits, status: int) -> None:
    def talk(camera: Conversation) -> None:
        camera.answer(status)
        camera.answer(200, body=SDP)

    found = probe(scripted(talk), limits)
    assert found.description
    assert found.description.fps == 12.5


def test_options_that_ask_for_a_login_save_a_round(scripted: Start, limits: Limits) -> None:
    requests: list[str] = []

    def talk(camera: Conversation) -> None:
        camera.answer(401, f"WWW-Authenticate: {NONCE_1}", seen=requests)
        camera.answer(200, body=SDP, seen=requests)

    assert probe(scripted(talk), limits).answered
    assert ["Authorization: Digest" in request for request in requests] == [False, True]


def test_the_login_is_never_in_the_request_line(scripted: Start, limits: Limits) -> None:
    requests: list[str] = []

    def talk(camera: Conversation) -> None:
        camera.answer(seen=requests)
        camera.answer(401, f"WWW-Authenticate: {NONCE_1}", seen=requests)
        camera.answer(200, body=SDP, seen=requests)

    camera = scripted(talk)
    assert probe(camera, limits).answered
    lines = [request.split("\r\n")[0] for request in requests]
    assert lines == [f"{method} {camera.url.text} RTSP/1.0" for method in ("OPTIONS", "DESCRIBE", "DESCRIBE")]
    assert all("User-Agent: Camkeeper" in request for request in requests)
    assert "Accept: application/sdp" in requests[1]
    assert f'uri="{camera.url.text}"' in requests[2]


def test_a_nonce_of_the_old_connection_earns_a_second_answer(scripted: Start, limits: Limits) -> None:
    def talk(camera: Conversation) -> None:
        if camera.number == 0:
            camera.answer()
            camera.answer(401, f"WWW-Authenticate: {NONCE_1}", "Connection: close")
        elif 'nonce="1"' in camera.answer(401, f"WWW-Authenticate: {NONCE_2}"):
            assert 'nonce="2"' in camera.answer(200, body=SDP)

    assert probe(scripted(talk), limits).answered


def test_new_nonces_for_ever_end_after_two_answers(scripted: Start, limits: Limits) -> None:
    answers: list[str] = []

    def talk(camera: Conversation) -> None:
        camera.answer()
        for number in range(10):
            camera.answer(401, f'WWW-Authenticate: Digest realm="x", nonce="{number}", stale=true', seen=answers)

    assert probe(scripted(talk), limits).outcome is Outcome.AUTH_FAILED
    assert sum("Authorization" in request for request in answers) == 2


def test_a_login_we_do_not_know_is_unsupported(scripted: Start, limits: Limits) -> None:
    def talk(camera: Conversation) -> None:
        camera.answer()
        camera.answer(401, "WWW-Authenticate: Negotiate")

    assert probe(scripted(talk), limits).outcome is Outcome.UNSUPPORTED


def test_a_camera_that_hangs_up_again_and_again_is_left_alone(scripted: Start, limits: Limits) -> None:
    connections = []

    def talk(camera: Conversation) -> None:
        connections.append(camera.number)
        if camera.number == 0:
            camera.answer()

    found = probe(scripted(talk), limits)
    assert found.outcome is Outcome.PROTOCOL_ERROR
    assert "connection limit" in found.detail
    assert len(connections) == 2


@pytest.mark.parametrize("pause", [0.0, 0.01])
def test_an_answer_may_come_byte_by_byte(scripted: Start, limits: Limits, pause: float) -> None:
    def talk(camera: Conversation) -> None:
        camera.answer()
        camera.request()
        for byte in f"RTSP/1.0 200 OK\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}":
            camera.say(byte)
            time.sleep(pause)

    assert probe(scripted(talk), replace(limits, probe_s=5)).answered


def test_empty_lines_between_answers_are_passed_over(scripted: Start, limits: Limits) -> None:
    def talk(camera: Conversation) -> None:
        camera.answer()
        camera.say("\r\n\r\n")
        camera.answer(200, body=SDP)

    assert probe(scripted(talk), limits).answered


def _says(data: bytes) -> Talk:
    def talk(camera: Conversation) -> None:
        camera.request()
        camera.say(data)
        camera.wait()

    return talk


def _floods(data: bytes) -> Talk:
    def talk(camera: Conversation) -> None:
        camera.request()
        while True:
            camera.say(data)

    return talk


HOSTILE = {
    "half a status line": (_says(b"RTSP/1.0 20"), Outcome.TIMEOUT),
    "a body that never comes": (_says(b"RTSP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n"), Outcome.TIMEOUT),
    "a negative length": (_says(b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n"), Outcome.PROTOCOL_ERROR),
    "a huge length": (_says(b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n"), Outcome.PROTOCOL_ERROR),
    "an endless status line": (_floods(b"RTSP/1.0 200 " + b"x" * 4096), Outcome.PROTOCOL_ERROR),
    "endless headers": (_floods(b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 1000), Outcome.PROTOCOL_ERROR),
    "endless empty lines": (_floods(b"\r\n" * 4096), Outcome.PROTOCOL_ERROR),
    "zeros": (_floods(bytes(4096)), Outcome.PROTOCOL_ERROR),
    "TLS where none is expected": (_says(b"\x15\x03\x01\x00\x02\x02\x46"), Outcome.PROTOCOL_ERROR),
    "a request in place of an answer": (_says(b"OPTIONS * RTSP/1.0\r\n\r\n"), Outcome.PROTOCOL_ERROR),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_camera_is_classified_and_forgotten(scripted: Start, limits: Limits, case: str) -> None:
    talk, outcome = HOSTILE[case]
    started = time.monotonic()
    found = probe(scripted(talk), limits)
    assert found.outcome is outcome
    assert time.monotonic() - started < limits.probe_s + 0.25


def test_nothing_listens(limits: Limits) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = probe(target(f"rtsp://127.0.0.1:{port}/"), limits)
    assert found.outcome is Outcome.REFUSED
    assert "connect" in found.ms


def test_a_camera_that_accepts_no_connection_times_out(limits: Limits) -> None:
    """A full backlog drops SYN packets, as a firewall does."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        started = time.monotonic()
        found = probe(target(f"rtsp://127.0.0.1:{server.getsockname()[1]}/"), replace(limits, connect_s=0.4))
        took = time.monotonic() - started
        for filler in fillers:
            filler.close()
    assert found.outcome is Outcome.TIMEOUT
    assert "did not accept" in found.detail
    assert took < 0.4 + 0.25


def test_a_camera_that_answers_tls_with_something_else_is_a_tls_error(scripted: Start, limits: Limits) -> None:
    camera = scripted(lambda camera: camera.say(b"RTSP/1.0 400 Bad Request\r\n\r\n"))
    found = probe(replace(camera, url=replace(camera.url, scheme="rtsps")), limits)
    assert found.outcome is Outcome.TLS_ERROR


def test_the_next_address_is_tried_when_the_first_refuses(farm: RunningFarm, limits: Limits) -> None:
    """localhost may be ::1 as well, where the farm does not listen."""
    url = farm.url(f"/sim/none/{CAMERA}/11").replace("127.0.0.1", "localhost")
    assert probe(target(url), limits).ip == "127.0.0.1"


def test_steps_are_shown_as_they_happen(farm: RunningFarm, limits: Limits) -> None:
    seen: list[tuple[str, str]] = []
    probe(target(farm.url(f"/sim/forbidden/{CAMERA}/12")), limits, lambda name, state, *_: seen.append((name, state)))
    phases = ("dns", "connect", "options", "describe")
    assert [name for name, state in seen if state == "running"] == list(phases)
    assert [state for _, state in seen] == ["running", "done"] * 3 + ["running", "failed"]


def test_an_address_outside_the_networks_is_never_connected_to(farm: RunningFarm, limits: Limits) -> None:
    before = farm.stats.connections
    found = probe(target(farm.url(f"/sim/none/{CAMERA}/13")), Limits())
    assert found.outcome is Outcome.BLOCKED_BY_POLICY
    assert farm.stats.connections == before


def test_loopback_is_only_for_tests() -> None:
    assert Limits().networks != LOOPBACK
