"""One check of one camera: the probe, then the picture of those that answered. Its result is one Reading."""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from webapp.outcomes import Outcome, Reading
from webapp.video import rtsp
from webapp.video.capture import Grab, grab
from webapp.video.decode import Frame
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.quality.measures import Measures, measure
from webapp.video.rtsp import Probe, Steps
from webapp.video.target import Limits, OnStep, Target
from webapp.video.thumbnail import scaled, thumbnail

log = logging.getLogger(__name__)


Turns: TypeAlias = AbstractContextManager[Any]
"""Held while a picture is fetched: a semaphore bounds how many streams flow at once, however many cameras are asked."""


def check(
    target: Target,
    limits: Limits,
    now: datetime,
    on_step: OnStep | None = None,
    with_picture: bool = True,
    turns: Turns | None = None,
) -> Reading:
    """Never raises, and ends within limits.deadline_s, the wait for a turn apart. `now` (UTC) becomes Reading.at.

    Safe in many threads at once; not in a process that forks while it runs.
    """
    started = time.monotonic()
    try:
        reading = _check(target, limits, now, on_step, with_picture, turns or nullcontext())
    except Exception as error:
        reading = Reading(now, Outcome.INTERNAL_ERROR, _name_of(error))
    return replace(reading, total_ms=round((time.monotonic() - started) * 1000, 3))


def _check(
    target: Target, limits: Limits, now: datetime, on_step: OnStep | None, with_picture: bool, turns: Turns
) -> Reading:
    deadline = Deadline.after(limits.deadline_s)
    probe = rtsp.probe(target, limits, on_step)
    reading = _reading_of(probe, now)
    if not probe.answered or probe.ip is None or not with_picture:
        return reading
    ms: dict[str, float] = {}
    left = deadline.left()
    try:
        with turns, Steps(ms, on_step).step("frame"):
            grabbed = grab(target, probe.ip, Deadline.after(left), limits.measure_fps)
    except CheckFailed as failure:
        return replace(reading, outcome=failure.outcome, detail=failure.detail, frame_ms=ms.get("frame"))
    return _with_picture(reading, grabbed)


def _reading_of(probe: Probe, now: datetime) -> Reading:
    description = probe.description
    return Reading(
        now,
        probe.outcome,
        probe.detail,
        dns_ms=probe.ms.get("dns"),
        connect_ms=probe.ms.get("connect"),
        options_ms=probe.ms.get("options"),
        describe_ms=probe.ms.get("describe"),
        codec=description.codec if description else None,
        fps=description.fps if description else None,
        fps_source="claimed" if description and description.fps else None,
    )


def _with_picture(reading: Reading, grabbed: Grab) -> Reading:
    small = scaled(grabbed.frame)
    return replace(
        reading,
        frame_ms=grabbed.frame_ms,
        codec=grabbed.codec,
        width=grabbed.width,
        height=grabbed.height,
        fps=grabbed.fps or reading.fps,
        fps_source="measured" if grabbed.fps else reading.fps_source,
        jpeg=thumbnail(small),
        measures=_measures(small),
    )


def _measures(small: Frame) -> Measures | None:
    """The check brought a picture, whatever becomes of looking at it."""
    try:
        return measure(small)
    except Exception as error:
        log.error("A picture could not be measured: %s", _name_of(error))
        return None


def _name_of(error: Exception) -> str:
    """The error's kind and place are logged, not its text: a URL or a password may be part of that."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "an unknown place"
    log.error("A check failed on our side: %s at %s", type(error).__name__, place)
    return type(error).__name__
