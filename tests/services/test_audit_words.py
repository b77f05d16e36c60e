"""How an entry reads."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from webapp.services import audit_words
from webapp.services.audit import HIDDEN
from webapp.services.camera_record import AUDITED

VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("camera.update", "Camera changed"),
        ("user.sign_in", "Person signed in"),
        ("camera.export_credentials", "Camera exported with passwords"),
        ("user.disable", "Person shut out"),
        ("bulk.move", "Bulk action: move"),
        ("import.start", "Import started"),
        ("door.open_wide", "Door open wide"),
        ("odd", "Odd"),
    ],
)
def test_an_act_is_told_in_words_also_one_nobody_named(action: str, words: str) -> None:
    assert audit_words.act(action) == words


def test_no_field_of_a_camera_is_told_by_the_name_of_its_column() -> None:
    for name in AUDITED:
        assert "_" not in audit_words.field(name), name
        assert "encrypted" not in audit_words.field(name), name


@pytest.mark.parametrize(
    ("name", "stored", "words"),
    [
        ("location", None, "–"),
        ("tags", "", "–"),
        ("is_active", True, "yes"),
        ("is_active", False, "no"),
        ("fps", 15.0, "15"),
        ("detection_sensitivity", 0.7, "0.7"),
        ("check_interval_seconds", 30, "30"),
        ("maintenance_until", "2026-11-22T06:00:00+00:00", "2026-11-22 07:00 CET"),
        ("maintenance_until", "9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59+00:00"),
        ("maintenance_until", "soon", "soon"),
        ("act", "undo", "taking them back"),
        ("end", "cancelled", "stopped on the way"),
    ],
)
def test_a_value_reads_as_people_write_it(name: str, stored: object, words: str) -> None:
    assert audit_words.value(name, stored, VIENNA) == words


@pytest.mark.parametrize(
    ("pair", "act"), [([None, HIDDEN], "set"), ([HIDDEN, HIDDEN], "changed"), ([HIDDEN, None], "cleared")]
)
def test_a_secret_is_set_changed_or_cleared(pair: list[str | None], act: str) -> None:
    [change] = audit_words.told({"password_encrypted": pair}, UTC)
    assert (change.label, change.act, change.before, change.after) == ("Password", act, "", "")


def test_actions_stand_by_their_nouns() -> None:
    found = audit_words.by_noun(["camera.create", "camera.update", "user.invite"])
    assert found == {
        "camera": ("Camera", {"camera.create": "Camera added", "camera.update": "Camera changed"}),
        "user": ("Person", {"user.invite": "Person invited"}),
    }
