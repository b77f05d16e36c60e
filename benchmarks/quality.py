"""Image health on 200 scenes its limits were not tuned on: precision and recall per finding, false alarms, cost.

The limits were set on the simulator's scenes, spoilt in other ways than here, and then on a hundred worlds with seeds
below 10,000 of the first five kinds. The other kinds, and every seed from FIRST_SEED on, they have never seen.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.random import Generator

from benchmarks.measure import Figures, say
from benchmarks.spoiling import SPOILERS
from benchmarks.worlds import Pixels, Sensor, World, stamped
from webapp.video.opencv import cv2
from webapp.video.quality.finding import Confirmed, Finding, Sensitivity, confirm
from webapp.video.quality.frozen import KEPT, Sighting
from webapp.video.quality.judging import findings
from webapp.video.quality.measures import Measures
from webapp.video.quality.measures import measure as measured
from webapp.video.quality.reference import Reference
from webapp.video.thumbnail import thumbnail

SCENES = 200
HEALTHY_LOOKS = 5
FIRST_SEED = 730_000
MAX_PEOPLE = 4
STILLEST = 0.5
"""Levels of noise of the quietest sensor whose picture must not be called frozen."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture of a scene, and what a check knows besides."""

    truth: Finding | None
    by_night: bool
    measures: Measures
    history: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    references: dict[bool, Reference]
    """By night and not."""
    looks: tuple[Look, ...]

    def judged(self, look: Look, sensitivity: Sensitivity, knows: Iterable[bool] = (False, True)) -> set[Finding]:
        references = [self.references[by_night] for by_night in knows]
        return {found.finding for found in findings(look.measures, look.history, references, sensitivity)}


def measure(figures: Figures, _seconds: float) -> None:
    say(f"quality: drawing {SCENES} scenes and spoiling them …")
    scenes = [_scene(FIRST_SEED + number) for number in range(SCENES)]
    for sensitivity in Sensitivity:
        _note_findings(figures, scenes, sensitivity)
    _note_false_alarms(figures, scenes)
    _note_cost(figures)


def _scene(seed: int) -> Scene:
    world, chance = World(seed), np.random.default_rng(seed + 1)
    references = {night: Reference.of(measured(_picture(world, chance, night, people=0))) for night in (False, True)}
    looks = [_healthy(world, chance) for _ in range(HEALTHY_LOOKS)]
    looks += [_spoilt(world, chance, finding) for finding in SPOILERS]
    return Scene(references, (*looks, _moved(world, chance), _frozen(world, chance)))


def _picture(world: World, chance: Generator, by_night: bool, people: int) -> Pixels:
    seen = world.view(chance, by_night=by_night, people=people)
    return Sensor.by_chance(chance, by_night=by_night).picture(seen, chance)


def _healthy(world: World, chance: Generator) -> Look:
    """Nobody moves and the light stays: nothing but the sensor's noise says that the picture is alive."""
    by_night = bool(chance.integers(2))
    seen = world.view(chance, by_night=by_night, people=int(chance.integers(MAX_PEOPLE + 1)))
    sensor = Sensor(chance.uniform(STILLEST, 5), int(chance.integers(30, 91)))
    pictures = [sensor.picture(seen, chance) for _ in range(KEPT + 1)]
    return Look(None, by_night, measured(pictures[-1]), _history(pictures[:-1]))


def _spoilt(world: World, chance: Generator, finding: Finding) -> Look:
    by_night = bool(chance.integers(2))
    seen = world.view(chance, by_night=by_night, people=int(chance.integers(MAX_PEOPLE + 1)))
    spoilt = SPOILERS[finding](seen, chance)
    return Look(finding, by_night, measured(Sensor.by_chance(chance, by_night=by_night).picture(spoilt, chance)), ())


def _moved(world: World, chance: Generator) -> Look:
    by_night = bool(chance.integers(2))
    seen = world.view(chance, by_night=by_night, people=int(chance.integers(MAX_PEOPLE + 1)), turned=True)
    return Look(
        Finding.MOVED, by_night, measured(Sensor.by_chance(chance, by_night=by_night).picture(seen, chance)), ()
    )


def _frozen(world: World, chance: Generator) -> Look:
    """The picture stands still while the camera's clock runs on over it."""
    by_night = bool(chance.integers(2))
    picture = _picture(world, chance, by_night, people=2)
    pictures = [stamped(picture, chance) for _ in range(KEPT + 1)]
    return Look(Finding.FROZEN, by_night, measured(pictures[-1]), _history(pictures[:-1]))


