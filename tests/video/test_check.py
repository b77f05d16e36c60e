"""One check: the precise outcome of every kind of camera, in time, without a trace of its login."""

from __future__ import annotations

import errno
import io
import itertools
import logging
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import NoReturn

import numpy as np
import pytest

from simulator.faults import Fault
from simulator.running import RunningFarm
from tests.video.conftest import CANARY, CANARY_USER, target
from tests.video.scripted import SDP, Conversation, Talk
from webapp.outcomes import Outcome, Reading
from webapp.video import check as module
from webapp.video.check import check
from webapp.video.opencv import cv2
from webapp.video.target import Limits, Target

Start = Callable[[Talk], Target]
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
_numbers = itertools.count()

OUTCOMES = {
    Fault.NONE: Outcome.ONLINE,
    Fault.WRONG_PASSWORD: Outcome.AUTH_FAILED,
    Fault.STALE_NONCE: Outcome.ONLINE,
    Fault.CLOSE_AFTER_401: Outcome.ONLINE,
    Fault.FORBIDDEN: Outcome.FORBIDDEN,
    Fault.NOT_FOUND: Outcome.NOT_FOUND,
    Fault.BUSY: Outcome.BUSY,
    Fault.BUSY_AT_SETUP: Outcome.BUSY,
    Fault.UNAVAILABLE: Outcome.BUSY,
    Fault.UNSUPPORTED_TRANSPORT: Outcome.UNSUPPORTED,
    Fault.REDIRECT: Outcome.REDIRECTED,
    Fault.NO_SDP: Outcome.PROTOCOL_ERROR,
    Fault.SILENT: Outcome.TIMEOUT,
    Fault.SLOW: Outcome.TIMEOUT,  # slower than the two seconds it gets here
    Fault.SLOW_LORIS: Outcome.TIMEOUT,
    Fault.ENDLESS_HEADER: Outcome.PROTOCOL_ERROR,
    Fault.HUGE_SDP: Outcome.PROTOCOL_ERROR,
    Fault.GARBAGE: Outcome.PROTOCOL_ERROR,
    Fault.SPEAKS_HTTP: Outcome.PROTOCOL_ERROR,
    Fault.SPEAKS_SSH: Outcome.PROTOCOL_ERROR,
    Fault.HANGS_UP: Outcome.PROTOCOL_ERROR,
    Fault.NO_FRAMES: Outcome.NO_FRAME,
    Fault.LOW_FPS: Outcome.ONLINE,
    Fault.BLACK: Outcome.ONLINE,
}


def look(farm: RunningFarm, fault: str, limits: Limits, camera: str = "door-h264-360p-gop2-key-digest") -> Reading:
    return check(target(farm.url(f"/sim/{fault}/{camera}/{next(_numbers)}")), limits, NOW)


@pytest.mark.parametrize("fault", OUTCOMES)
def test_every_fault_has_its_outcome_in_time(farm: RunningFarm, limits: Limits, fault: Fault) -> None:
    started = time.monotonic()
    reading = look(farm, fault, limits)
    took = time.monotonic() - started
    assert reading.outcome is OUTCOMES[fault], reading.detail
    assert took < limits.deadline_s + 0.25
    assert bool(reading.detail) is (reading.outcome is not Outcome.ONLINE)


@pytest.mark.parametrize("fault", ["stall.1", "close.1"])
def test_a_stream_that_ends_before_its_first_picture_is_whole_is_no_frame(
    farm: RunningFarm, limits: Limits, fault: str
) -> None:
    assert look(farm, fault, limits).outcome is Outcome.NO_FRAME


@pytest.mark.parametrize("fault", ["stall.10", "close.10"])
def test_a_stream_that_ends_after_it_has_its_picture(farm: RunningFarm, limits: Limits, fault: str) -> None:
    assert look(farm, fault, limits).outcome is Outcome.ONLINE


def test_flapping_is_seen_as_it_is_at_the_moment(farm: RunningFarm, limits: Limits) -> None:
    path = f"/sim/flapping.2/door-h264-360p-gop2-key/{next(_numbers)}"
    seen = set()
    for _ in range(8):
        seen.add(check(target(farm.url(path)), replace(limits, deadline_s=0.4), NOW, with_picture=False).outcome)
        time.sleep(0.25)
    assert seen == {Outcome.ONLINE, Outcome.TIMEOUT}


def test_nothing_listens_there(limits: Limits) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert check(target(f"rtsp://127.0.0.1:{port}/"), limits, NOW).outcome is Outcome.REFUSED


def test_a_name_nobody_knows(limits: Limits) -> None:
    assert check(target("rtsp://no-such-camera.invalid/"), limits, NOW).outcome is Outcome.DNS_ERROR


