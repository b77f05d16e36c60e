"""What groups hand down: the nearest that says something wins, else the general setting; and how it reads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from webapp.services.inheritance import HANDED_DOWN, Effective, all_effective, effective, origin, own, words

NOTHING = dict.fromkeys(HANDED_DOWN)


def holder(name: str = "", **said: Any) -> Any:
    return SimpleNamespace(id=name, name=name, **(NOTHING | said))


SITE = holder("Site A", enable_detection=False, retention_days=7)
HALL = holder("Hall", detection_sensitivity=0.5)
GATE = holder("Gate", retention_days=90)
WAY = [SITE, HALL, GATE]


def test_ones_own_value_wins_also_when_it_says_no() -> None:
    assert effective("enable_detection", holder(enable_detection=False), [holder("Site A", enable_detection=True)]) == (
        Effective(value=False, is_own=True)
    )


@pytest.mark.parametrize(
    ("name", "value", "group"),
    [("enable_detection", False, SITE), ("detection_sensitivity", 0.5, HALL), ("retention_days", 90, GATE)],
)
def test_else_the_nearest_group_that_says_something(name: str, value: Any, group: Any) -> None:
    assert effective(name, holder(), WAY) == Effective(value, is_own=False, group=group)


def test_else_the_general_setting(app: Flask) -> None:
    found = all_effective(holder(), [])
    assert {name: found[name].value for name in HANDED_DOWN} == {
        "enable_detection": True,
        "detection_sensitivity": 0.7,
        "check_interval_seconds": app.extensions["camkeeper"].CHECK_INTERVAL_SECONDS,
        "image_sensitivity": "medium",
        "retention_days": app.extensions["camkeeper"].RETENTION_DAYS,
    }
    assert {origin(value) for value in found.values()} == {"the general setting"}


def test_it_says_who_says_so() -> None:
    assert origin(effective("retention_days", holder(), WAY)) == "from Gate"
    assert origin(effective("retention_days", GATE, WAY[:-1])) == "set here"
    assert own(GATE) == {"retention_days": 90}


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("enable_detection", True, "on"),
        ("enable_detection", False, "off"),
        ("detection_sensitivity", 0.7, "0.7"),
        ("detection_sensitivity", 1.0, "1"),
        ("image_sensitivity", "off", "off"),
        ("check_interval_seconds", 45, "45 s"),
        ("check_interval_seconds", 90, "90 s"),
        ("check_interval_seconds", 900, "15 min"),
        ("check_interval_seconds", 7200, "2 h"),
        ("check_interval_seconds", 86400, "1 day"),
        ("retention_days", 1, "1 day"),
        ("retention_days", 3650, "3,650 days"),
    ],
)
def test_a_value_reads_as_people_say_it(name: str, value: Any, read: str) -> None:
    assert words(name, value) == read
