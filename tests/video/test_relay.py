"""The relay: the decoder learns nothing of camera and login, goes nowhere else, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from simulator.running import RunningFarm
from tests.video import footage
from tests.video.conftest import CANARY, CANARY_USER, target
from tests.video.player import packets, player
from tests.video.scripted import SDP, Conversation, Talk
from webapp.outcomes import Outcome
from webapp.video import capture
from webapp.video.capture import grab
from webapp.video.check import check
from webapp.video.dialogue import Dialogue
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.opencv import cv2
from webapp.video.relay import Relay
from webapp.video.target import Limits, Target

Start = Callable[[Talk], Target]
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
LOCAL = "127.0.0.1"
BASIC = 'WWW-Authenticate: Basic realm="x"'
METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY")
TCP = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
STREAM = footage.encoded("h264", "keyint=15:bframes=0")


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """Where a hostile camera would like us to go."""
    with socket.create_server(("127.0.0.2", 0)) as server:
        server.settimeout(0.2)
        yield server


def nobody_came(server: socket.socket) -> bool:
    with contextlib.suppress(TimeoutError):
        server.accept()[0].close()
        return False
    return True


def url_of(server: socket.socket) -> str:
    host, port = server.getsockname()
    return f"rtsp://{host}:{port}/elsewhere"


def well_behaved(camera: Conversation, methods: tuple[str, ...], body: str = SDP) -> None:
    answers = {
        "OPTIONS": lambda: camera.answer(200),
        "DESCRIBE": lambda: (camera.answer(401, BASIC), camera.answer(200, body=body)),
        "SETUP": lambda: camera.answer(200, TCP, "Session: 1"),
        "PLAY": lambda: camera.answer(200, "Session: 1"),
    }
    for method in methods:
        answers[method]()


@pytest.mark.parametrize("method", METHODS)
def test_a_camera_that_redirects_only_after_the_probe_leads_nobody_away(
    scripted: Start, limits: Limits, elsewhere: socket.socket, method: str
) -> None:
    def talk(camera: Conversation) -> None:
        if camera.number == 0:
            well_behaved(camera, ("OPTIONS", "DESCRIBE"))
        else:
            well_behaved(camera, METHODS[: METHODS.index(method)])
            camera.answer(302, f"Location: {url_of(elsewhere)}")
            camera.wait()

    reading = check(scripted(talk), limits, NOW)
    assert reading.outcome is Outcome.REDIRECTED
    assert nobody_came(elsewhere)


@pytest.mark.parametrize(
    "message",
    [
        "RTSP/1.0 302 Moved\r\nCSeq: {cseq}\r\nLocation: {url}\r\n\r\n",
        'RTSP/1.0 401 Unauthorized\r\nCSeq: {cseq}\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n',
        "REDIRECT {url} RTSP/1.0\r\nCSeq: {cseq}\r\nLocation: {url}\r\n\r\n",
    ],
)
def test_messages_within_the_stream_lead_nobody_away(
    scripted: Start, limits: Limits, elsewhere: socket.socket, message: str
) -> None:
    def talk(camera: Conversation) -> None:
        well_behaved(camera, METHODS if camera.number else ("OPTIONS", "DESCRIBE"))
        for cseq in range(8):
            camera.say(message.format(url=url_of(elsewhere), cseq=cseq))
        for packet in packets(STREAM, 0):
            camera.say(packet)
        camera.wait()

    assert check(scripted(talk), limits, NOW).outcome in (Outcome.ONLINE, Outcome.NO_FRAME, Outcome.UNSUPPORTED)
    assert nobody_came(elsewhere)


def test_addresses_in_the_description_lead_nobody_away(scripted: Start, elsewhere: socket.socket) -> None:
    url = url_of(elsewhere)
    body = SDP.replace("m=", f"c=IN IP4 127.0.0.2\r\na=control:{url}\r\nm=") + f"a=control:{url}/track\r\n"

    def talk(camera: Conversation) -> None:
        well_behaved(camera, METHODS, body)
        for packet in packets(STREAM, 0):
            camera.say(packet)

    assert grab(scripted(talk), LOCAL, Deadline.after(3)).width == 320
    assert nobody_came(elsewhere)


def test_a_stream_that_is_cut_off_at_once_is_no_frame(scripted: Start, limits: Limits) -> None:
    started = time.monotonic()
    talk: Talk = lambda camera: well_behaved(camera, METHODS if camera.number else ("OPTIONS", "DESCRIBE"))  # noqa: E731
    reading = check(scripted(talk), limits, NOW)
    assert reading.outcome is Outcome.NO_FRAME
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "rubbish", [b"\x00" * 65536, b"$\xff\xff\xff" * 9999, b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 999]
)
def test_rubbish_without_end_in_place_of_packets_ends_in_time(scripted: Start, rubbish: bytes) -> None:
    def talk(camera: Conversation) -> None:
        well_behaved(camera, METHODS)
        while True:
            camera.say(rubbish)

    started = time.monotonic()
    with pytest.raises(CheckFailed):
        grab(scripted(talk), LOCAL, Deadline.after(1))
    assert time.monotonic() - started < 1.25


@contextmanager
def relayed(camera: Target, seconds: float = 5.0) -> Iterator[str]:
    deadline = Deadline.after(seconds)
    with Dialogue(camera, seconds, deadline) as dialogue:
        dialogue.connect([LOCAL])
        dialogue.options()
        with Relay(dialogue.play(), deadline) as relay:
            yield relay.url


def connected(url: str) -> socket.socket:
    return socket.create_connection((LOCAL, int(re.findall(r":(\d+)/", url)[0])), timeout=3)


def ask(decoder: socket.socket, method: str, url: str) -> bytes:
    decoder.sendall(f"{method} {url} RTSP/1.0\r\nCSeq: 7\r\nUser-Agent: test\r\n\r\n".encode())
    return decoder.recv(65536)


def test_neither_url_nor_stream_holds_anything_of_the_login(farm: RunningFarm) -> None:
    camera = target(farm.url("/canary"), CANARY_USER, CANARY)
    with relayed(camera) as url, connected(url) as decoder:
        told = b"".join(ask(decoder, method, url) for method in METHODS)
        while len(told) < 20_000:
            told += decoder.recv(65536)
    assert re.fullmatch(r"rtsp://127\.0\.0\.1:\d+/[\w-]{22}", url)
    assert told.count(b"RTSP/1.0 200 OK\r\nCSeq: 7\r\n") == 4
    assert b"$\x00" in told
    for secret in (b"S3ntinel", b"op er", b"canary", b"uthenticate", b"uthorization"):
        assert secret not in told


def test_opencv_is_given_the_relay_alone(farm: RunningFarm, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    def spy(source: object, *arguments: object) -> cv2.VideoCapture:
        opened.append(source)
        return real(source, *arguments)  # type: ignore[call-overload,no-any-return]

    real = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", spy)
    assert capture.grab(target(farm.url("/canary"), CANARY_USER, CANARY), LOCAL, Deadline.after(5)).width == 640
    stream, keyframe = map(str, opened)
    assert re.fullmatch(r"rtsp://127\.0\.0\.1:\d+/[\w-]{22}", stream)
    assert re.fullmatch(r"pipe:\d+", keyframe)


@pytest.mark.parametrize("wrong", ["rtsp://127.0.0.1/", "rtsp://127.0.0.1:1/token", "*"])
def test_a_stranger_is_shown_out_and_the_decoder_still_served(farm: RunningFarm, wrong: str) -> None:
    with relayed(target(farm.url("/sim/none/door-h264-360p-gop2-key/801"))) as url:
        with connected(url) as stranger:
            assert ask(stranger, "OPTIONS", wrong) == b""
        with connected(url) as decoder:
            assert ask(decoder, "PLAY", url).startswith(b"RTSP/1.0 200")


@pytest.mark.parametrize("said", [b"", b"x" * 100_000, b"OPTIONS\r\n\r\n"])
def test_a_stranger_who_does_not_speak_rtsp_holds_nobody_up_for_long(farm: RunningFarm, said: bytes) -> None:
    with relayed(target(farm.url("/sim/none/door-h264-360p-gop2-key/802"))) as url, connected(url) as stranger:
        with contextlib.suppress(OSError):
            stranger.sendall(said)
        with connected(url) as decoder:
            assert ask(decoder, "PLAY", url).startswith(b"RTSP/1.0 200")


def test_only_one_decoder_is_served(farm: RunningFarm) -> None:
    with relayed(target(farm.url("/sim/none/door-h264-360p-gop2-key/803"))) as url, connected(url) as decoder:
        assert ask(decoder, "PLAY", url).startswith(b"RTSP/1.0 200")
        with pytest.raises(ConnectionRefusedError):
            connected(url)


def test_without_a_decoder_it_ends_at_once(farm: RunningFarm) -> None:
    with relayed(target(farm.url("/sim/none/door-h264-360p-gop2-key/804"))):
        started = time.monotonic()
    assert time.monotonic() - started < 0.2


def test_a_decoder_that_reads_no_more_is_left_in_time(scripted: Start) -> None:
    with relayed(scripted(player(STREAM * 40, 0))) as url:
        decoder = connected(url)
        assert ask(decoder, "PLAY", url).startswith(b"RTSP/1.0 200")
        time.sleep(0.2)
        decoder.close()
        started = time.monotonic()
    assert time.monotonic() - started < 0.2


def left_open() -> tuple[int, int]:
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


@pytest.mark.parametrize(
    "fault", ["none", "no-frames", "stall.1", "close.1", "busy-at-setup", "unsupported-transport", "silent", "redirect"]
)
@pytest.mark.parametrize("scheme", ["rtsp", "rtsps"])
def test_nothing_is_left_behind(farm: RunningFarm, limits: Limits, fault: str, scheme: str) -> None:
    url = farm.tls_url if scheme == "rtsps" else farm.url
    number = {"rtsp": 811, "rtsps": 812}[scheme]
    camera = target(url(f"/sim/{fault}/door-h264-360p-gop2-key-digest-sha256/{number}"))

    def look() -> None:
        with contextlib.suppress(CheckFailed):
            grab(camera, LOCAL, Deadline.after(0.8))

    look()
    time.sleep(0.1)
    before = left_open()
    for _ in range(2):
        started = time.monotonic()
        look()
        assert time.monotonic() - started < 0.8 + 0.25
    for _ in range(20):
        if left_open() <= before:
            break
        time.sleep(0.05)  # the farm lives in this process, too, and closes its end later
    assert left_open() <= before
    assert check(camera, replace(limits, deadline_s=0.8), NOW).outcome is not Outcome.INTERNAL_ERROR