def test_an_address_where_no_camera_may_live() -> None:
    assert check(target("rtsp://127.0.0.1:1/"), Limits(), NOW).outcome is Outcome.BLOCKED_BY_POLICY


def test_rtsps_where_tls_is_not_spoken(scripted: Start, limits: Limits) -> None:
    camera = scripted(lambda camera: camera.say(b"RTSP/1.0 400 Bad Request\r\n\r\n"))
    reading = check(replace(camera, url=replace(camera.url, scheme="rtsps")), limits, NOW)
    assert reading.outcome is Outcome.TLS_ERROR


def test_a_stream_that_holds_no_picture_is_a_decode_error(scripted: Start, limits: Limits) -> None:
    """An IDR slice of rubbish, again and again."""

    def talk(camera: Conversation) -> None:
        camera.answer()
        camera.answer(200, body=SDP)
        camera.answer(200, "Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        camera.answer(200, "Session: 1")
        for number in range(40):
            for nal in (b"\x67\x42\x00\x1e\x95\xa8\x28\x0f\x64", b"\x68\xce\x38\x80", b"\x65\x88\x84" + b"\xff" * 200):
                packet = b"\x80\x60" + number.to_bytes(2, "big") + (number * 6000).to_bytes(4, "big") + bytes(4) + nal
                camera.say(b"$\x00" + len(packet).to_bytes(2, "big") + packet)
        camera.wait()

    def after_the_probe(camera: Conversation) -> None:
        if camera.number == 0:
            camera.answer()
            camera.answer(200, body=SDP)
        else:
            talk(camera)

    reading = check(scripted(after_the_probe), limits, NOW)
    assert reading.outcome is Outcome.DECODE_ERROR
    assert (reading.codec, reading.jpeg) == ("h264", None)


def test_a_camera_that_is_well_tells_everything(farm: RunningFarm, limits: Limits) -> None:
    reading = look(farm, "none", replace(limits, measure_fps=True))
    assert (reading.outcome, reading.detail, reading.at) == (Outcome.ONLINE, "", NOW)
    assert (reading.codec, reading.resolution, reading.fps, reading.fps_source) == ("h264", "640x360", 15.0, "measured")
    phases = [reading.dns_ms, reading.connect_ms, reading.options_ms, reading.describe_ms, reading.frame_ms]
    assert all(ms and ms > 0 for ms in phases)
    assert sum(ms for ms in phases if ms) <= (reading.total_ms or 0)
    assert reading.latency_ms
    assert reading.jpeg
    assert len(reading.jpeg) < 100 * 1024
    picture = cv2.imdecode(np.frombuffer(reading.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.std() > 20


def test_a_frame_rate_is_the_cameras_claim_until_it_is_measured(farm: RunningFarm, limits: Limits) -> None:
    reading = look(farm, "low-fps", limits)
    assert (reading.fps, reading.fps_source) == (15.0, "claimed")
    reading = look(farm, "low-fps", replace(limits, measure_fps=True, deadline_s=4))
    assert (reading.fps, reading.fps_source) == (4.0, "measured")


def test_a_dead_camera_keeps_what_the_probe_found(farm: RunningFarm, limits: Limits) -> None:
    reading = look(farm, "no-frames", limits)
    assert (reading.codec, reading.fps, reading.fps_source, reading.jpeg) == ("h264", 15.0, "claimed", None)
    assert reading.latency_ms
    assert reading.frame_ms


def test_without_a_picture_the_stream_is_not_opened(farm: RunningFarm, limits: Limits) -> None:
    path = f"/sim/none/door-h264-360p-gop2-key/{next(_numbers)}"
    reading = check(target(farm.url(path)), limits, NOW, with_picture=False)
    assert (reading.outcome, reading.jpeg, farm.stats.of(path).plays) == (Outcome.ONLINE, None, 0)


def test_a_camera_that_fails_the_probe_never_reaches_the_decoder(farm: RunningFarm, limits: Limits) -> None:
    path = f"/sim/none/door-h264-360p-gop2-key-digest/{next(_numbers)}"
    check(target(farm.url(path), password="wrong"), limits, NOW)
    assert (farm.stats.of(path).requests["SETUP"], farm.stats.of(path).failed_logins) == (0, 1)


def test_steps_are_shown_live(farm: RunningFarm, limits: Limits) -> None:
    seen: list[tuple[str, str, bool, str]] = []
    camera = target(farm.url(f"/sim/no-frames/door-h264-360p-gop2-key/{next(_numbers)}"))
    check(camera, limits, NOW, lambda name, state, ms, detail: seen.append((name, state, ms is not None, detail)))
    assert [name for name, state, *_ in seen if state == "running"] == [
        "dns",
        "connect",
        "options",
        "describe",
        "frame",
    ]
    assert seen[-2] == ("frame", "running", False, "")
    assert seen[-1] == ("frame", "failed", True, "The camera starts the stream, but sends nothing.")


@pytest.mark.parametrize("password", [CANARY, CANARY + "wrong"])
def test_no_trace_of_the_login_is_left(
    farm: RunningFarm,
    limits: Limits,
    password: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    camera = target(farm.url("/canary"), CANARY_USER, password)
    steps: list[object] = []
    readings = [check(camera, limits, NOW, lambda *step: steps.append(step))]
    for fault in OUTCOMES:
        url = farm.url(f"/sim/{fault}/door-h264-360p-gop2-key-basic/{next(_numbers)}")
        readings.append(check(target(url, CANARY_USER, password), replace(limits, deadline_s=0.3), NOW))
    told = repr((readings, steps, camera)) + caplog.text + "".join(capfd.readouterr())
    assert readings[0].outcome is (Outcome.ONLINE if password == CANARY else Outcome.AUTH_FAILED)
    assert "S3ntinel" not in told
    assert "op er" not in told
    assert "op%20er" not in told


def test_a_camera_that_repeats_our_login_is_not_quoted(scripted: Start, limits: Limits) -> None:
    """Reason phrases, locations, realms and codec names are the camera's to choose."""

    def talk(camera: Conversation) -> None:
        camera.answer(401, 'WWW-Authenticate: Basic realm="S3ntinel"')
        camera.request()
        camera.say("RTSP/1.0 302 S3ntinel\r\nLocation: rtsp://S3ntinel/\r\nServer: S3ntinel\r\n\r\n")

    camera = replace(scripted(talk), password="S3ntinel")
    reading = check(camera, limits, NOW)
    assert reading.outcome is Outcome.REDIRECTED
    assert "S3ntinel" not in repr(reading)


def test_a_bug_of_ours_is_told_as_such_without_secrets(
    farm: RunningFarm, limits: Limits, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> NoReturn:
        raise ZeroDivisionError(f"rtsp://viewer:{CANARY}@camera/")

    monkeypatch.setattr(module, "thumbnail", broken)
    reading = look(farm, "none", limits)
    assert (reading.outcome, reading.detail) == (Outcome.INTERNAL_ERROR, "ZeroDivisionError")
    assert "ZeroDivisionError at" in caplog.text
    assert "S3ntinel" not in caplog.text
    assert reading.total_ms


def test_no_file_handles_left_is_not_the_cameras_fault(
    farm: RunningFarm, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object, **__: object) -> NoReturn:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "create_connection", exhausted)
    assert look(farm, "none", limits).outcome is Outcome.INTERNAL_ERROR


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (errno.ENETUNREACH, Outcome.INTERNAL_ERROR),
        (errno.ENETDOWN, Outcome.INTERNAL_ERROR),
        (errno.EHOSTUNREACH, Outcome.TIMEOUT),
    ],
)
def test_a_network_that_we_are_cut_off_from_says_nothing_of_its_cameras(
    farm: RunningFarm, limits: Limits, monkeypatch: pytest.MonkeyPatch, number: int, outcome: Outcome
) -> None:
    def cut_off(*_: object, **__: object) -> NoReturn:
        raise OSError(number, "unreachable")

    monkeypatch.setattr(socket, "create_connection", cut_off)
    reading = look(farm, "none", limits)
    assert reading.outcome is outcome
    assert "from here" in reading.detail


def test_checks_run_in_threads_of_a_forked_process(farm: RunningFarm, limits: Limits) -> None:
    """As a queue worker does it: import, fork, and a pool of threads in the child."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        with ThreadPoolExecutor(12) as pool:
            readings = list(pool.map(lambda _: look(farm, "none", replace(limits, deadline_s=8)), range(36)))
        os.write(writer, b"".join(b"1" if reading.outcome is Outcome.ONLINE else b"0" for reading in readings))
        os._exit(0)
    os.close(writer)
    assert os.waitpid(child, 0)[1] == 0
    with io.FileIO(reader) as pipe:
        assert pipe.read(100) == b"1" * 36


def test_it_leaves_no_thread_no_file_and_no_viewer_behind(farm: RunningFarm, limits: Limits) -> None:
    look(farm, "none", limits)
    before = len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
    for fault in ("none", "wrong-password", "stall.1", "unsupported-transport", "garbage"):
        look(farm, fault, limits)
    for _ in range(20):
        after = len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
        if after <= before:
            break
        time.sleep(0.1)
    assert after <= before
