"""Findings: when one counts, and the words for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_imports import ROOT, imports_of
from webapp.video.quality.finding import Confirmed, Finding, confirm

B, M, F = Finding.BLURRED, Finding.MOVED, Finding.FROZEN


@pytest.mark.parametrize(
    ("checks", "raised"),
    [
        ([], set()),
        ([{B}], set()),
        ([{B}, {B}], {B}),
        ([{B}, {B}, {B}], {B}),
        ([{B}, {B}, set()], set()),
        ([{B}, {B}, set(), {B}], set()),
        ([{B}, {M}, {B}], set()),
        ([{B}, {B, M}, {M}], {M}),
        ([{B, M, F}, {F, B}], {B, F}),
    ],
)
def test_two_checks_raise_and_one_clears(checks: list[set[Finding]], raised: set[Finding]) -> None:
    state = Confirmed()
    for check in checks:
        state = confirm(state, check)
    assert state.raised == raised


@given(st.lists(st.frozensets(st.sampled_from(Finding)), min_size=2, max_size=8))
def test_raised_is_what_the_last_two_checks_agree_on(checks: list[frozenset[Finding]]) -> None:
    state = Confirmed()
    for check in checks:
        state = confirm(state, check)
    assert state.raised == checks[-1] & checks[-2]
    assert state.raised | state.suspected == checks[-1]


@pytest.mark.parametrize("finding", Finding)
def test_every_finding_has_its_words(finding: Finding) -> None:
    assert len(finding.short.split()) <= 2
    assert finding.sentence.endswith(".")
    assert finding.remedy.endswith(".")


def test_pages_get_the_words_without_opencv() -> None:
    imported = [name for name, _ in imports_of(ROOT / "webapp/video/quality/finding.py")]
    assert imported
    assert not [name for name in imported if name.split(".")[0] in ("cv2", "numpy", "webapp")]
