"""Findings over a run of checks: raised by two, cleared by one, and the view that becomes a reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from simulator.scenes import Filming
from simulator.videos import Picture, VideoKey
from webapp.services import image_judging
from webapp.services.image_judging import AGREEING, Judged, Known, judge_picture
from webapp.video.quality.finding import Finding, Sensitivity
from webapp.video.quality.measures import Measures, measure
from webapp.video.quality.reference import Reference

NOW = datetime(2026, 11, 22, 7, 55, tzinfo=UTC)


@cache
def seen(scene: str = "door", picture: Picture = Picture.CLEAR, moment: float = 0.0) -> Measures:
    key = VideoKey(scene, height=360, picture=picture)
    return measure(Filming(key).frame(int(key.frames * moment)))


@cache
def cloth(grain: int = 0) -> Measures:
    return measure(np.random.default_rng(grain).normal(70, 2, (360, 640, 3)).clip(0, 255).astype(np.uint8))


def known(scene: str = "door") -> list[Known]:
    return [Known("reference", Reference.of(seen(scene)))]


class Course:
    """A camera through its checks, one a minute."""

    def __init__(self, *references: Known, sensitivity: Sensitivity = Sensitivity.MEDIUM) -> None:
        self.camera: Any = SimpleNamespace(findings=(), image_memory=None)
        self.references = references
        self.sensitivity = sensitivity
        self.minute = 0

    def check(self, measures: Measures, rests: bool = False) -> Judged:
        self.minute += 1
        now = NOW + timedelta(minutes=self.minute)
        judged = judge_picture(self.camera, measures, self.references, self.sensitivity, now, rests)
        self.camera = SimpleNamespace(findings=judged.findings, image_memory=judged.memory)
        return judged

    def checks(self, run: Sequence[Measures]) -> list[tuple[str, ...]]:
        return [self.check(measures).findings for measures in run]


def healthy(number: int) -> Measures:
    return seen(moment=number % 8 / 8)


def test_two_checks_raise_a_finding_and_one_clears_it() -> None:
    course = Course()
    black, good = seen(picture=Picture.BLACK), healthy(1)
    assert course.checks([black, black, black, good]) == [(), ("black",), ("black",), ()]
    assert course.checks([black, good, black, good]) == [(), (), (), ()]


def test_what_is_new_and_what_is_over_is_told_once() -> None:
    course = Course()
    told = [course.check(seen(picture=Picture.BLURRED, moment=n / 8)) for n in range(3)] + [course.check(healthy(0))]
    assert [each.raised for each in told] == [(), ("blurred",), (), ()]
    assert [each.cleared for each in told] == [(), (), (), ("blurred",)]


@hypothesis(deadline=None, max_examples=80)
@given(st.lists(st.sampled_from([None, *"abc"]), max_size=12))
def test_a_finding_stands_exactly_while_the_last_two_checks_agreed_on_it(run: list[str | None]) -> None:
    faults = {"a": seen(picture=Picture.BLACK), "b": seen(picture=Picture.BLURRED), "c": cloth()}
    names = {"a": "black", "b": "blurred", "c": "blocked"}
    course = Course()
    course.camera.findings = ()
    standing: list[str] = []
    for number, fault in enumerate(run):
        shown = course.check(faults[fault] if fault else healthy(number)).findings
        before = run[number - 1] if number else None
        standing = [names[fault]] if fault and fault == before else []
        assert [name for name in shown if name != "frozen"] == standing


def test_a_moved_view_is_found_and_says_what_it_was_compared_with() -> None:
    course = Course(*known())
    told = [course.check(seen(picture=Picture.MOVED, moment=n / 8)) for n in range(2)]
    assert told[-1].raised == ("moved",)
    assert told[-1].reference_id == "reference"


def test_a_frozen_picture_takes_more_checks_than_others() -> None:
    course = Course()
    assert course.checks([healthy(3)] * 5) == [(), (), (), (), ("frozen",)]
    assert course.checks([healthy(4)]) == [()]


def test_an_agreeing_run_of_good_pictures_makes_a_reference() -> None:
    course = Course()
    told = [course.check(healthy(number)).adopts for number in range(AGREEING)]
    assert told[:-1] == [None] * (AGREEING - 1)
    assert told[-1] is not None
    assert told[-1].sketch == healthy(0).sketch


@pytest.mark.parametrize("spoilt", [seen(picture=Picture.BLURRED), seen("lobby")])
def test_a_picture_that_does_not_agree_begins_anew(spoilt: Measures) -> None:
    course = Course()
    run = [*map(healthy, range(AGREEING - 1)), spoilt, *map(healthy, range(AGREEING - 1))]
    assert [course.check(each).adopts for each in run] == [None] * len(run)


def test_who_has_a_reference_of_this_light_gets_no_other() -> None:
    course = Course(*known())
    assert [course.check(healthy(number)).adopts for number in range(AGREEING + 1)] == [None] * (AGREEING + 1)
    assert "candidate" not in course.camera.image_memory


def test_night_gets_a_reference_of_its_own() -> None:
    course = Course(*known("dock"))
    adopted = [course.check(seen("dock-night", moment=n / 8)).adopts for n in range(AGREEING)]
    assert adopted[-1] is not None
    assert adopted[-1].light == "night"


def test_while_somebody_works_on_it_findings_go_and_none_come() -> None:
    course = Course()
    black = seen(picture=Picture.BLACK)
    assert [course.check(black, rests=True).findings for _ in range(3)] == [()] * 3
    course.checks([black, black])
    assert course.check(black, rests=True).findings == ("black",)
    assert course.check(healthy(0), rests=True).cleared == ("black",)
    assert [course.check(healthy(n), rests=True).adopts for n in range(AGREEING)] == [None] * AGREEING


def test_findings_of_others_stay_out_of_it() -> None:
    course = Course()
    course.camera.findings = ("low_fps",)
    judged = course.check(healthy(0))
    assert (judged.findings, judged.cleared) == ((), ())


def test_an_error_of_ours_leaves_the_camera_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    row: Any = SimpleNamespace(
        id="a", findings=("black",), image_memory={"suspected": ["blurred"]}, maintenance_until=None
    )
    monkeypatch.setattr(image_judging, "findings", lambda *_: 1 / 0)
    monkeypatch.setattr(image_judging, "_references", lambda _: {})
    reading: Any = SimpleNamespace(measures=seen(), at=NOW)
    judged = image_judging.judge_batch([(row, reading)], lambda _: Sensitivity.LOW)
    assert judged == {"a": Judged(("black",), {"suspected": ["blurred"]})}


def test_off_forgets_everything() -> None:
    row: Any = SimpleNamespace(id="a", findings=("black", "low_fps"), image_memory={"suspected": ["blurred"]})
    judged = image_judging.judge_batch([(row, SimpleNamespace(measures=None, at=NOW))], lambda _: None)  # type: ignore[list-item]
    assert judged == {"a": Judged((), None, cleared=(str(Finding.BLACK),))}
