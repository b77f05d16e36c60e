"""What a camera answers to whom."""

from __future__ import annotations

import base64
import re
import ssl

import pytest

from simulator.cameras import AD_HOC_ACCOUNT, CameraSpec
from simulator.running import RunningFarm, running_farm
from tests.simulator.conftest import GUARDED, MID, SMALL
from tests.simulator.viewer import Viewer, basic, digest


def logged_in(viewer: Viewer, method: str, username: str, password: str) -> int:
    """Asks, answers the first Digest challenge, and returns the status it comes to."""
    challenge = viewer.ask(method).headers["www-authenticate"][0]
    return viewer.ask(method, digest(challenge, method, viewer.uri, username, password)).status


def test_options_name_the_methods_and_need_no_login(farm: RunningFarm) -> None:
    with Viewer(farm, GUARDED.path) as viewer:
        answer = viewer.ask("OPTIONS")
    assert answer.status == 200
    assert {"DESCRIBE", "SETUP", "PLAY", "TEARDOWN", "GET_PARAMETER"} <= set(answer.header("Public").split(", "))


def test_it_describes_its_stream(farm: RunningFarm) -> None:
    with Viewer(farm, f"{MID}/100") as viewer:
        answer = viewer.ask("DESCRIBE", "Accept: application/sdp")
    sdp = answer.body.decode()
    assert answer.header("Content-Type") == "application/sdp"
    assert answer.header("Content-Base") == viewer.uri + "/"
    assert "a=rtpmap:96 H264/90000\r\n" in sdp
    assert "a=framerate:15\r\n" in sdp
    assert "a=control:trackID=1\r\n" in sdp
    sets = re.search(r"sprop-parameter-sets=(\S+),(\S+)", sdp)
    assert sets is not None
    assert [base64.b64decode(text)[0] & 31 for text in sets.groups()] == [7, 8]


@pytest.mark.parametrize(
    ("codec", "lines"),
    [
        ("h265", ["a=rtpmap:96 H265/90000", "sprop-vps=", "sprop-sps=", "sprop-pps="]),
        ("mjpeg", ["m=video 0 RTP/AVP 26", "a=rtpmap:26 JPEG/90000"]),
    ],
)
def test_it_describes_other_codecs(farm: RunningFarm, codec: str, lines: list[str]) -> None:
    with Viewer(farm, f"/sim/none/door-{codec}-360p-gop2-mid/100") as viewer:
        sdp = viewer.ask("DESCRIBE").body.decode()
    assert [line for line in lines if line not in sdp] == []


def test_a_camera_may_keep_its_frame_rate_to_itself() -> None:
    with running_farm([CameraSpec("/shy", size=SMALL, claims_fps=False)]) as farm, Viewer(farm, "/shy") as viewer:
        assert b"framerate" not in viewer.ask("DESCRIBE").body


def test_an_unknown_path_is_not_found(farm: RunningFarm) -> None:
    with Viewer(farm, "/nowhere") as viewer:
        assert viewer.ask("DESCRIBE").status == 404


def test_it_streams_over_tcp_only(farm: RunningFarm) -> None:
    with Viewer(farm, f"{MID}/101") as viewer:
        assert viewer.ask("SETUP", "Transport: RTP/AVP;unicast;client_port=5000-5001").status == 461


def test_nothing_plays_before_setup(farm: RunningFarm) -> None:
    with Viewer(farm, f"{MID}/102") as viewer:
        assert viewer.ask("PLAY").status == 454


def test_an_unknown_method_is_refused(farm: RunningFarm) -> None:
    with Viewer(farm, f"{MID}/103") as viewer:
        answer = viewer.ask("RECORD")
    assert (answer.status, "PLAY" in answer.header("Allow")) == (405, True)


def test_what_is_not_rtsp_is_a_bad_request(farm: RunningFarm) -> None:
    with Viewer(farm, f"{MID}/104") as viewer:
        viewer.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert viewer.answer().status == 400
        assert viewer.has_hung_up()


