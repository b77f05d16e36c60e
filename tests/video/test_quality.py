"""Image health: what is found in the simulator's pictures, good and bad, and what must hold for any picture at all."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.scenes import Filming
from simulator.videos import Picture, VideoKey, make_missing
from tests.video.footage import pictures
from webapp.video.decode import Frame
from webapp.video.opencv import cv2
from webapp.video.quality.finding import Finding, Sensitivity
from webapp.video.quality.frozen import KEPT, SPACING, Sighting, remember
from webapp.video.quality.judging import LIMITS, findings
from webapp.video.quality.measures import Light, measure
from webapp.video.quality.reference import InvalidReference, Reference, compare

NOW = datetime(2026, 11, 22, 7, 55, tzinfo=UTC)
SCENES = ("door", "corridor", "car-park-b", "door-night", "dock-night")


@cache
def streamed(picture: Picture) -> tuple[Frame, ...]:
    """Four keyframes or more of the loop, as checks get them from the simulator's H.264."""
    key = VideoKey("door", height=360, picture=picture)
    make_missing([key])
    loops = -(-4 * key.frames_per_gop // key.frames)
    return tuple(pictures(key.file.read_bytes() * loops)[:: key.frames_per_gop])


@cache
def drawn(scene: str, picture: Picture = Picture.CLEAR, moment: float = 0.0) -> Frame:
    key = VideoKey(scene, height=360, picture=picture)
    return Filming(key).frame(int(key.frames * moment))


def found(
    frame: Frame,
    references: tuple[Reference, ...] = (),
    sensitivity: Sensitivity = Sensitivity.MEDIUM,
    history: tuple[Sighting, ...] = (),
) -> list[Finding]:
    return [each.finding for each in findings(measure(frame), history, references, sensitivity)]


def right(frame: Frame) -> tuple[Reference, ...]:
    return (Reference.of(measure(frame)),)


def history(*frames: Frame) -> tuple[Sighting, ...]:
    """Newest last, a minute apart."""
    seen: tuple[Sighting, ...] = ()
    for number, frame in enumerate(frames):
        seen = remember(seen, Sighting(NOW + timedelta(minutes=number), measure(frame).samples))
    return seen


def noisy(frame: Frame, seed: int, strength: float) -> Frame:
    grain = np.random.default_rng(seed).normal(0, strength, (*frame.shape[:2], 1))
    return np.clip(frame + grain, 0, 255).astype(np.uint8)


def packed(frame: Frame) -> Frame:
    """Through an encoder that spares bytes: it takes noise away."""
    _, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 40])
    unpacked = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert unpacked is not None
    return unpacked


def with_clock(frame: Frame, text: str) -> Frame:
    return cv2.putText(frame.copy(), text, (380, 24), cv2.FONT_HERSHEY_DUPLEX, 0.6, (255, 255, 255), 2)


def behind_a_cloth(frame: Frame, part: float) -> Frame:
    edge = round(frame.shape[1] * part)
    covered = frame.copy()
    covered[:, :edge] = noisy(np.full_like(frame[:, :edge], 70), 3, 2)
    return cv2.GaussianBlur(covered, (0, 0), 1) if part == 1 else covered


def in_fog(frame: Frame, keeps: float = 0.15) -> Frame:
    return cv2.convertScaleAbs(frame, alpha=keeps, beta=120 * (1 - keeps))


@pytest.mark.parametrize("sensitivity", Sensitivity)
def test_nothing_is_wrong_with_a_good_stream_whoever_walks_through(sensitivity: Sensitivity) -> None:
    frames = streamed(Picture.CLEAR)
    for frame in frames:
        assert found(frame, right(frames[0]), sensitivity) == []
        assert found(frame, (), sensitivity) == []


