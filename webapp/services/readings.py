"""Writing readings down: history, verdicts and status changes of a batch, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..extensions import db, settings, transaction
from ..models import OUTCOME_CODES, Camera, CameraHealth, Status, StatusChange, UtcDateTime, new_id
from ..outcomes import Outcome, Reading
from ..video.quality.reference import Reference
from . import image_judging, pace
from .camera_record import lapse_of
from .image_judging import Judged, Raised
from .judge import State, judge, next_due, slowness
from .shown import unknown_from
from .sweep_plan import Claim, interval

cameras = Camera.__table__
health = CameraHealth.__table__
status_changes = StatusChange.__table__

Found = tuple[Claim, Reading]
Step = tuple[datetime, str, Outcome | None, str | None]
"""When a camera took which status, after which outcome, and what is wrong with what it sends."""


@dataclass(frozen=True, slots=True)
class Recorded:
    readings: Mapping[str, Reading]
    """By camera; without those that were deleted, disabled or changed while they were being checked."""
    status_changed: bool
    changes: Sequence[Mapping[str, Any]] = ()
    """Of status, as they were written; those of one camera in their order."""
    pictured_at: Mapping[str, datetime | None] = field(default_factory=dict)
    """When the picture was taken that each camera had before this reading."""
    raised: Sequence[Raised] = ()
    """Findings whose evidence is still to be kept."""
    adopted: Mapping[str, Reference] = field(default_factory=dict)
    """By camera: its picture is to become a reference."""


def record(tick: datetime, found: Sequence[Found]) -> Recorded:
    """Write what the checks of one tick found; writing the same again changes nothing.

    A result counts only for the camera as it was claimed: one that was edited, disabled, deleted, or claimed by
    somebody else meanwhile keeps what is stored, and is checked again.
    """
    with transaction():
        stored = _lock(claim.id for claim, _ in found)
        accepted = [(stored[claim.id], reading) for claim, reading in found if _is_same(stored.get(claim.id), claim)]
        paces = pace.read()
        judged = image_judging.judge_batch(accepted, paces.sensitivity)
        updates = [_verdict(row, reading, tick, paces, judged[row.id]) for row, reading in accepted]
        verdicts = zip(accepted, updates, strict=True)
        changes = [change for (row, reading), new in verdicts for change in _changes(row, new, reading)]
        _write(tick, accepted, updates, changes)
        raised = image_judging.write(judged, {row.id: reading.at for row, reading in accepted})
        _release(found)
    pictured_at = {row.id: row.picture_at for row, _ in accepted}
    turned = any(row.flapping_since != new["flapping_since"] for (row, _), new in zip(accepted, updates, strict=True))
    adopted = {id: each.adopts for id, each in judged.items() if each.adopts}
    readings = {row.id: reading for row, reading in accepted}
    return Recorded(readings, bool(changes) or turned, changes, pictured_at, raised, adopted)


def record_skipped(tick: datetime, ids: Iterable[str]) -> int:
    """Note in the history of those cameras that this tick left them out; gives their number. No verdict changes."""
    due = select(
        cameras.c.id,
        literal(tick, UtcDateTime()),
        literal(tick, UtcDateTime()),
        literal(OUTCOME_CODES[Outcome.SKIPPED]),
        literal(False),
    ).where(cameras.c.id.in_(ids), cameras.c.is_active.is_(True), cameras.c.next_due_at < tick + interval())
    fields = ("camera_id", "tick", "last_check", "outcome", "is_connected")
    with transaction():
        insert_missing = _insert_health().from_select(fields, due).on_conflict_do_nothing()
        return len(db.session.execute(insert_missing.returning(health.c.camera_id)).all())


def _lock(ids: Iterable[str]) -> dict[str, Row[Any]]:
    rows = db.session.execute(
        select(cameras).where(cameras.c.id.in_(list(ids))).order_by(cameras.c.id).with_for_update()
    )
    return {row.id: row for row in rows}


def _is_same(row: Row[Any] | None, claim: Claim) -> bool:
    return (
        row is not None and row.is_active and (row.version, row.claimed_until) == (claim.version, claim.claimed_until)
    )


def _verdict(row: Row[Any], reading: Reading, tick: datetime, paces: pace.Paces, judged: Judged) -> dict[str, Any]:
    """The new values of a camera row, always the same columns, so that a batch is one statement."""
    latency, has_findings = settings.HIGH_LATENCY_MS, bool(judged.findings)
    state = judge(_state_of(row), reading, reading.at, row.fps, latency, has_findings)
    regular = pace.next_slot(row.id, tick, paces.interval(row))
    facts = {name: getattr(row, name) for name in READING_FIELDS}
    if not reading.outcome.is_ours:
        facts |= _facts(reading) | _frame_rate(row, reading) | _end_of_maintenance(row, reading)
    return facts | {
        "camera_id": row.id,
        "tried_at": reading.at,
        "fault": (reading.detail or reading.outcome.sentence)[:300] if reading.outcome.is_ours else None,
        "findings": judged.findings,
        "image_memory": judged.memory,
        "status": state.status,
        "status_since": state.since,
        "failures": state.failures,
        "auth_failures": state.auth_failures,
        "slow_checks": state.slow_checks,
        **_flapping(row, reading, state),
        "next_due_at": next_due(state, reading.outcome, tick, interval(), regular) or row.next_due_at,
    }


def _state_of(row: Row[Any]) -> State:
    return State(
        Status(row.status),
        row.status_since,
        row.failures,
        row.auth_failures,
        counted_fps=row.actual_fps if row.fps_source == "measured" else None,
        slow_checks=row.slow_checks,
        flips=tuple(row.flips),
        flapping_since=row.flapping_since,
    )


def _flapping(row: Row[Any], reading: Reading, state: State) -> dict[str, Any]:
    """Who works on a camera makes it go up and down: that is not flapping."""
    if _rests(row, reading):
        return {"flips": [], "flapping_since": None}
    return {"flips": list(state.flips), "flapping_since": state.flapping_since}


def _rests(row: Row[Any], reading: Reading) -> bool:
    return row.maintenance_until is not None and row.maintenance_until > reading.at


def _end_of_maintenance(row: Row[Any], reading: Reading) -> dict[str, Any]:
    return {"maintenance_until": None} if lapse_of(row, reading.at) else {}


READING_FIELDS = (
    "maintenance_until",
    "outcome",
    "detail",
    "checked_at",
    "last_connected",
    "latency_ms",
    "phases",
    "actual_codec",
    "actual_resolution",
    "actual_fps",
    "fps_source",
)


def _facts(reading: Reading) -> dict[str, Any]:
    """What the reading tells us; what it does not tell is left as it was."""
    phases = ("dns_ms", "connect_ms", "options_ms", "describe_ms", "frame_ms")
    facts: dict[str, Any] = {
        "outcome": reading.outcome,
        "detail": reading.detail[:300],
        "checked_at": reading.at,
        "latency_ms": reading.latency_ms,
        "phases": {name: getattr(reading, name) for name in phases},
    }
    if reading.is_connected:
        facts |= {"last_connected": reading.at}
        facts |= {"actual_codec": reading.codec, "actual_resolution": reading.resolution}
    return facts


def _frame_rate(row: Row[Any], reading: Reading) -> dict[str, Any]:
    """A rate that was measured once is not replaced by what the camera claims."""
    if reading.fps is None or (row.fps_source == "measured" and reading.fps_source != "measured"):
        return {}
    return {"actual_fps": reading.fps, "fps_source": reading.fps_source}


def _changes(row: Row[Any], new: Mapping[str, Any], reading: Reading) -> list[dict[str, Any]]:
    """What the history learns: that maintenance is over, the gap in which we knew nothing, and the new status.

    Of what happens during maintenance it learns nothing: no outage of those hours was one.
    """
    if reading.outcome.is_ours or _rests(row, reading):
        return []
    steps: list[Step] = []
    finding = _finding(row, new)
    lapsed, gap = lapse_of(row, reading.at), unknown_from(row)
    if lapsed and lapsed < gap:
        steps.append((lapsed, row.status, None, None))
    if gap < reading.at:
        steps += [
            (max(gap, lapsed or gap), Status.UNKNOWN, Outcome.SKIPPED, None),
            (reading.at, new["status"], reading.outcome, finding),
        ]
    elif new["status"] != row.status:
        steps.append((new["status_since"], new["status"], reading.outcome, finding))
    return _chained(row.id, Status.MAINTENANCE if lapsed else row.status, steps)


def _finding(row: Row[Any], new: Mapping[str, Any]) -> str | None:
    """What is wrong with the stream of a camera that sends pictures, the gravest fault of the picture first."""
    if new["status"] != Status.DEGRADED:
        return None
    if new["findings"]:
        return str(new["findings"][0])
    return slowness(row.fps, new["actual_fps"] if new["fps_source"] == "measured" else None, new["slow_checks"])


def _chained(camera_id: str, old: str, steps: Iterable[Step]) -> list[dict[str, Any]]:
    found = []
    for at, new, reason, finding in steps:
        told = {"old": old, "new": new, "reason": reason, "finding": finding}
        found.append({"id": new_id(), "camera_id": camera_id, "at": at} | told)
        old = new
    return found


def _write(
    tick: datetime,
    accepted: Sequence[tuple[Row[Any], Reading]],
    updates: list[dict[str, Any]],
    changes: Sequence[Mapping[str, Any]],
) -> None:
    if not accepted:
        return
    upsert = _insert_health()
    replaced = {c.name: upsert.excluded[c.name] for c in health.c if not c.primary_key}
    upsert = upsert.on_conflict_do_update(index_elements=["camera_id", "tick"], set_=replaced)
    db.session.execute(upsert, [_health_row(row.id, tick, reading) for row, reading in accepted])
    db.session.execute(update(cameras).where(cameras.c.id == bindparam("camera_id")), updates)
    if changes:
        db.session.execute(insert(status_changes), changes)


def _health_row(camera_id: str, tick: datetime, reading: Reading) -> dict[str, Any]:
    return {
        "camera_id": camera_id,
        "tick": tick,
        "last_check": reading.at,
        "outcome": OUTCOME_CODES[reading.outcome],
        "is_connected": reading.is_connected,
        "latency_ms": reading.latency_ms,
        "frame_ms": reading.frame_ms,
        "fps_actual": reading.fps if reading.fps_source == "measured" else None,
    }


def _release(found: Sequence[Found]) -> None:
    """Give our claims back, also those of cameras whose result did not count; never somebody else's."""
    if not found:
        return
    ours = cameras.c.claimed_until == found[0][0].claimed_until
    ids = [claim.id for claim, _ in found]
    db.session.execute(update(cameras).where(cameras.c.id.in_(ids), ours).values(claimed_until=None))


def _insert_health() -> Any:
    """INSERT of the dialect at hand: only those know ON CONFLICT."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(health)