def test_it_offers_several_ways_to_log_in(farm: RunningFarm) -> None:
    with Viewer(farm, GUARDED.path) as viewer:
        challenges = viewer.ask("DESCRIBE").headers["www-authenticate"]
    assert [challenge.split(" ")[0] for challenge in challenges] == ["Digest", "Basic"]


def test_basic_opens_a_camera_that_offers_it(farm: RunningFarm) -> None:
    with Viewer(farm, GUARDED.path) as viewer:
        assert viewer.ask("DESCRIBE", basic("admin", "pa:ss word")).status == 200


@pytest.mark.parametrize("auth", ["digest", "digest-qop", "digest-sha256"])
def test_digest_opens_a_camera_with_the_right_password_only(farm: RunningFarm, auth: str) -> None:
    username, password = AD_HOC_ACCOUNT.username, AD_HOC_ACCOUNT.password
    with Viewer(farm, f"{MID}-{auth}/105") as viewer:
        assert logged_in(viewer, "DESCRIBE", username, password) == 200
        assert logged_in(viewer, "DESCRIBE", username, password + "!") == 401
        assert logged_in(viewer, "DESCRIBE", "root", password) == 401
        assert viewer.ask("DESCRIBE", basic(username, password)).status == 401


def test_a_sha256_camera_says_so_and_takes_nothing_less(farm: RunningFarm) -> None:
    username, password = AD_HOC_ACCOUNT.username, AD_HOC_ACCOUNT.password
    with Viewer(farm, f"{MID}-digest-sha256/106") as viewer:
        challenge = viewer.ask("DESCRIBE").header("WWW-Authenticate")
        assert "algorithm=SHA-256" in challenge
        md5 = digest(challenge.replace("SHA-256", "MD5"), "DESCRIBE", viewer.uri, username, password)
        assert viewer.ask("DESCRIBE", md5).status == 401


def test_it_locks_the_account_after_five_wrong_passwords() -> None:
    spec = CameraSpec("/locking", size=SMALL, username="admin", password="right", auth="basic")
    with running_farm([spec]) as farm, Viewer(farm, spec.path) as viewer:
        for _ in range(4):
            viewer.ask("DESCRIBE", basic("admin", "wrong"))
        assert viewer.ask("DESCRIBE", basic("admin", "right")).status == 200
        for _ in range(5):
            viewer.ask("DESCRIBE", basic("admin", "wrong"))
        assert viewer.ask("DESCRIBE", basic("admin", "right")).status == 401
        assert farm.stats.of(spec.path).failed_logins == 10


def test_a_request_without_a_login_is_no_failed_login(farm: RunningFarm) -> None:
    path = f"{MID}-digest/107"
    with Viewer(farm, path) as viewer:
        viewer.ask("DESCRIBE")
    assert farm.stats.of(path).failed_logins == 0


def test_teardown_ends_the_stream_and_keeps_the_connection(farm: RunningFarm) -> None:
    path = f"{MID}/108"
    with Viewer(farm, path) as viewer:
        viewer.play()
        viewer.picture()
        assert viewer.ask("TEARDOWN").status == 200
        assert farm.stats.of(path).viewers == 0
        assert viewer.ask("OPTIONS").status == 200


def test_it_answers_keepalives_while_it_streams(farm: RunningFarm) -> None:
    with Viewer(farm, f"{MID}/109") as viewer:
        viewer.play()
        viewer.picture()
        answer = viewer.ask("GET_PARAMETER")
    assert (answer.status, "timeout=60" in answer.header("Session")) == (200, True)


def test_it_speaks_rtsps(farm: RunningFarm) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with Viewer(farm, f"{MID}/110", trusting) as viewer:
        assert viewer.play().status == 200
        assert viewer.picture()


def test_nobody_vouches_for_its_certificate(farm: RunningFarm) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        Viewer(farm, f"{MID}/110", ssl.create_default_context())
