"""The probe: finds out over a plain socket what a camera answers, and says precisely why it is not a stream."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from webapp.outcomes import Outcome
from webapp.video import addresses
from webapp.video.dialogue import Dialogue
from webapp.video.failure import CheckFailed, Deadline
from webapp.video.sdp import Description
from webapp.video.target import Limits, OnStep, Target


@dataclass(slots=True)
class Probe:
    """What the probe found. `outcome` is online when DESCRIBE was answered with a stream that we can decode."""

    outcome: Outcome = Outcome.ONLINE
    detail: str = ""
    ip: str | None = None
    """The vetted address that accepted the connection."""
    description: Description | None = None
    ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds by phase: dns, connect, options, describe; only those that were reached."""

    @property
    def answered(self) -> bool:
        return self.outcome is Outcome.ONLINE


def probe(target: Target, limits: Limits, on_step: OnStep | None = None) -> Probe:
    """vet → connect → OPTIONS → DESCRIBE. Ends within limits.probe_s; every failure of the camera is in the outcome."""
    found = Probe()
    try:
        _talk(target, limits, found, Steps(found.ms, on_step))
    except CheckFailed as failure:
        found.outcome, found.detail = failure.outcome, failure.detail
    return found


class Steps:
    """Times each phase and shows it to whoever watches."""

    def __init__(self, ms: dict[str, float], on_step: OnStep | None) -> None:
        self._ms = ms
        self._show: OnStep = on_step or (lambda *_: None)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._show(name, "running", None, "")
        started = time.monotonic()
        try:
            yield
        except CheckFailed as failure:
            self._show(name, "failed", self._took(name, started), failure.detail)
            raise
        self._show(name, "done", self._took(name, started), "")

    def _took(self, name: str, started: float) -> float:
        self._ms[name] = round((time.monotonic() - started) * 1000, 3)
        return self._ms[name]


def _talk(target: Target, limits: Limits, found: Probe, steps: Steps) -> None:
    deadline = Deadline.after(min(limits.probe_s, limits.deadline_s))
    url = target.url
    with steps.step("dns"):
        patience = min(limits.resolve_s, deadline.left())
        ips = addresses.vet(url.host, url.port, limits.networks, patience)
    with Dialogue(target, limits.connect_s, deadline) as dialogue:
        with steps.step("connect"):
            found.ip = dialogue.connect(ips)
        with steps.step("options"):
            dialogue.options()
        with steps.step("describe"):
            found.description = dialogue.describe()
