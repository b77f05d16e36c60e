"""Which pictures are kept: every so often, the last before an outage, the first after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from webapp.models import new_id
from webapp.outcomes import Outcome, Reading
from webapp.services.readings import Recorded
from webapp.services.snapshots import Wanted
from webapp.services.worth_keeping import is_due, of

NOW = datetime(2026, 11, 22, 7, 31, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
JPEG = b"\xff\xd8 a picture \xff\xd9"
GOOD = Reading(NOW, Outcome.ONLINE, jpeg=JPEG)
BAD = Reading(NOW, Outcome.TIMEOUT)

pytestmark = pytest.mark.usefixtures("app")


def recorded(reading: Reading, *statuses: str, pictured_at: datetime | None = NOW - MINUTE) -> Recorded:
    """One reading of camera "a", which went through these statuses."""
    steps = pairwise(statuses)
    changes: list[Mapping[str, Any]] = [
        {"id": f"{old}-{new}", "camera_id": "a", "old": old, "new": new} for old, new in steps
    ]
    return Recorded({"a": reading}, bool(changes), changes, {"a": pictured_at})


def test_the_last_picture_before_an_outage_is_kept_with_its_own_time() -> None:
    assert of(recorded(BAD, "live", "offline")) == [
        Wanted("a", NOW - MINUTE, "change", None, "live-offline", "before"),
    ]


def test_the_first_picture_after_an_outage_is_kept() -> None:
    assert of(recorded(GOOD, "offline", "live")) == [Wanted("a", NOW, "change", JPEG, "offline-live", "after")]


@pytest.mark.parametrize("way", [("degraded", "offline"), ("live", "unknown", "offline")])
def test_whatever_it_was_before_the_outage(way: tuple[str, ...]) -> None:
    [kept] = of(recorded(BAD, *way))
    assert (kept.change_id, kept.side) == (f"{way[-2]}-{way[-1]}", "before")


def test_an_outage_that_ended_while_we_looked_away_has_its_first_picture_too() -> None:
    [kept] = of(recorded(GOOD, "offline", "unknown", "degraded"))
    assert (kept.change_id, kept.side) == ("unknown-degraded", "after")


@pytest.mark.parametrize("way", [("live", "degraded"), ("idle", "live"), ("unknown", "live"), ("live", "unknown")])
def test_other_changes_have_none(way: tuple[str, ...]) -> None:
    assert of(recorded(replace(GOOD, jpeg=None), *way)) == []


def test_a_camera_without_a_picture_has_none_to_keep() -> None:
    assert of(recorded(BAD, "idle", "offline", pictured_at=None)) == []


def test_the_first_picture_of_all_is_kept() -> None:
    assert [kept.kind for kept in of(recorded(GOOD, "idle", "live", pictured_at=None))] == ["regular"]


def test_what_a_person_asked_for_is_kept_whenever_it_is() -> None:
    assert [kept.kind for kept in of(recorded(GOOD), is_manual=True)] == ["manual"]
    assert of(recorded(BAD), is_manual=True) == []
    both = of(recorded(GOOD, "offline", "live"), is_manual=True)
    assert [kept.kind for kept in both] == ["change", "manual"]


def test_one_picture_is_not_kept_twice_because_it_ends_an_outage() -> None:
    kept = of(recorded(GOOD, "offline", "live", pictured_at=NOW - timedelta(hours=5)))
    assert [each.kind for each in kept] == ["change"]


class TestRegularPictures:
    @given(
        every=st.integers(1, 1440),
        pace=st.integers(1, 3000),
        camera=st.uuids().map(str),
        lost=st.sets(st.integers(1, 300)),
    )
    @trials(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_two_are_never_nearer_than_a_slot_allows_and_none_is_left_out(
        self, monkeypatch: pytest.MonkeyPatch, every: int, pace: int, camera: str, lost: set[int]
    ) -> None:
        """Whatever the pace of the checks, and whichever of them bring no picture."""
        monkeypatch.setattr("webapp.services.worth_keeping.settings", type("S", (), {"SNAPSHOT_EVERY_MINUTES": every}))
        taken = [NOW + timedelta(seconds=pace * n) for n in range(300) if n not in lost]
        pairs = list(pairwise(taken))
        kept = [at for before, at in pairs if is_due(camera, before, at)]
        slots = timedelta(minutes=every)
        for one, two, three in zip(kept, kept[1:], kept[2:], strict=False):
            assert three - one > slots, "never more than one in a slot"
            assert two > one
        for before, at in pairs:
            assert at - before < slots or is_due(camera, before, at), "a pause as long as a slot always ends with one"

    def test_cameras_take_turns(self) -> None:
        due = sum(is_due(new_id(), NOW - MINUTE, NOW) for _ in range(600))
        assert 0 < due < 60

    def test_zero_keeps_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("webapp.services.worth_keeping.settings", type("S", (), {"SNAPSHOT_EVERY_MINUTES": 0}))
        assert not is_due("a", None, NOW)