def _history(pictures: Iterable[Pixels]) -> tuple[Sighting, ...]:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    return tuple(
        Sighting(now - timedelta(minutes=number), measured(picture).samples)
        for number, picture in enumerate(pictures, 1)
    )


def _note_findings(figures: Figures, scenes: list[Scene], sensitivity: Sensitivity) -> None:
    judged = [(look.truth, scene.judged(look, sensitivity)) for scene in scenes for look in scene.looks]
    for finding in Finding:
        right = sum(truth is finding and finding in found for truth, found in judged)
        precision = right / max(1, sum(finding in found for _, found in judged))
        recall = right / sum(truth is finding for truth, _ in judged)
        noticed = sum(truth is finding and bool(found) for truth, found in judged) / SCENES
        key = f"quality_{sensitivity}_{finding}"
        text = (
            f"image health, {sensitivity} sensitivity, {finding.short}: precision {precision:.3f}, recall {recall:.3f}"
        )
        text += f", recall under whatever name {noticed:.3f}"
        figures.note(text, **{f"{key}_precision": precision, f"{key}_recall": recall, f"{key}_noticed": noticed})


def _note_false_alarms(figures: Figures, scenes: list[Scene]) -> None:
    for sensitivity in Sensitivity:
        share, after_two = _false_alarms(scenes, sensitivity, (False, True))
        by_day_only, _ = _false_alarms(scenes, sensitivity, (False,))
        without, _ = _false_alarms(scenes, sensitivity, ())
        if sensitivity is Sensitivity.MEDIUM:
            figures.ratio("quality_false_alarms_on_healthy_pictures", share, "≤ 0.01")
        key = f"quality_{sensitivity}_false_alarms"
        text = (
            f"image health, {sensitivity} sensitivity: false alarms on {share:.2%} of healthy pictures, raised after "
        )
        text += f"two checks in {after_two:.2%} of scenes; with a reference by day alone on {by_day_only:.2%}, without "
        text += f"any on {without:.2%}"
        named = {"": share, "_raised": after_two, "_day_reference_only": by_day_only, "_no_reference": without}
        figures.note(text, **{f"{key}{name}": value for name, value in named.items()})


def _false_alarms(scenes: list[Scene], sensitivity: Sensitivity, knows: tuple[bool, ...]) -> tuple[float, float]:
    """The share of healthy pictures with a finding, and of scenes where one was raised by two checks in a row."""
    alarms = raised = 0
    for scene in scenes:
        state, ever = Confirmed(), False
        for look in scene.looks[:HEALTHY_LOOKS]:
            found = scene.judged(look, sensitivity, knows)
            state = confirm(state, found)
            alarms, ever = alarms + bool(found), ever or bool(state.raised)
        raised += ever
    return alarms / (len(scenes) * HEALTHY_LOOKS), raised / len(scenes)


def _note_cost(figures: Figures) -> None:
    """Of the whole look, references and history included, beside making the thumbnail of a 720p picture."""
    scene = _scene(FIRST_SEED)
    look, references = scene.looks[0], list(scene.references.values())
    picture = _picture(World(FIRST_SEED), np.random.default_rng(FIRST_SEED), False, people=2)
    large = cv2.resize(picture, (1280, 720))
    ours, theirs = _medians_ms(
        lambda: findings(measured(picture), look.history, references, Sensitivity.MEDIUM), lambda: thumbnail(large)
    )
    figures.ratio("quality_ms_a_picture", ours, "≤ 3")
    figures.ratio("quality_cost_to_thumbnail", ours / theirs, "≤ 3")
    text = (
        f"image health of a picture 640 wide: {ours:.2f} ms of one core, the thumbnail of one in 720p {theirs:.2f} ms"
    )
    figures.note(text, quality_thumbnail_ms=theirs)


def _medians_ms(*acts: Callable[[], object], rounds: int = 200) -> list[float]:
    """CPU of this thread, taken in turn: whatever else the machine does falls on all alike."""
    took: list[list[float]] = [[] for _ in acts]
    for _ in range(rounds):
        for act, times in zip(acts, took, strict=True):
            started = time.thread_time()
            act()
            times.append((time.thread_time() - started) * 1000)
    return [statistics.median(times) for times in took]
