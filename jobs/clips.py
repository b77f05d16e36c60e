"""Jobs behind clips: making one, and giving up what a worker died over."""

from __future__ import annotations

from webapp.models import utc_now
from webapp.services.clips import making


def make(clip_id: str) -> None:
    making.run(clip_id, utc_now)


def give_up() -> None:
    making.give_up(utc_now())
