"""Files as people have them: what is understood, and the sentence for everything that is not."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.services.imports.reading import examine, rows
from webapp.services.imports.table import MAX_BYTES, Asked, Found, Row, Unreadable

HEAD = "Bezeichnung;Adresse;Straße\n"
LINE = "Tor Nord;10.20.4.14;Grünweg\n"


def read(data: bytes, **asked: object) -> tuple[Found, list[Row]]:
    found = examine(data, Asked(**asked))  # type: ignore[arg-type]
    return found, list(rows(data, found))


@pytest.mark.parametrize(
    ("data", "encoding", "is_guessed"),
    [
        ((HEAD + LINE).encode("utf-8"), "utf-8", False),
        ((HEAD + LINE).encode("utf-8-sig"), "utf-8", False),
        ((HEAD + LINE).encode("utf-16"), "utf-16", False),
        (b"\xfe\xff" + (HEAD + LINE).encode("utf-16-be"), "utf-16", False),
        ((HEAD + LINE).encode("utf-16-le"), "utf-16", True),
        ((HEAD + LINE).encode("windows-1252"), "windows-1252", True),
    ],
)
def test_the_encoding_is_found_out(data: bytes, encoding: str, is_guessed: bool) -> None:
    found, (row,) = read(data)
    assert (found.encoding, found.is_guessed) == (encoding, is_guessed)
    assert found.headings == ("Bezeichnung", "Adresse", "Straße")
    assert row == Row(2, {0: "Tor Nord", 1: "10.20.4.14", 2: "Grünweg"})


def test_another_encoding_can_be_asked_for() -> None:
    data = "Name,Ort\nŁódź,Źródło\n".encode("windows-1250")
    assert read(data, encoding="windows-1250")[1][0].cells[0] == "Łódź"
    with pytest.raises(Unreadable, match=r"not UTF-8: line 2 .* Choose another encoding"):
        read(data, encoding="utf-8")


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_splits_the_heading_most(sign: str) -> None:
    data = sign.join(["Name", '"Address, port; path|x"', "Notes"]) + "\n" + sign.join(["a", "b", "c"])
    found, (row,) = read(data.encode())
    assert found.delimiter == sign
    assert row.cells == {0: "a", 1: "b", 2: "c"}


def test_a_first_line_that_names_the_delimiter_wins_and_is_no_row() -> None:
    found, (row,) = read(b"sep=|\r\na,b|c\r\n1,5|2\r\n")
    assert found.headings == ("a,b", "c")
    assert row == Row(2, {0: "1,5", 1: "2"})


def test_another_delimiter_can_be_asked_for() -> None:
    assert read(b"a,b,c;d\n1,2,3;4\n", delimiter=";")[0].headings == ("a,b,c", "d")


def test_without_a_heading_the_columns_are_numbered() -> None:
    found, read_rows = read(b"Gate,rtsp://10.0.0.1/a\nDoor,rtsp://10.0.0.2/a\n")
    assert not found.has_header
    assert found.headings == ("Column 1", "Column 2")
    assert [row.line for row in read_rows] == [1, 2]
    assert read(b"Gate,rtsp://10.0.0.1/a\nDoor,10.0.0.2\n", has_header=True)[0].rows == 1
    assert read(b"Name,URL\nDoor,10.0.0.2\n", has_header=False)[0].rows == 2


def test_lines_are_counted_as_a_spreadsheet_does() -> None:
    found, read_rows = read(b'name,notes\r\nA,"two\r\nlines"\r\n\r\n,\r\nB,x\r\n')
    assert [row.line for row in read_rows] == [2, 5], "a cell with a line break is one row, a blank row is counted"
    assert read_rows[0].cells[1] == "two\r\nlines"
    assert found.rows == 2


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_one(ending: str) -> None:
    assert [row.line for row in read(ending.join(["name", "A", "B", ""]).encode())[1]] == [2, 3]


def test_blank_columns_at_the_end_of_the_heading_are_none() -> None:
    assert read(b"name;url;;;\nA;b;;;\n")[0].headings == ("name", "url")
    assert read(b"name;;url\nA;;b\n")[0].headings == ("name", "Column 2", "url")


REFUSED = {
    "too large": (b"a,b\n" + b"x" * MAX_BYTES, "at most 20 MB .* Split it"),
    "zip or xlsx": (b"PK\x03\x04\x14\0", "Excel workbook or a zip archive. Open it and save it as CSV"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel workbook"),
    "pdf": (b"%PDF-1.7\n", "This is a PDF, whatever its name"),
    "gzip": (b"\x1f\x8b\x08", "compressed. Unpack"),
    "web page": (b"\n <!DOCTYPE html><html>", "web page"),
    "empty": (b"", "empty"),
    "nothing but a mark": (b"\xef\xbb\xbf \r\n", "empty"),
    "heading only": (b"name,url\n", "no row below"),
    "heading and blank lines": (b"name,url\n,\n\n", "no row below"),
    "300 columns": (b",".join([b"x"] * 300) + b"\n" + b",".join([b"1"] * 300), "has 300 columns; at most 100"),
    "NUL": (b"name,url\nA,b\nA,b\0\n", "Line 3 holds NUL bytes"),
    "quote never closes": (b'name,url\nA,b\n"B,c\nC,d\n', "quote that opens in line 3 never closes"),
    "quote never closes, long": (b'name\n"' + b"x,y\n" * 50_000, "quote that opens in line 2 never closes"),
    "quote after a line break in a cell": (b'name,n\nA,"x\ny"\n"B,c\n', "opens in line 4 never closes"),
    "text after a quote": (b'name,url\n"A"x,b\n', "line 2 more text follows where a quoted cell ends"),
    "too many rows": (b"name\n" + b"A\n" * 20_001, "more than 20,000 rows. Split"),
    "object": (b'{"cameras": []}', "no list. Write a list of objects"),
    "empty list": (b" [ ] ", "The list is empty"),
    "list of texts": (b'["a"]', "Item 1 of the list is no object"),
    "broken": (b'[{"name": "A"},\n{"name" "B"}]', "Item 2 cannot be read: .* in line 2"),
    "never ends": (b'[{"name": "A"}', "comma or the end of the list is missing"),
    "ends twice": (b'[{"name": "A"}] []', "After the end of the list"),
    "last comma": (b'[{"name": "A"},]', "Take the comma out"),
    "too deep": (b'[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "nested too deeply|does not end within"),
    "huge item": (b'[{"a":"' + b"x" * 300_000 + b'"}]', "Item 1 does not end within 262,144"),
    "huge number": (b'[{"fps":' + b"9" * 5000 + b"}]", "a number that is none or far too long"),
    "no number": (b'[{"fps":NaN}]', "a number that is none"),
    "many fields": (json.dumps([{f"f{n}": 1 for n in range(101)}]).encode(), "more than 100 different fields"),
    "many items": (b"[" + b",".join([b'{"a":1}'] * 20_001) + b"]", "more than 20,000 cameras"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(what: str) -> None:
    data, sentence = REFUSED[what]
    with pytest.raises(Unreadable, match=sentence) as refused:
        read(data)
    assert str(refused.value).endswith((".", "…}]."))


@pytest.mark.parametrize("escape", [r"\u0000", r"\uD800", r"\udfff\ud83d"])
@pytest.mark.parametrize("item", ['{"name":"a%s"}', '{"%s":"a"}', '{"name":"a","tags":[{"x":["%s"]}]}'])
def test_what_no_text_can_hold_is_refused(item: str, escape: str) -> None:
    with pytest.raises(Unreadable, match=r"^Item 2 holds a character that no text can hold"):
        read(f'[{{"name":"b"}},{item % escape}]'.encode())


def test_other_escapes_are_text() -> None:
    _, (row,) = read(rb'[{"name":"\ud83d\ude00 \\u0000 \u00fc"}]')
    assert row.cells[0] == "\U0001f600 \\u0000 ü"


def test_nul_is_refused_in_utf_16_too() -> None:
    with pytest.raises(Unreadable, match=r"^Line 2 holds NUL bytes"):
        read((HEAD + "Tor\0;10.20.4.14;x\n").encode("utf-16"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_line_of_a_wrong_character_is_one_of_the_whole_file(encoding: str) -> None:
    good = "".join(f"cam{n};rtsp://10.0.0.1/{n}\n" for n in range(5000)).encode(encoding)
    wrong = {"utf-8": b"M\xfcller;x\n", "utf-16": b"\x00\xdcx\0"}[encoding]
    with pytest.raises(Unreadable, match="line 5001 holds"):
        read(good + wrong, encoding=encoding)


def test_json_keeps_its_types_and_says_what_is_missing() -> None:
    found, read_rows = read(b'\xef\xbb\xbf [{"name": "A", "tags": ["x"]}, {}, {"name": null, "fps": 5}]')
    assert (found.kind, found.headings, found.rows) == ("json", ("name", "tags", "fps"), 2)
    assert read_rows == [Row(1, {0: "A", 1: ["x"]}), Row(3, {0: None, 2: 5})]


def test_an_item_may_be_longer_than_a_first_look() -> None:
    text = "x" * 10_000
    assert read(json.dumps([{"notes": text}, {"notes": "y"}]).encode())[1][0].cells == {0: text}


@pytest.mark.parametrize("filling", [b"[]", b'"ab"', b"{}"])
def test_a_small_file_makes_no_monster_in_memory(filling: bytes) -> None:
    """Twenty megabytes of nothing would be a gigabyte of lists."""
    data = b'[{"a":[' + b",".join([filling] * (4_000_000 // len(filling))) + b"]}]"
    tracemalloc.start()
    with pytest.raises(Unreadable, match="does not end within"):
        read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(data)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_what_a_spreadsheet_writes_is_read_as_it_was(table: list[list[str]], sign: str) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=sign)
    writer.writerows([["name", "rtsp_url", "notes"], *table])
    expected = [row for row in table if any(cell.strip() for cell in row)]
    if not expected:
        return
    found, read_rows = read(file.getvalue().encode("utf-8-sig"))
    assert found.delimiter == sign
    assert [[row.cells[column] for column in range(3)] for row in read_rows] == expected


@given(st.binary(max_size=300))
def test_whatever_the_bytes_it_is_read_or_refused(data: bytes) -> None:
    with suppress(Unreadable):
        found, read_rows = read(data)
        assert found.rows == len(read_rows) > 0
