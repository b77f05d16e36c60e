"""Which stored camera a row means, and which rows cannot be told apart."""

from __future__ import annotations

import pytest

from tests.services.imports.conftest import actions, add, check, rows, told
from webapp.models import User
from webapp.services import groups


def test_two_rows_with_one_code_are_told_apart_by_line(person: User) -> None:
    import_ = check(person, "name,code,rtsp_url\nA,X,rtsp://10.0.0.1/a\nB,x,rtsp://10.0.0.2/a\n")
    assert actions(import_) == {2: "create", 3: "error"}
    sentence = "This code stands in line 2 already; every code may be used once. Change one of the two."
    assert told(import_) == {3: [("code", "x", sentence)]}


@pytest.mark.parametrize(
    ("match", "columns", "row", "sentence"),
    [
        ("code", "name,rtsp_url", "A,rtsp://10.0.0.1/a", "This RTSP URL stands in line 2 already."),
        ("url", "name,rtsp_url", "A,RTSP://10.0.0.1:554/a", "This RTSP URL stands in line 2 already."),
        ("name", "name,rtsp_url,group", "A,rtsp://10.0.0.2/b,G", "This name stands in line 2 already"),
    ],
)
def test_duplicate_rows_are_refused(person: User, match: str, columns: str, row: str, sentence: str) -> None:
    first = "A,rtsp://10.0.0.1/a,G" if "group" in columns else "A,rtsp://10.0.0.1/a"
    import_ = check(person, f"{columns}\n{first}\n{row}\n", match=match)
    assert actions(import_) == {2: "create", 3: "error"}
    assert told(import_)[3][0][2].startswith(sentence)


def test_two_new_cameras_cannot_have_one_address_whatever_their_codes(person: User) -> None:
    add(name="X", code="X1", rtsp_url="rtsp://10.0.0.9/a")
    add(name="Y", code="Y1", rtsp_url="rtsp://10.0.0.9/a")
    import_ = check(
        person,
        "name,code,rtsp_url\nA,1,rtsp://10.0.0.1/a\nB,2,RTSP://10.0.0.1:554/a\n"
        "New X,X1,rtsp://10.0.0.9/a\nNew Y,Y1,rtsp://10.0.0.9/a\n",
    )
    assert actions(import_) == {2: "create", 3: "error", 4: "update", 5: "update"}
    assert told(import_)[3][0][2] == "This RTSP URL stands in line 2 already. Change one of the two."


def test_a_row_that_cannot_be_told_apart_is_told_of_its_other_errors_too(person: User) -> None:
    import_ = check(person, "name,code,rtsp_url,fps\nA,a,rtsp://10.0.0.1/a,25\n,a,rtsp://8.8.8.8/b,999\n")
    assert [column for column, _, _ in told(import_)[3]] == ["code", "rtsp_url", "fps"]


def test_an_error_in_one_field_hides_no_network_and_no_taken_code(person: User) -> None:
    add(name="A", code="a", rtsp_url="rtsp://10.0.0.1/a")
    import_ = check(person, "name,code,rtsp_url,fps\nB,A,rtsp://8.8.8.8/x,999\n", match="url")
    assert [column for column, _, _ in told(import_)[2]] == ["code", "rtsp_url", "fps"]


def test_two_rows_that_mean_one_stored_camera_are_refused(person: User) -> None:
    add(name="Gate", code="G", rtsp_url="rtsp://10.0.0.1/a")
    import_ = check(person, "name,code,rtsp_url\nA,G,rtsp://10.0.0.9/a\nB,,rtsp://10.0.0.1/a\n")
    assert told(import_)[3][0][2] == "This is “Gate”, as line 2 is already. Keep one of the two."


def test_a_row_that_fits_two_cameras_is_refused(person: User) -> None:
    for name in ("A", "B"):
        add(name=name)
    import_ = check(person, "name,rtsp_url\nC,rtsp://10.0.0.1/a\n", match="url")
    assert told(import_)[2][0][2] == "2 cameras fit this row, such as “A”, “B”. Match by something else."


def test_a_code_of_another_camera_is_taken(person: User) -> None:
    add(name="Gate", code="G1")
    add(name="Door", code="D1", rtsp_url="rtsp://10.0.0.2/a")
    import_ = check(person, "name,code,rtsp_url\nNew,g1,rtsp://10.0.0.2/a\n", match="url")
    assert told(import_)[2][0][2] == "“Gate” has this code already; every code may be used once."


@pytest.mark.parametrize(
    ("match", "row", "is_found"),
    [
        ("code", "New name,G1,rtsp://10.9.9.9/x,", True),
        ("code", "New name,,rtsp://10.0.0.1:554/a,", True),
        ("code", "New name,G2,rtsp://10.0.0.2/a,", False),
        ("url", "New name,G2,rtsp://10.0.0.1/a,", True),
        ("url", "Gate,G2,rtsp://10.0.0.2/a,", False),
        ("name", "Gate,,rtsp://10.9.9.9/x,Site A", True),
        ("name", "Gate,,rtsp://10.9.9.9/x,", True),
        ("name", "Gate,,rtsp://10.9.9.9/x,Site B", False),
        ("name", "gate,,rtsp://10.9.9.9/x,Site A", False),
    ],
)
def test_a_row_means_a_stored_camera_by_what_was_chosen(person: User, match: str, row: str, is_found: bool) -> None:
    group = groups.ensure_path(("Site A",))
    assert group
    add(code="G1", group_id=group.id)
    import_ = check(person, f"name,code,rtsp_url,group\n{row}\n", match=match)
    assert actions(import_) == {2: "update" if is_found else "create"}


@pytest.mark.parametrize(
    ("match", "row", "sentence"),
    [
        ("code", "New,G2,rtsp://10.0.0.1:554/a", "is already “Gate” with the code G1. Correct the code or the address"),
        ("name", "New,,rtsp://10.0.0.1/a", "is already “Gate” with the code G1. Correct the name or the address"),
    ],
)
def test_a_new_camera_at_the_address_of_a_stored_one_is_none(person: User, match: str, row: str, sentence: str) -> None:
    add(code="G1")
    import_ = check(person, f"name,code,rtsp_url\n{row}\n", match=match)
    assert actions(import_) == {2: "error"}
    assert sentence in told(import_)[2][0][2]


def test_an_address_that_an_earlier_row_leaves_is_free(person: User) -> None:
    add(code="G1")
    import_ = check(person, "name,code,rtsp_url\nGate,G1,rtsp://10.0.0.2/a\nNew,G2,rtsp://10.0.0.1/a\n")
    assert actions(import_) == {2: "update", 3: "create"}


def test_a_camera_without_a_code_gets_the_one_of_the_row_with_its_url(person: User) -> None:
    add(code=None)
    import_ = check(person, "name,code,rtsp_url\nGate,G1,rtsp://10.0.0.1/a\n")
    assert rows(import_)[0].changes == {"code": [None, "G1"]}