@pytest.mark.parametrize(
    ("picture", "finding"),
    [
        (Picture.BLACK, Finding.BLACK),
        (Picture.OVEREXPOSED, Finding.OVEREXPOSED),
        (Picture.BLURRED, Finding.BLURRED),
        (Picture.MOVED, Finding.MOVED),
    ],
)
@pytest.mark.parametrize("sensitivity", Sensitivity)
def test_a_bad_stream_is_called_what_it_is(picture: Picture, finding: Finding, sensitivity: Sensitivity) -> None:
    reference = right(streamed(Picture.CLEAR)[0])
    for frame in streamed(picture):
        assert found(frame, reference, sensitivity) == [finding]


def test_a_frozen_stream_is_found_and_a_live_one_is_not() -> None:
    dead, alive = streamed(Picture.FROZEN), streamed(Picture.CLEAR)
    assert found(dead[3], history=history(*dead[:3])) == [Finding.FROZEN]
    assert found(alive[3], history=history(*alive[:3])) == []


@pytest.mark.parametrize("scene", SCENES)
def test_good_pictures_of_every_kind_of_place_pass(scene: str) -> None:
    for moment in (0.3, 0.7):
        assert found(drawn(scene, moment=moment), right(drawn(scene)), Sensitivity.HIGH) == []


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize(
    ("picture", "finding"), [(Picture.BLURRED, Finding.BLURRED), (Picture.OVEREXPOSED, Finding.OVEREXPOSED)]
)
def test_bad_pictures_of_every_kind_of_place_are_found(scene: str, picture: Picture, finding: Finding) -> None:
    assert found(drawn(scene, picture, 0.3), right(drawn(scene))) == [finding]


@pytest.mark.parametrize("size", [(1920, 1080), (640, 480), (352, 288), (360, 640)])
def test_the_picture_s_size_and_shape_make_no_difference(size: tuple[int, int]) -> None:
    clear, blurred, moved = (
        cv2.resize(drawn("door", picture, 0.3), size, interpolation=cv2.INTER_AREA)
        for picture in (Picture.CLEAR, Picture.BLURRED, Picture.MOVED)
    )
    reference = right(cv2.resize(drawn("door"), size, interpolation=cv2.INTER_AREA))
    assert found(clear, reference) == []
    assert found(blurred, reference) == [Finding.BLURRED]
    assert found(moved, reference) == [Finding.MOVED]


def test_day_and_night_are_told_apart_by_colour() -> None:
    assert measure(drawn("door")).light is Light.DAY
    assert measure(drawn("door-night")).light is Light.NIGHT


def test_night_is_compared_with_the_view_by_night() -> None:
    by_day, by_night = drawn("dock"), drawn("dock-night")
    likeness = compare(measure(drawn("dock-night", moment=0.3)).sketch, right(by_day) + right(by_night))
    assert likeness is not None
    assert likeness.reference.light is Light.NIGHT


def test_night_passes_before_anybody_called_a_view_by_night_right() -> None:
    assert found(drawn("dock-night", moment=0.3), right(drawn("dock"))) == []


@pytest.mark.parametrize(("across", "is_moved"), [(0.0, False), (0.01, False), (0.1, True), (0.3, True)])
def test_a_little_wind_is_no_move_and_a_push_is(across: float, is_moved: bool) -> None:
    frame = drawn("turnstile")
    shift = np.array([[1, 0, across * 640], [0, 1, 0]], np.float64)
    pushed = cv2.warpAffine(frame, shift, (640, 360), borderMode=cv2.BORDER_REFLECT)
    assert found(pushed, right(frame)) == ([Finding.MOVED] if is_moved else [])


def test_a_view_of_which_nothing_is_known_cannot_have_moved() -> None:
    assert found(drawn("door", Picture.MOVED)) == []


def test_one_fitting_view_among_several_is_enough() -> None:
    views = right(drawn("corridor")) + right(drawn("door", Picture.MOVED)) + right(drawn("lobby"))
    assert found(drawn("door", Picture.MOVED, 0.3), views) == []


@pytest.mark.parametrize("scene", SCENES)
def test_a_covered_lens_is_blocked(scene: str) -> None:
    assert found(behind_a_cloth(drawn(scene), 1.0)) == [Finding.BLOCKED]


