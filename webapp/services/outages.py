"""Outages: what the changes of status say of when a camera failed, for how long and why, and who knows of it.

A problem is one status: a camera that goes from degraded to offline has a new one, because it is worse than what
somebody may have acknowledged. Not knowing is no problem, and ends none by itself. See docs/decisions/011-outages.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import CTE, Row, ScalarSelect, func, literal, select
from sqlalchemy.orm import aliased

from ..extensions import db
from ..models import Acknowledgement, Camera, Status, StatusChange, UtcDateTime
from ..outcomes import Outcome

PROBLEMS = (Status.OFFLINE, Status.DEGRADED)
"""The worst first."""
LONG_AGO, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    who: str
    at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Outage:
    """From `start` until `end` a camera was offline, or degraded; None: nobody has seen the end yet."""

    change_id: str
    """The change of status that began it."""
    camera_id: str
    severity: Status
    """offline or degraded."""
    start: datetime
    end: datetime | None = None
    reason: Outcome | None = None
    """What the check found that began it."""
    finding: str | None = None
    """What was wrong with the picture or the stream, when that began it; see services.reasons."""
    unmeasured: timedelta = timedelta(0)
    """How much of it we know nothing of, up to the last check: it counts neither as up nor as down."""
    is_end_seen: bool = True
    """False when checks were missing at its end: it lasted at least until then."""
    acknowledged: Acknowledged | None = None

    @property
    def is_open(self) -> bool:
        return self.end is None

    def lasted(self, now: datetime) -> timedelta:
        return (self.end or max(now, self.start)) - self.start


def of_camera(camera_id: str, start: datetime, end: datetime) -> list[Outage]:
    """The outages that touch [start, end), oldest first, each with its true beginning and end."""
    return of_cameras([camera_id], start, end)[camera_id]


def of_cameras(ids: Sequence[str], start: datetime, end: datetime) -> dict[str, list[Outage]]:
    """Camera id → of_camera(), for all of `ids` with two queries."""
    changes: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in db.session.execute(_changes_around(ids, start, end)):
        changes[row.camera_id].append(row)
    found = {camera_id: _touching(pair(changes[camera_id]), start, end) for camera_id in ids}
    known = _acknowledged(ids, [outage for some in found.values() for outage in some])
    return {camera_id: [_with_who_knows(outage, known) for outage in some] for camera_id, some in found.items()}


def _with_who_knows(outage: Outage, known: Mapping[str, Acknowledged]) -> Outage:
    """A copy only where there is something to add: a month of a large fleet has a hundred thousand outages."""
    who = known.get(outage.change_id)
    return replace(outage, acknowledged=who) if who else outage


def pair(changes: Iterable[StatusChange | Row[Any]]) -> list[Outage]:
    """The outages of one camera from its changes of status, oldest first; those before the first are not known of."""
    found: list[Outage] = []
    running: Outage | None = None
    dark_since: datetime | None = None
    for change in changes:
        if change.new == Status.UNKNOWN:
            dark_since = dark_since or change.at
            continue
        if running and running.severity == change.new:
            running = _bridged(running, dark_since, change.at)
        else:
            if running:
                found.append(_ended(running, dark_since, change.at))
            running = _begun(change)
        dark_since = None
    return [*found, running] if running else found


def _begun(change: StatusChange | Row[Any]) -> Outage | None:
    if change.new not in PROBLEMS:
        return None
    reason = Outcome(change.reason) if change.reason else None
    return Outage(change.id, change.camera_id, Status(change.new), change.at, reason=reason, finding=change.finding)


def _bridged(running: Outage, dark_since: datetime | None, seen_at: datetime) -> Outage:
    """The same trouble before and after a gap in the checks is one outage: nobody has seen the camera well."""
    gap = seen_at - dark_since if dark_since else timedelta(0)
    return replace(running, unmeasured=running.unmeasured + max(gap, timedelta(0)))


def _ended(running: Outage, dark_since: datetime | None, at: datetime) -> Outage:
    """When it ended in a gap, we only vouch for the time before the gap."""
    return replace(running, end=max(running.start, dark_since or at), is_end_seen=dark_since is None)


def _touching(found: Iterable[Outage], start: datetime, end: datetime) -> list[Outage]:
    return [outage for outage in found if outage.start < end and (outage.end is None or outage.end > start)]


def _changes_around(ids: Sequence[str], start: datetime, end: datetime) -> Any:
    """The changes from which the outages of a span can be told: from the last clear one before it, to where it is
    clear what became of the last."""
    change, bounds = StatusChange, _bounds(ids, start, end)
    columns = (change.id, change.camera_id, change.at, change.old, change.new, change.reason, change.finding)
    query = select(*columns).join_from(bounds, change, change.camera_id == bounds.c.camera_id)
    return query.where(change.at >= bounds.c.lower, change.at <= bounds.c.upper).order_by(change.at, change.id)


def _bounds(ids: Sequence[str], start: datetime, end: datetime) -> CTE:
    """Where to begin and to end reading, looked up once for each camera: left to themselves, both databases look it up
    again for each change."""
    lower = func.coalesce(_clear_before(start), literal(LONG_AGO, UtcDateTime())).label("lower")
    upper = func.coalesce(_well_after(end), literal(NEVER, UtcDateTime())).label("upper")
    query = select(Camera.id.label("camera_id"), lower, upper).where(Camera.id.in_(ids))
    return query.cte("bounds").prefix_with("MATERIALIZED")


def _clear_before(start: datetime) -> ScalarSelect[datetime]:
    """When the camera last went from one known status to another before the span."""
    earlier = aliased(StatusChange)
    query = select(earlier.at).where(earlier.camera_id == Camera.id, earlier.at <= start)
    query = query.where(earlier.old != Status.UNKNOWN, earlier.new != Status.UNKNOWN)
    return query.order_by(earlier.at.desc()).limit(1).correlate(Camera).scalar_subquery()


def _well_after(end: datetime) -> ScalarSelect[datetime]:
    """When the camera first had no trouble after the span, as far as we know."""
    later = aliased(StatusChange)
    query = select(later.at).where(later.camera_id == Camera.id, later.at >= end)
    query = query.where(later.new.not_in([*PROBLEMS, Status.UNKNOWN]))
    return query.order_by(later.at).limit(1).correlate(Camera).scalar_subquery()


def _acknowledged(ids: Sequence[str], found: Sequence[Outage]) -> dict[str, Acknowledged]:
    if not found:
        return {}
    ack, earliest = Acknowledgement, min(outage.start for outage in found)
    query = select(ack.change_id, ack.actor, ack.at, ack.reason).join(StatusChange, StatusChange.id == ack.change_id)
    query = query.where(StatusChange.camera_id.in_(ids), StatusChange.at >= earliest)
    return {row.change_id: Acknowledged(row.actor, row.at, row.reason) for row in db.session.execute(query)}
