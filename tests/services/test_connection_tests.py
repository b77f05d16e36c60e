"""Test before save: what is kept, what is shown step by step, and what never leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from simulator.running import RunningFarm, running_farm
from webapp.credentials import Credentials
from webapp.extensions import db, settings
from webapp.models import Camera, CameraHealth, ConnectionTest, User, new_id, utc_now
from webapp.schemas import InvalidInput, StreamInput
from webapp.services import connection_check, connection_tests, stored_stream
from webapp.services.connection_tests import picture_key
from webapp.services.pictures import picture_hash
from webapp.storage import storage_from_settings

PASSWORD = "S3ntinel-Ca##ary"
MakeUser = Callable[..., User]


@pytest.fixture(scope="module")
def farm() -> Iterator[RunningFarm]:
    with running_farm() as found:
        yield found


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"CHECK_DEADLINE_SECONDS": 2.0}


@pytest.fixture
def person(make_user: MakeUser) -> User:
    return make_user()


def finished_test(url: str, person: User, **given: Any) -> ConnectionTest:
    """A test from its creation to its end."""
    test_id = connection_tests.create(StreamInput(rtsp_url=url, **given), person, utc_now()).id
    connection_check.run(test_id, utc_now())
    return again(test_id)


def again(test_id: str) -> ConnectionTest:
    test = db.session.get(ConnectionTest, test_id, populate_existing=True)
    assert test is not None
    return test


def test_a_good_camera_shows_what_it_sends(farm: RunningFarm, person: User) -> None:
    test = finished_test(farm.url("/sim/none/door-h264-360p-gop2-key/1"), person)
    assert (test.outcome, test.codec, test.resolution) == ("online", "h264", "640x360")
    assert test.finished_at is not None
    jpeg = storage_from_settings(settings).get(picture_key(test.id)).data
    assert test.picture_hash == picture_hash(jpeg)
    assert [step["name"] for step in test.steps] == ["dns", "connect", "options", "describe", "frame"]
    assert {step["state"] for step in test.steps} == {"ok"}


def test_the_step_that_fails_is_the_last_and_says_why(farm: RunningFarm, person: User) -> None:
    test = finished_test(farm.url("/sim/not-found/door-h264-360p-gop2-key/1"), person)
    assert (test.outcome, test.picture_hash) == ("not_found", None)
    assert [step["state"] for step in test.steps] == ["ok"] * (len(test.steps) - 1) + ["failed"]
    assert test.steps[-1]["name"] == "describe"


def test_steps_are_seen_while_they_happen(farm: RunningFarm, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []
    real = connection_check._write

    def write_and_look(test_id: str, **values: Any) -> None:
        real(test_id, **values)
        seen.extend((step["name"], step["state"]) for step in again(test_id).steps[-1:])

    monkeypatch.setattr(connection_check, "_write", write_and_look)
    finished_test(farm.url("/sim/none/door-h264-360p-gop2-key/2"), person)
    assert seen.index(("describe", "running")) < seen.index(("describe", "ok")) < seen.index(("frame", "running"))


def test_the_password_reaches_the_camera_and_is_forgotten_afterwards(farm: RunningFarm, person: User) -> None:
    url = farm.url("/sim/none/door-h264-360p-gop2-key-digest/3")
    test = finished_test(url, person, username="viewer", password="see no evil")
    assert test.outcome == "online"
    assert test.password_encrypted is None


def test_a_stored_password_is_bound_to_its_test(person: User) -> None:
    given = StreamInput(rtsp_url="rtsp://127.0.0.1/", username="viewer", password=PASSWORD)
    test = connection_tests.create(given, person, utc_now())
    assert PASSWORD not in (test.password_encrypted or "")
    assert Credentials(settings.CREDENTIAL_KEYS).decrypt(test.password_encrypted or "", test.id) == PASSWORD


def test_the_address_is_checked_before_anything_is_stored(person: User) -> None:
    with pytest.raises(InvalidInput) as refused:
        connection_tests.create(StreamInput(rtsp_url="rtsp://169.254.169.254/"), person, utc_now())
    assert list(refused.value.problems) == ["rtsp_url"]
    assert db.session.scalar(select(func.count(ConnectionTest.id))) == 0


@pytest.fixture
def camera(farm: RunningFarm, make_camera: Callable[..., Camera]) -> Camera:
    camera_id = new_id()
    sealed = Credentials(settings.CREDENTIAL_KEYS).encrypt("see no evil", camera_id)
    url = farm.url("/sim/none/door-h264-360p-gop2-key-digest/4")
    return make_camera(id=camera_id, rtsp_url=url, username="viewer", password_encrypted=sealed)


def test_a_blank_password_means_the_cameras_stored_one(farm: RunningFarm, person: User, camera: Camera) -> None:
    given = StreamInput(rtsp_url=farm.url("/sim/none/door-h264-360p-gop2-key-digest/5"), username="viewer")
    test_id = connection_tests.create(given, person, utc_now(), camera).id
    connection_check.run(test_id, utc_now())
    assert again(test_id).outcome == "online"


@pytest.mark.parametrize("elsewhere", ["rtsp://10.9.9.9/stream", "rtsp://127.0.0.1:9/stream"])
def test_the_stored_password_is_never_sent_to_another_address(person: User, camera: Camera, elsewhere: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        connection_tests.create(StreamInput(rtsp_url=elsewhere, username="viewer"), person, utc_now(), camera)
    assert list(refused.value.problems) == ["password"]


def test_a_test_that_is_delivered_twice_runs_once(farm: RunningFarm, person: User) -> None:
    path = "/sim/none/door-h264-360p-gop2-key/6"
    test = finished_test(farm.url(path), person)
    connection_check.run(test.id, utc_now())
    assert farm.stats.of(path).plays == 1


def test_it_never_touches_the_tables_of_the_sweep(farm: RunningFarm, person: User) -> None:
    finished_test(farm.url("/sim/none/door-h264-360p-gop2-key/7"), person)
    assert db.session.scalar(select(func.count()).select_from(CameraHealth)) == 0


def test_a_picture_that_cannot_be_stored_does_not_spoil_the_result(
    farm: RunningFarm, person: User, overrides: dict[str, Any]
) -> None:
    Path(overrides["DATA_DIR"], "pictures").write_text("in the way")
    test = finished_test(farm.url("/sim/none/door-h264-360p-gop2-key/8"), person)
    assert (test.outcome, test.picture_hash) == ("online", None)


def test_an_error_of_ours_ends_the_test_with_our_own_error(
    farm: RunningFarm, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(stored_stream, "check", broken)
    test = finished_test(farm.url("/sim/none/door-h264-360p-gop2-key/9"), person)
    assert (test.outcome, test.finished_at is not None) == ("internal_error", True)


@pytest.mark.usefixtures("app")
def test_a_test_that_was_forgotten_meanwhile_is_left_alone() -> None:
    connection_check.run(new_id(), utc_now())


def test_old_tests_are_forgotten_with_their_pictures(farm: RunningFarm, person: User) -> None:
    old = finished_test(farm.url("/sim/none/door-h264-360p-gop2-key/10"), person)
    young = connection_tests.create(StreamInput(rtsp_url="rtsp://127.0.0.1/"), person, utc_now() + timedelta(hours=1))
    assert connection_tests.forget_old(utc_now() + timedelta(hours=1, minutes=1)) == 1
    assert [test.id for test in db.session.scalars(select(ConnectionTest))] == [young.id]
    assert not storage_from_settings(settings).exists(picture_key(old.id))