def test_half_a_cover_shows_beside_the_view_called_right() -> None:
    assert found(behind_a_cloth(drawn("lobby"), 0.7), right(drawn("lobby"))) == [Finding.BLOCKED]


@pytest.mark.parametrize("scene", SCENES)
def test_fog_is_low_contrast(scene: str) -> None:
    assert found(in_fog(drawn(scene))) == [Finding.LOW_CONTRAST]


@pytest.mark.parametrize(
    "made",
    [
        lambda: drawn("door", Picture.BLURRED),
        lambda: drawn("door", Picture.OVEREXPOSED),
        lambda: in_fog(drawn("door")),
        lambda: behind_a_cloth(drawn("door"), 1.0),
    ],
    ids=["soft", "bright", "flat", "plain"],
)
def test_what_somebody_called_right_is_right(made: Callable[[], Frame]) -> None:
    frame = made()
    assert found(frame, ()) != []
    assert found(frame, right(frame), Sensitivity.HIGH) == []


def test_black_is_never_right() -> None:
    black = np.full((360, 640, 3), 5, np.uint8)
    assert found(black, right(black)) == [Finding.BLACK]


def test_the_clock_does_not_hide_a_fault() -> None:
    for frame, finding in (
        (np.full((360, 640, 3), 5, np.uint8), Finding.BLACK),
        (behind_a_cloth(drawn("door"), 1.0), Finding.BLOCKED),
        (drawn("door", Picture.BLURRED), Finding.BLURRED),
    ):
        assert found(with_clock(frame, "2026-11-22 07:54:40")) == [finding]


def test_a_clock_that_runs_on_does_not_hide_a_frozen_picture() -> None:
    frames = [with_clock(drawn("door"), f"2026-11-22 07:5{minute}:40") for minute in range(4)]
    assert found(frames[3], history=history(*frames[:3])) == [Finding.FROZEN]


@pytest.mark.parametrize("strength", [0.5, 1.0, 4.0])
def test_an_empty_corridor_at_night_is_alive_by_its_noise(strength: float) -> None:
    frames = [packed(noisy(drawn("corridor-night"), seed, strength)) for seed in range(6)]
    assert found(frames[5], sensitivity=Sensitivity.HIGH, history=history(*frames[:5])) == []


@pytest.mark.parametrize("sensitivity", Sensitivity)
def test_frozen_takes_as_many_checks_as_the_sensitivity_says(sensitivity: Sensitivity) -> None:
    frame, checks = drawn("door"), LIMITS[sensitivity].frozen_checks
    assert checks <= KEPT
    assert found(frame, (), sensitivity, history(*[frame] * checks)) == [Finding.FROZEN]
    assert found(frame, (), sensitivity, history(*[frame] * (checks - 1))) == []


def test_one_picture_that_differs_shows_life() -> None:
    frame = drawn("door")
    assert found(frame, history=history(frame, noisy(frame, 1, 2), frame)) == []


@pytest.mark.parametrize("level", [0, 255])
def test_where_everything_is_cut_off_nobody_can_tell_frozen(level: int) -> None:
    frame = np.full((360, 640, 3), level, np.uint8)
    assert Finding.FROZEN not in found(frame, history=history(*[frame] * KEPT))


def test_two_checks_within_a_gop_are_one_sighting() -> None:
    first = Sighting(NOW, b"a")
    soon, later = Sighting(NOW + SPACING / 2, b"b"), Sighting(NOW + SPACING, b"c")
    assert remember((first,), soon) == (first,)
    assert remember((first,), later) == (later, first)


def test_history_stays_short() -> None:
    assert len(history(*[drawn("door")] * (KEPT + 3))) == KEPT


@pytest.mark.parametrize("scene", ["door", "door-night"])
def test_a_reference_survives_being_stored(scene: str) -> None:
    reference = Reference.of(measure(drawn(scene)))
    again = Reference.restored(reference.stored())
    assert (again.light, again.sketch) == (reference.light, reference.sketch)
    assert again.edges.width == pytest.approx(reference.edges.width)
    assert again.stored() == reference.stored()
    assert len(reference.stored()) < 1800


