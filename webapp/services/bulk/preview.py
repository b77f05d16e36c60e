"""What a bulk action would do, counted before it is started, by the rules that will do it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ...schemas import BulkInput
from ..camera_switches import require_sensible_end
from ..cameras import require_group
from ..rights import Scope
from .actions import ACTIONS, Fields, Left, differing
from .choice import Choice, Looked, look

NOT_YOURS = "You may not change it."


@dataclass(frozen=True, slots=True)
class Preview:
    """Of the cameras that were chosen."""

    total: int
    will: int
    """Cameras that the action will change."""
    already: int
    left: Counter[str]
    """Why a camera will be left as it is → how many."""
    digest: str = field(default="", compare=False)
    """Differs when other cameras would be changed: what a deletion, which nobody can undo, is held to."""


def preview(choice: Choice, given: BulkInput, sight: Scope, may_write: Scope, now: datetime) -> Preview:
    """InvalidInput when the action cannot be done with any camera; nothing is written."""
    require_possible(given, may_write, now)
    return count(look(choice, sight, now), given, may_write, now)


def count(seen: Sequence[Looked], given: BulkInput, may_write: Scope, now: datetime) -> Preview:
    will: list[str] = []
    already, left = 0, Counter[str]()
    for camera in seen:
        try:
            fields = planned(camera, given, may_write, now)
        except Left as problem:
            left[str(problem)] += 1
        else:
            already += fields is None
            will += [camera.id] if fields is not None else []
    return Preview(len(seen), len(will), already, left, digest_of(will))


def digest_of(camera_ids: Iterable[str]) -> str:
    return hashlib.sha256("".join(sorted(camera_ids)).encode()).hexdigest()[:16]


def planned(camera: Looked, given: BulkInput, may_write: Scope, now: datetime) -> Fields | None:
    """What is to be set on the camera; None when there is nothing to do. Raises Left."""
    if not may_write.covers(camera.group_id):
        raise Left(NOT_YOURS)
    wanted = ACTIONS[given.action].plan(camera, given, now)
    return differing(camera, wanted) or (None if wanted else {})


def require_possible(given: BulkInput, may_write: Scope, now: datetime) -> None:
    if given.action == "move":
        require_group(given.group_id, may_write)
    require_sensible_end(given.until, now)
