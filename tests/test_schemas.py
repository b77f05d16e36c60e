from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.schemas import CameraInput, GroupInput, InvalidInput, NewPassword, UserInput, parse

GOOD: dict[str, Any] = {"name": "Gate 2", "rtsp_url": "rtsp://10.20.4.14:554/stream1"}


def problems_of(**changed: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as caught:
        parse(CameraInput, GOOD | changed)
    return caught.value.problems


def test_it_takes_a_camera_with_only_name_and_url() -> None:
    camera = parse(CameraInput, GOOD)
    assert (camera.name, camera.is_active, camera.detection_sensitivity) == ("Gate 2", True, None)


def test_it_trims_and_turns_empty_texts_into_nothing() -> None:
    camera = parse(CameraInput, GOOD | {"name": "\u00a0 Gate 2 ", "location": "  ", "fps": "", "codec": ""})
    assert (camera.name, camera.location, camera.fps, camera.codec) == ("Gate 2", None, None, None)


def test_it_reports_every_wrong_field_at_once() -> None:
    found = problems_of(
        name=" ", rtsp_url="http://x", resolution="big", fps="fast", detection_sensitivity=2, colour="red"
    )
    assert set(found) == {"name", "rtsp_url", "resolution", "fps", "detection_sensitivity", "colour"}


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/stream",
        "file:///etc/passwd",
        "rtsp://admin:secret@10.0.0.1/stream",
        "rtsp://10.0.0.1/stream\r\nX: y",
        "rtsp://10.0.0.1/a b",
        "rtsp://10.0.0.1/a|b",
        "rtsp://",
        "rtsp://10.0.0.1:99999/",
        "rtsp://2130706433/",
        "rtsp://0x7f.1/",
        "rtsp://10.0.0.1/" + "x" * 3000,
        "",
        None,
        17,
    ],
)
def test_a_url_we_must_not_open_is_refused_at_its_field(url: Any) -> None:
    found = problems_of(rtsp_url=url)
    assert set(found) == {"rtsp_url"}
    assert found["rtsp_url"][0].endswith(".")


def test_a_password_in_the_url_is_not_repeated_in_the_sentence() -> None:
    assert "hunter2" not in str(problems_of(rtsp_url="rtsp://admin:hunter2@10.0.0.1/stream"))


def test_a_contract_shown_in_a_log_holds_no_password() -> None:
    assert "hunter2" not in repr(parse(CameraInput, GOOD | {"password": "hunter2"}))


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "x" * 256, None, 5])
def test_a_name_that_cannot_be_shown_is_refused(name: Any) -> None:
    assert set(problems_of(name=name)) == {"name"}


def test_groups_and_people_have_contracts_too() -> None:
    assert parse(GroupInput, {"name": "Gate"}).parent_id is None
    with pytest.raises(InvalidInput, match="12 characters"):
        parse(NewPassword, {"password": "short"})
    with pytest.raises(InvalidInput, match="name@example"):
        parse(UserInput, {"email": "nobody", "password": "long enough indeed"})


@given(
    st.dictionaries(
        st.sampled_from([*CameraInput.model_fields, "x"]), st.text() | st.integers() | st.none() | st.floats()
    )
)
def test_whatever_comes_is_a_camera_or_sentences(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(CameraInput, data | {"x": 1})
    assert all(text[-1] in ".'" for found in caught.value.problems.values() for text in found)


def test_tags_are_small_letters_and_keep_their_own() -> None:
    assert parse(CameraInput, GOOD | {"tags": "Außen, NIGHT, außen"}).tags == ("außen", "night")
