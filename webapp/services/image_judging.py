"""What a check's picture makes of a camera's findings: two agreeing checks raise one, a check without it clears it.

Runs where checks run, within the transaction that writes their readings. Pages use services.image_health instead,
which needs no OpenCV.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from ..extensions import db
from ..models import CameraReference, ImageFinding, new_id
from ..outcomes import Reading
from ..video.quality.finding import Confirmed, Finding, Sensitivity, confirm
from ..video.quality.frozen import Sighting
from ..video.quality.judging import findings
from ..video.quality.measures import Measures
from ..video.quality.reference import InvalidReference, Reference, compare
from .image_memory import Candidate, Memory, Still

log = logging.getLogger(__name__)

references = CameraReference.__table__
image_findings = ImageFinding.__table__

AGREEING = 3
"""Good pictures of one view in a row that make it the reference of its light, where there is none."""
SensitivityOf = Callable[[Any], Sensitivity | None]


@dataclass(frozen=True, slots=True)
class Known:
    """A reference of a camera."""

    id: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of a camera's picture after a check, beside what was known before."""

    findings: tuple[str, ...]
    """Raised, the gravest first."""
    memory: dict[str, Any] | None
    raised: tuple[str, ...] = ()
    """Of those, the new ones."""
    cleared: tuple[str, ...] = ()
    reference_id: str | None = None
    """What the picture was compared with."""
    adopts: Reference | None = field(default=None, repr=False)
    """The view becomes a reference: enough good pictures agreed on it."""


def judge_batch(accepted: Sequence[tuple[Row[Any], Reading]], sensitivity_of: SensitivityOf) -> dict[str, Judged]:
    """By camera; one statement for all references. An error of ours leaves a camera as it was known."""
    known = _references([row.id for row, reading in accepted if reading.measures])
    return {row.id: _judged(row, reading, sensitivity_of(row), known.get(row.id, [])) for row, reading in accepted}


def _references(camera_ids: list[str]) -> dict[str, list[Known]]:
    """The newest of each light of each camera."""
    if not camera_ids:
        return {}
    c = references.c
    query = select(c.id, c.camera_id, c.light, c.features).where(c.camera_id.in_(camera_ids)).order_by(c.created_at)
    newest = {(row.camera_id, row.light): row for row in db.session.execute(query)}
    found: dict[str, list[Known]] = {}
    for (camera_id, _), row in newest.items():
        try:
            found.setdefault(camera_id, []).append(Known(row.id, Reference.restored(row.features.decode("ascii"))))
        except (InvalidReference, UnicodeDecodeError) as error:
            log.error("The reference %s of camera %s cannot be read: %s", row.id, camera_id, error)
    return found


def _judged(row: Row[Any], reading: Reading, sensitivity: Sensitivity | None, known: list[Known]) -> Judged:
    before = _in_order(known_findings(row))
    if sensitivity is None:
        return Judged((), None, cleared=before)
    if reading.measures is None:
        return Judged(before, row.image_memory)
    try:
        rests = row.maintenance_until is not None and row.maintenance_until > reading.at
        return judge_picture(row, reading.measures, known, sensitivity, reading.at, rests)
    except Exception:
        log.exception("The picture of camera %s could not be judged.", row.id)
        return Judged(before, row.image_memory)


def known_findings(camera: Any) -> frozenset[Finding]:
    """Those of its picture: others may stand beside them."""
    return frozenset(Finding(name) for name in camera.findings if name in set(Finding))


def judge_picture(
    camera: Any, measures: Measures, known: Sequence[Known], sensitivity: Sensitivity, now: datetime, rests: bool
) -> Judged:
    """Pure. `camera` has findings and image_memory; while somebody works on it (`rests`) nothing new is raised."""
    memory = Memory.restored(camera.image_memory)
    before = known_findings(camera)
    history = memory.still.history if memory.still else ()
    found = frozenset(f.finding for f in findings(measures, history, [k.reference for k in known], sensitivity))
    confirmed = confirm(Confirmed(before, memory.suspected), found & before if rests else found)
    sighting = Sighting(now, measures.samples)
    still = memory.still.then(sighting) if memory.still else Still(sighting, now)
    is_good = not (found or before or rests)
    candidate = _candidate(memory.candidate, measures, known, sensitivity) if is_good else None
    adopts = candidate.reference if candidate and candidate.seen >= AGREEING else None
    raised = _in_order(confirmed.raised - before)
    return Judged(
        _in_order(confirmed.raised),
        Memory(confirmed.suspected, still, candidate).stored(),
        raised,
        _in_order(before - confirmed.raised),
        _compared(measures, known) if raised else None,
        adopts,
    )


def _candidate(
    earlier: Candidate | None, measures: Measures, known: Sequence[Known], sensitivity: Sensitivity
) -> Candidate | None:
    if any(k.reference.light is measures.light for k in known):
        return None
    if earlier is None or earlier.reference.light is not measures.light:
        return Candidate(Reference.of(measures))
    if findings(measures, (), [earlier.reference], sensitivity):
        return Candidate(Reference.of(measures))
    return Candidate(earlier.reference, earlier.seen + 1)


def _compared(measures: Measures, known: Sequence[Known]) -> str | None:
    """The reference that the picture is most like, else any of its light, else any."""
    likeness = compare(measures.sketch, [k.reference for k in known])
    if likeness:
        return next(k.id for k in known if k.reference is likeness.reference)
    nearest = sorted(known, key=lambda k: k.reference.light is not measures.light)
    return nearest[0].id if nearest else None


def _in_order(found: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(str(finding) for finding in Finding if finding in frozenset(found))


@dataclass(frozen=True, slots=True)
class Raised:
    """A finding that was just raised: its picture is still to be kept as evidence."""

    id: str
    camera_id: str


def write(judged: Mapping[str, Judged], moments: Mapping[str, datetime]) -> list[Raised]:
    """Note in the running transaction what was raised and cleared: at most two statements for a batch."""
    new: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "camera_id": camera_id,
            "finding": finding,
            "raised_at": moments[camera_id],
            "reference_id": each.reference_id,
        }
        for camera_id, each in judged.items()
        for finding in each.raised
    ]
    if new:
        db.session.execute(insert(image_findings), new)
    gone = [
        {"of_camera": camera_id, "named": finding, "at": moments[camera_id]}
        for camera_id, each in judged.items()
        for finding in each.cleared
    ]
    if gone:
        c = image_findings.c
        open_ones = (c.camera_id == bindparam("of_camera"), c.finding == bindparam("named"), c.cleared_at.is_(None))
        db.session.execute(update(image_findings).where(*open_ones).values(cleared_at=bindparam("at")), gone)
    return [Raised(row["id"], row["camera_id"]) for row in new]
