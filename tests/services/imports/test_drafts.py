"""An import before it does anything: how its file is read and what its columns mean."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.services.imports.conftest import actions, check, clock, make_person, read
from webapp.extensions import db
from webapp.models import Import, User, WorkState
from webapp.schemas import ImportOptions, InvalidInput, parse
from webapp.services.imports import course, drafts
from webapp.services.imports.course import OutOfTurn
from webapp.services.imports.table import Asked, Unreadable
from webapp.services.rights import EVERYTHING


@pytest.fixture
def person(app: Flask) -> User:
    return make_person()


def create(person: User, text: str | bytes) -> Import:
    return drafts.create(person, "a.csv", text if isinstance(text, bytes) else text.encode(), clock())


def test_it_is_read_as_it_looks_and_its_columns_are_guessed(person: User) -> None:
    import_ = create(person, "Bezeichnung;IP;Baujahr\nTür;10.0.0.1;2019\n".encode("windows-1252"))
    found = drafts.found_of(import_)
    assert (import_.state, found.encoding, found.is_guessed, found.delimiter, found.rows) == (
        WorkState.DRAFT,
        "windows-1252",
        True,
        ";",
        1,
    )
    assert import_.options["mapping"] == ["name", "rtsp_url", None]
    assert drafts.preview(import_) == [["Tür", "10.0.0.1", "2019"]]


def test_what_cannot_be_read_leaves_nothing_behind(person: User) -> None:
    with pytest.raises(Unreadable):
        create(person, b"%PDF-1.4")
    assert db.session.query(Import).count() == 0


def test_the_preview_hides_secrets(person: User) -> None:
    import_ = create(
        person, "name,rtsp_url,ONVIF Passwort,x\nA,rtsp://a:geheim@10.0.0.1/a,geheim,see rtsp://b:geheim@c\n"
    )
    assert drafts.preview(import_) == [["A", "rtsp://●●●●@10.0.0.1/a", "●●●●", "see rtsp://●●●●@c"]]
    import_.options = import_.options | {"mapping": ["name", "rtsp_url", None, "password"]}
    assert drafts.preview(import_)[0][3] == "●●●●"


def test_the_preview_is_short(person: User) -> None:
    import_ = create(person, f"name,notes\n{chr(10).join(['A,' + 'x' * 500] * 9)}\n")
    preview = drafts.preview(import_)
    assert len(preview) == 5
    assert preview[0][1] == "x" * 59 + "…"


def test_it_is_read_again_in_another_way(person: User) -> None:
    import_ = create(person, "Name|Stra\xdfe,Ort\nA|B,C\n".encode("windows-1250"))
    drafts.read_again(import_, Asked("windows-1250", ","), clock())
    found = drafts.found_of(read(import_))
    assert (found.encoding, found.is_guessed, found.headings) == ("windows-1250", False, ("Name|Straße", "Ort"))
    assert read(import_).options["mapping"] == [None, "location"]


def test_one_that_is_at_work_is_left_alone(person: User) -> None:
    import_ = create(person, "name,rtsp_url\nA,10.0.0.1\n")
    course.go(import_.id, [WorkState.DRAFT], WorkState.RUNNING, clock())
    for act in (
        lambda: drafts.read_again(import_, Asked(), clock()),
        lambda: drafts.start_check(import_, parse(ImportOptions, import_.options), EVERYTHING, clock()),
        lambda: drafts.reopen(import_, clock()),
    ):
        with pytest.raises(OutOfTurn):
            act()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"mapping": ["name", "name"]}, "mapping"),
        ({"mapping": [None, None]}, "mapping"),
        ({"mapping": ["name", "is_admin"]}, "mapping"),
        ({"mapping": ["name"]}, "mapping"),
        ({"group_id": "00000000-0000-0000-0000-000000000000x"}, "group_id"),
        ({"match": "colour"}, "match"),
        ({"existing": "burn"}, "existing"),
    ],
)
def test_options_that_make_no_sense_are_refused(person: User, options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(person, "name,rtsp_url\nA,10.0.0.1\n", **options)
    assert list(refused.value.problems) == [field]


def test_a_dry_run_can_be_made_again_with_other_options(person: User) -> None:
    import_ = check(person, "name,rtsp_url,group\nA,10.0.0.1,Site A\n", creates_groups=False)
    assert actions(import_) == {2: "error"}
    drafts.reopen(import_, clock())
    assert read(import_).state == WorkState.DRAFT
    again = parse(ImportOptions, read(import_).options | {"creates_groups": True})
    drafts.start_check(import_, again, EVERYTHING, clock())
    assert read(import_).state == WorkState.CHECKING
    assert actions(import_) == {}


def test_stopping_what_still_waits_leads_back_at_once(person: User) -> None:
    import_ = create(person, "name,rtsp_url\nA,10.0.0.1\n")
    drafts.start_check(import_, parse(ImportOptions, import_.options), EVERYTHING, clock())
    course.cancel(import_.id, clock())
    assert read(import_).state == WorkState.DRAFT
    with pytest.raises(OutOfTurn):
        course.cancel(import_.id, clock())