def test_a_reference_without_edges_survives_being_stored() -> None:
    reference = Reference.of(measure(np.full((90, 160, 3), 90, np.uint8)))
    assert Reference.restored(reference.stored()) == reference


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-1],
        lambda packed: packed + b"x",
        lambda packed: b"\x02" + packed[1:],
        lambda packed: packed[:1] + b"\x07" + packed[2:],
        lambda packed: packed[:2] + b"\x7f\xc0\x00\x00" + packed[6:],
    ],
    ids=["cut short", "too long", "another version", "no such light", "not a number"],
)
def test_damaged_references_are_refused(damage: Callable[[bytes], bytes]) -> None:
    packed = base64.b64decode(Reference.of(measure(drawn("door"))).stored())
    with pytest.raises(InvalidReference, match="reference"):
        Reference.restored(base64.b64encode(damage(packed)).decode())


@given(st.text(max_size=40))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(InvalidReference):
        Reference.restored(text)


@st.composite
def any_frame(draw: Callable[..., int]) -> Frame:
    """Of any small size: plain, noise, or a few boxes on a plain ground."""
    height, width = draw(st.integers(1, 90)), draw(st.integers(1, 90))
    chance = np.random.default_rng(draw(st.integers(0, 10_000)))
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return chance.integers(0, 256, (height, width, 3), np.uint8)
    frame = np.full((height, width, 3), draw(st.integers(0, 255)), np.uint8)
    for _ in range(5 * (kind - 1)):
        top, left = chance.integers(0, height), chance.integers(0, width)
        frame[top : top + 20, left : left + 30] = chance.integers(0, 256, 3)
    return frame


@settings(deadline=None, max_examples=60)
@given(any_frame(), any_frame())
def test_any_picture_is_measured_and_judged_alike_each_time(frame: Frame, other: Frame) -> None:
    before = frame.copy()
    measures, references = measure(frame), right(other)
    for sensitivity in Sensitivity:
        judged = findings(measures, history(frame, frame), references, sensitivity)
        assert all(0 <= each.score <= 1 for each in judged)
        assert len({each.finding for each in judged}) == len(judged)
        assert findings(measure(frame), history(frame, frame), references, sensitivity) == judged
    assert np.array_equal(frame, before)


@settings(deadline=None, max_examples=60)
@given(any_frame())
def test_any_picture_but_black_can_be_called_right(frame: Frame) -> None:
    assert set(found(frame, right(frame), Sensitivity.HIGH)) <= {Finding.BLACK}


@settings(deadline=None, max_examples=60)
@given(any_frame(), any_frame())
def test_who_is_more_sensitive_misses_nothing_that_others_see(frame: Frame, other: Frame) -> None:
    low, medium, high = (
        bool(found(frame, right(other), each, history(*[frame] * KEPT)))
        for each in (Sensitivity.LOW, Sensitivity.MEDIUM, Sensitivity.HIGH)
    )
    assert low <= medium <= high


@pytest.mark.parametrize("size", [(1, 1), (1, 640), (360, 1), (7, 13), (360, 640)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_plain_pictures_of_any_size_are_judged(size: tuple[int, int], level: int) -> None:
    frame = np.full((*size, 3), level, np.uint8)
    expected = {0: Finding.BLACK, 128: Finding.BLOCKED, 255: Finding.OVEREXPOSED}[level]
    assert found(frame, right(drawn("door"))) == [expected]


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 640, 3), (360, 0, 3)])
def test_an_empty_frame_is_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no picture"):
        measure(np.zeros(shape, np.uint8))


def test_worse_pictures_score_higher() -> None:
    scores = []
    for sigma in (5, 8, 14):
        blurred = cv2.GaussianBlur(drawn("door"), (0, 0), sigma)
        scores += [each.score for each in findings(measure(blurred), (), (), Sensitivity.HIGH)]
    assert len(scores) == 3
    assert scores == sorted(set(scores))
