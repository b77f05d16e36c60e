"""The columns of a file: headings are understood, and a value comes back from its cell as it went in."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.schemas import CameraInput
from webapp.services import camera_columns as columns

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VISIBLE = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30).filter(
    lambda text: text.strip() == text
)
CELLS_BEGIN = ("=", "+", "-", "@", "\t", "\r")


def test_every_column_but_the_group_is_a_field_of_the_contract() -> None:
    assert set(columns.NAMES) - {"group"} <= set(CameraInput.model_fields)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Bezeichnung", "name"),
        ("IP-Adresse", "rtsp_url"),
        ("IP", "rtsp_url"),
        ("Kamera-IP", "rtsp_url"),
        ("Standort", "group"),
        ("Kennwort", "password"),
        ("Benutzer", "username"),
        ("AUFLÖSUNG", "resolution"),
        ("Hersteller", "vendor"),
        ("Bemerkung", "notes"),
        ("Interval (s)", "check_interval_seconds"),
        ("camera name", "name"),
        ("RTSP URL", "rtsp_url"),
        ("Frames per second", "fps"),
        ("RTSP-Adresse", "rtsp_url"),
        ("RTSP Adresse", "rtsp_url"),
        ("RTSP-URL", "rtsp_url"),
        ("Stream", "rtsp_url"),
        ("Stream-URL", "rtsp_url"),
        ("Ort", "location"),
        ("Schlagwörter", "tags"),
        ("Schlagworte", "tags"),
        ("Bilder/s", "fps"),
        ("Bildrate", "fps"),
        ("FPS", "fps"),
        ("Prüfintervall", "check_interval_seconds"),
        ("Aufbewahrung", "retention_days"),
        ("Baujahr", None),
        ("", None),
    ],
)
def test_a_heading_is_guessed(heading: str, name: str | None) -> None:
    assert columns.guess([heading]) == [name]


def test_every_own_heading_and_label_is_its_own_column() -> None:
    assert columns.guess(columns.NAMES) == list(columns.NAMES)
    assert columns.guess([column.label for column in columns.COLUMNS]) == list(columns.NAMES)


def test_of_two_headings_for_one_column_the_better_one_gets_it() -> None:
    assert columns.guess(["IP", "RTSP URL", "Adresse"]) == [None, "rtsp_url", None]


def test_a_heading_whose_meaning_is_taken_means_the_next_best() -> None:
    assert columns.guess(["Standort", "Gruppe"]) == ["location", "group"]
    assert columns.guess(["Ort", "Standort", "Gruppe"]) == ["location", None, "group"]
    assert columns.guess(["Stream", "RTSP-Adresse"]) == ["stream", "rtsp_url"]


@pytest.mark.parametrize("heading", ["Passwort", "Kennwort 2", "ONVIF password", "PIN"])
def test_a_heading_above_secrets_is_known(heading: str) -> None:
    assert columns.looks_secret(heading)


@given(ANY_TEXT)
def test_a_neutralised_text_is_no_formula_and_comes_back_exactly(text: str) -> None:
    cell = columns.neutralised(text)
    assert not cell.startswith(CELLS_BEGIN)
    assert columns.restored(cell) == text


@given(st.lists(VISIBLE, min_size=1, max_size=5).map(tuple))
def test_a_path_comes_back_whatever_its_names_hold(names: tuple[str, ...]) -> None:
    assert columns.split_path(columns.join_path(names)) == names
    assert columns.from_cell("group", columns.to_cell("group", names)) == names


@given(ANY_TEXT.filter(bool))
def test_a_password_comes_back_with_every_space(password: str) -> None:
    assert columns.from_cell("password", columns.to_cell("password", password)) == password


@given(st.lists(VISIBLE.filter(lambda tag: "|" not in tag), max_size=5))
def test_tags_come_back_also_with_commas(tags: list[str]) -> None:
    assert [tag.strip() for tag in columns.from_cell("tags", columns.to_cell("tags", tags)) or []] == tags


@given(
    st.one_of(
        st.tuples(st.just("fps"), st.floats(0.01, 120)),
        st.tuples(st.just("detection_sensitivity"), st.floats(0, 1)),
        st.tuples(st.just("retention_days"), st.integers(1, 3650)),
        st.tuples(st.just("is_active"), st.booleans()),
        st.tuples(st.sampled_from(["name", "code", "location", "vendor", "model"]), VISIBLE),
        st.tuples(st.just("codec"), st.sampled_from(["h264", "h265", "mjpeg"])),
    )
)
def test_a_value_comes_back_through_a_real_csv_file(pair: tuple[str, Any]) -> None:
    name, value = pair
    file = io.StringIO(newline="")
    csv.writer(file).writerow([columns.to_cell(name, value), "next"])
    cell, _next = next(csv.reader(io.StringIO(file.getvalue(), newline="")))
    read = columns.from_cell(name, cell)
    assert (type(value)(read) if isinstance(value, int | float) else read) == value


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("detection_sensitivity", "0,7", "0.7"),
        ("resolution", "1920 × 1080", "1920x1080"),
        ("resolution", "full HD", "full HD"),
        ("codec", "H.265", "h265"),
        ("codec", "HEVC", "h265"),
        ("image_sensitivity", "High", "high"),
        ("is_active", "ja", True),
        ("is_active", "vielleicht", "vielleicht"),
        ("code", "0012", "0012"),
        ("name", "\u00a0Tor Nord ", "Tor Nord"),
        ("location", "  ", None),
        ("notes", "'=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("group", "Werk A > Halle 1 >", ("Werk A", "Halle 1")),
        ("group", r"A \> B > C", ("A > B", "C")),
        ("group", "Site A › Building 1", ("Site A", "Building 1")),
    ],
)
def test_a_cell_is_read_as_people_write_it(name: str, cell: str, value: Any) -> None:
    assert columns.from_cell(name, cell) == value
