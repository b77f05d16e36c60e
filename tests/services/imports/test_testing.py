"""Trying out the streams of new cameras before anything of them is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from simulator.running import RunningFarm, running_farm
from tests.services.imports.conftest import cameras, check, clock, make_person, read, rows
from webapp.extensions import db
from webapp.models import Camera, Import, User, WorkState
from webapp.services.imports import course, testing

GOOD = "/sim/none/door-h264-360p-gop2-key"


@pytest.fixture(scope="module")
def farm() -> Iterator[RunningFarm]:
    with running_farm() as found:
        yield found


@pytest.fixture
def overrides(overrides: dict[str, Any]) -> dict[str, Any]:
    return overrides | {"CHECK_THREADS": 2}


@pytest.fixture
def person(app: Flask) -> User:
    return make_person()


def checked(person: User, farm: RunningFarm) -> Import:
    """Four new cameras, of which one refuses and one is not there, one that is stored, and one that is wrong."""
    db.session.add(Camera(name="Old", rtsp_url=farm.url(f"{GOOD}/9")))
    db.session.commit()
    urls = [farm.url(f"{GOOD}/1"), farm.url(f"{GOOD}/2"), farm.url("/sim/missing"), "rtsp://127.0.0.1:9/x"]
    lines = [f"New {n},{url}" for n, url in enumerate(urls)] + [f"Old,{farm.url(f'{GOOD}/9')}", "Wrong,http://x"]
    return check(person, "\n".join(["name,rtsp_url", *lines]), tests_streams=True)


def test_every_new_camera_gets_its_outcome_and_nothing_is_stored(person: User, farm: RunningFarm) -> None:
    import_ = checked(person, farm)
    assert import_.state == WorkState.TESTING
    testing.run(import_.id, clock)
    import_ = read(import_)
    assert (import_.state, import_.done, import_.total) == (WorkState.CHECKED, 4, 4)
    assert [row.outcome for row in rows(import_)] == ["online", "online", "not_found", "refused", None, None]
    assert set(cameras()) == {"Old"}


def test_an_end_that_is_asked_for_keeps_what_is_known(
    person: User, farm: RunningFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "ROUNDS", 1)
    import_ = checked(person, farm)
    test = testing._test

    pieces: list[Any] = []

    def stop_in_the_second(piece: Any, now: Any) -> Any:
        pieces.append(piece)
        if len(pieces) == 2:
            course.cancel(import_.id, clock())
        return test(piece, now)

    monkeypatch.setattr(testing, "_test", stop_in_the_second)
    testing.run(import_.id, clock)
    assert read(import_).state == WorkState.CHECKED
    assert [row.outcome for row in rows(import_)][:4] == ["online", "online", None, None]


def test_it_ends_when_it_has_taken_long_enough(
    person: User, farm: RunningFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "LONGEST_S", -1.0)
    import_ = checked(person, farm)
    testing.run(import_.id, clock)
    assert read(import_).state == WorkState.CHECKED
    assert {row.outcome for row in rows(import_)} == {None}
