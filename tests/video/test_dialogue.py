"""The dialogue up to the flowing stream: where each request goes, how it logs in, what every refusal means."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from simulator.running import RunningFarm
from tests.video.conftest import target
from tests.video.scripted import SDP, Conversation, Talk
from webapp.outcomes import Outcome
from webapp.video.dialogue import Dialogue, Stream
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.target import Target

Start = Callable[[Talk], Target]
TCP = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
DIGEST = 'WWW-Authenticate: Digest realm="x", qop="auth", nonce='


def play(camera: Target, seconds: float = 1.0) -> Stream:
    with Dialogue(camera, seconds, Deadline.after(seconds)) as dialogue:
        dialogue.connect(["127.0.0.1"])
        dialogue.describe()
        return dialogue.play()


def until(camera: Conversation, method: str, *answer: str) -> None:
    """Answers well up to `method`, which is left unread."""
    camera.answer(200, *answer, body=SDP)
    if method == "PLAY":
        camera.answer(200, TCP, "Session: 12;timeout=60")


@pytest.mark.parametrize(
    ("base", "session", "control", "setup", "aggregate"),
    [
        ("", "", "trackID=1", "{url}/trackID=1", "{url}"),
        ("rtsp://camera/base/", "*", "trackID=1", "rtsp://camera/base/trackID=1", "rtsp://camera/base/"),
        ("rtsp://camera/base/", "", "rtsp://other/track", "rtsp://other/track", "rtsp://camera/base/"),
        ("rtsp://camera/base/", "", "*", "rtsp://camera/base/", "rtsp://camera/base/"),
        ("rtsp://camera/base/", "rtsp://inside/all", "trackID=1", "rtsp://inside/all/trackID=1", "rtsp://inside/all"),
        ("rtsp://camera/ba se/", "", "track1", "{url}/track1", "{url}"),
        ("", "", "evil X: y", "{url}", "{url}"),
    ],
)
def test_requests_go_where_the_description_says(
    scripted: Start, base: str, session: str, control: str, setup: str, aggregate: str
) -> None:
    requests: list[str] = []

    def talk(camera: Conversation) -> None:
        body = SDP.replace("m=", f"a=control:{session}\r\nm=") + f"a=control:{control}\r\n"
        camera.answer(200, *([f"Content-Base: {base}"] if base else []), body=body)
        requests.append(camera.answer(200, TCP, "Session: 12;timeout=60"))
        requests.append(camera.answer(200, "Session: 12"))
        requests.append(camera.request())

    camera = scripted(talk)
    play(camera)
    time.sleep(0.05)
    lines = [request.split("\r\n")[0] for request in requests]
    expected = [("SETUP", setup), ("PLAY", aggregate), ("TEARDOWN", aggregate)]
    assert lines == [f"{method} {url.format(url=camera.url.text)} RTSP/1.0" for method, url in expected]
    assert ["Session: 12" in request.split("\r\n") for request in requests] == [False, True, True]


def test_every_request_proves_the_login_anew(scripted: Start) -> None:
    requests: list[str] = []

    def talk(camera: Conversation) -> None:
        camera.answer(401, f'{DIGEST}"1"')
        requests.append(camera.answer(200, body=SDP))
        requests.append(camera.answer(200, TCP, "Session: 12"))
        requests.append(camera.answer(200))
        requests.append(camera.request())

    play(scripted(talk))
    time.sleep(0.05)
    assert [request.split()[0] for request in requests] == ["DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert [f"nc=0000000{count}" in request for count, request in enumerate(requests, 1)] == [True] * 4


@pytest.mark.parametrize("method", ["SETUP", "PLAY"])
def test_a_nonce_that_expires_in_between_is_replaced_once(scripted: Start, method: str) -> None:
    answers: list[str] = []

    def talk(camera: Conversation) -> None:
        camera.answer(401, f'{DIGEST}"1"')
        until(camera, method)
        camera.answer(401, f'{DIGEST}"2", stale=true')
        answers.append(camera.answer(401, f'{DIGEST}"3", stale=true'))
        answers.append(camera.request())

    with pytest.raises(CheckFailed) as failure:
        play(scripted(talk))
    time.sleep(0.05)
    assert failure.value.outcome is Outcome.AUTH_FAILED
    assert 'nonce="2"' in answers[0]
    assert "Authorization" not in answers[1] or answers[1].startswith("TEARDOWN")


def test_a_fresh_nonce_lets_the_stream_start(scripted: Start) -> None:
    def talk(camera: Conversation) -> None:
        camera.answer(401, f'{DIGEST}"1"')
        until(camera, "PLAY")
        camera.answer(401, f'{DIGEST}"2", stale=true')
        assert 'nonce="2"' in camera.answer(200)

    assert play(scripted(talk)).description.codec == "h264"


REFUSALS = {
    302: Outcome.REDIRECTED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    453: Outcome.BUSY,
    454: Outcome.PROTOCOL_ERROR,
    461: Outcome.UNSUPPORTED,
    500: Outcome.PROTOCOL_ERROR,
    503: Outcome.BUSY,
}


@pytest.mark.parametrize("method", ["SETUP", "PLAY"])
@pytest.mark.parametrize("status", REFUSALS)
def test_every_refusal_has_its_outcome_at_once(scripted: Start, method: str, status: int) -> None:
    def talk(camera: Conversation) -> None:
        until(camera, method)
        camera.answer(status, "Location: rtsp://127.0.0.1:1/")
        camera.wait()

    started = time.monotonic()
    with pytest.raises(CheckFailed, match=str(status)) as failure:
        play(scripted(talk), 5)
    assert failure.value.outcome is REFUSALS[status]
    assert time.monotonic() - started < 0.5


HOSTILE = {
    "an endless header": (b"RTSP/1.0 200 OK\r\n", b"X: y\r\n" * 1000),
    "an endless status line": (b"RTSP/1.0 200 ", b"x" * 4096),
    "garbage": (b"\x7f\x00\xff", b"\xfe" * 4096),
    "a huge body": (b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n", b"x" * 4096),
    "endless empty lines": (b"", b"\r\n" * 4096),
}


@pytest.mark.parametrize("method", ["SETUP", "PLAY"])
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_answer_is_bounded(scripted: Start, method: str, case: str) -> None:
    beginning, more = HOSTILE[case]

    def talk(camera: Conversation) -> None:
        until(camera, method)
        camera.request()
        camera.say(beginning)
        while True:
            camera.say(more)

    started = time.monotonic()
    with pytest.raises(CheckFailed) as failure:
        play(scripted(talk), 5)
    assert failure.value.outcome is Outcome.PROTOCOL_ERROR
    assert time.monotonic() - started < 1


def test_packets_without_end_and_no_answer_to_play_are_bounded(scripted: Start) -> None:
    def talk(camera: Conversation) -> None:
        until(camera, "PLAY")
        camera.request()
        while True:
            camera.say(b"$\x00\x04\x00" + bytes(1024))

    with pytest.raises(CheckFailed) as failure:
        play(scripted(talk), 5)
    assert failure.value.outcome is Outcome.PROTOCOL_ERROR


@pytest.mark.parametrize("pause", [0.0, 0.01])
def test_packets_may_come_before_the_answer_to_play(scripted: Start, pause: float) -> None:
    def talk(camera: Conversation) -> None:
        until(camera, "PLAY")
        camera.request()
        for byte in b"$\x00\x00\x03abc$\x01\x00\x00RTSP/1.0 200 OK\r\nSession: 12\r\n\r\n":
            camera.say(bytes([byte]))
            time.sleep(pause)

    assert play(scripted(talk)).channels == "0-1"


def test_other_channels_are_taken_over(scripted: Start) -> None:
    def talk(camera: Conversation) -> None:
        until(camera, "SETUP")
        camera.answer(200, "Transport: RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1", "Session: 12")
        camera.answer()

    assert play(scripted(talk)).channels == "2-3"


@pytest.mark.parametrize("transport", ["Transport: RTP/AVP;unicast;client_port=5000-5001", "X: y"])
def test_a_stream_over_udp_is_not_waited_for(scripted: Start, transport: str) -> None:
    def talk(camera: Conversation) -> None:
        until(camera, "SETUP")
        camera.answer(200, transport, "Session: 12")
        camera.wait()

    with pytest.raises(CheckFailed, match="TCP") as failure:
        play(scripted(talk))
    assert failure.value.outcome is Outcome.UNSUPPORTED


@pytest.mark.parametrize("method", ["SETUP", "PLAY"])
def test_a_camera_that_hangs_up_instead_is_told_from_one_that_is_silent(scripted: Start, method: str) -> None:
    with pytest.raises(CheckFailed, match="closed the connection"):
        play(scripted(lambda camera: until(camera, method) if camera.number == 0 else None))


def test_the_camera_is_left_with_a_teardown(farm: RunningFarm) -> None:
    path = "/sim/none/door-h264-360p-gop2-key-digest-qop/820"
    play(target(farm.url(path)))
    time.sleep(0.1)
    stats = farm.stats.of(path)
    assert (stats.requests["PLAY"], stats.requests["TEARDOWN"], stats.viewers) == (1, 1, 0)
