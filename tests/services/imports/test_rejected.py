"""The rows that were refused come back as the file they came in, with reasons, and can be imported again."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from tests.services.imports.conftest import actions, apply, cameras, check, clock, make_person
from webapp.models import User
from webapp.services.imports import file, rejected, template
from webapp.services.imports.table import Unreadable


@pytest.fixture
def person(app: Flask) -> User:
    return make_person()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_it_has_the_columns_the_delimiter_and_the_encoding_of_the_file(person: User, encoding: str) -> None:
    text = (
        "Bezeichnung;IP;Kennwort;Baujahr\r\n"
        "Tür 1;10.0.0.1;;2019\r\n"
        '"=Tür ""2""";nirgends ;"=ge;heim";2020\r\n'
        "Tür 3;;;\r\n"
    )
    found = rejected.download(check(person, text.encode(encoding)))
    assert (found.name, found.mimetype) == ("cameras-rejected.csv", "text/csv")
    read = found.data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    assert read.splitlines() == [
        "Bezeichnung;IP;Kennwort;Baujahr;_line;_error",
        '"\'=Tür ""2""";nirgends ;"\'=ge;heim";2020;3;IP: No address is known for this host name.',
        "Tür 3;;;;4;IP: Please fill in the RTSP URL, such as rtsp://192.168.1.100:554/stream1.",
    ]
    assert encoding == "windows-1252" or found.data[:2] in (b"\xef\xbb", b"\xff\xfe")


def test_mended_it_is_imported_again(person: User) -> None:
    import_ = apply(check(person, "name,code,rtsp_url,tags\nA,1,10.0.0.1,x\n=B,2,nowhere at all,y\n"))
    mended = rejected.download(import_).data.decode("utf-8-sig").replace("nowhere at all", "10.0.0.2")
    again = check(person, mended)
    assert again.options["mapping"] == ["name", "code", "rtsp_url", "tags", None, None]
    assert actions(again) == {2: "create"}
    apply(again)
    assert set(cameras()) == {"A", "=B"}


def test_its_own_columns_do_not_pile_up(person: User) -> None:
    first = rejected.download(check(person, "name,rtsp_url\nA,nowhere at all\n"))
    second = rejected.download(check(person, first.data))
    assert second.data.splitlines()[0] == b"\xef\xbb\xbfname,rtsp_url,_line,_error"


def test_without_headings_it_gets_those_of_the_fields(person: User) -> None:
    import_ = check(person, "A,rtsp://192.0.2.1/a,extra\n", mapping=["name", "rtsp_url", None])
    found = rejected.download(import_)
    assert found.data.decode("utf-8-sig").splitlines()[0] == "name,rtsp_url,Column 3,_line,_error"
    assert actions(check(person, found.data.replace(b"192.0.2.1", b"10.0.0.1"))) == {2: "create"}


def test_json_stays_json(person: User) -> None:
    items = [{"name": "A", "rtsp_url": "10.0.0.1"}, {"name": "B", "fps": 500, "mine": {"x": [1]}}]
    found = rejected.download(check(person, json.dumps(items)))
    (item,) = json.loads(found.data)
    assert found.name == "cameras-rejected.json"
    assert item.pop("_error").startswith("rtsp_url: Please fill in the RTSP URL")
    assert item == items[1] | {"_line": 2}


def test_when_the_file_is_gone_it_says_so(person: User) -> None:
    import_ = check(person, "name,rtsp_url\nA,nowhere at all\n")
    file.forget(import_.id)
    with pytest.raises(Unreadable, match="Upload it again"):
        rejected.download(import_)


def test_the_template_can_be_imported_as_it_is(person: User) -> None:
    import_ = check(person, template.template())
    assert actions(import_) == {2: "create", 3: "create"}
    assert None not in import_.options["mapping"]
    assert clock() > import_.created_at
