"""A past for the demo: eight days in which cameras failed and came back, so that timelines and reports have a story.

The same at every first start, counted back from it. It ends with what the fleet really does, and the first sweep goes
on from there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from simulator.fleet import DemoCamera

from .extensions import db, transaction
from .models import OUTCOME_CODES, Acknowledgement, Camera, CameraHealth, ImageFinding, Status, StatusChange, new_id
from .outcomes import Outcome
from .services.digest import Digest, Raw, digest
from .services.rollups import DAYS, HOURS, Grain, floor

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LENGTH = 8 * DAY
RAW = DAY
"""Of so long ago single readings are kept; of what was before only hours and days."""
BETWEEN = timedelta(minutes=6)
"""At least so long a camera is well between two episodes."""
REASONS = (Outcome.TIMEOUT, Outcome.TIMEOUT, Outcome.REFUSED, Outcome.NO_FRAME, Outcome.BUSY)
ACKNOWLEDGED = {"Dock office": "The new camera is ordered.", "Loading ramp": "Switch in hall 4 was replaced."}
"""Camera → what somebody said of its last outage."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A time in which a camera was not live. `end` None: it still is not."""

    start: datetime
    end: datetime | None
    status: Status
    reason: Outcome | None = None
    finding: str | None = None

    def covers(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)


def begin(now: datetime) -> datetime:
    """When the cameras of a demo that starts now were entered."""
    return floor(now - LENGTH, HOUR)


def write(fleet: Sequence[DemoCamera], now: datetime) -> int:
    """Only into a database that has no history yet; gives the number of changes of status."""
    if db.session.scalar(select(StatusChange.id).limit(1)):
        return 0
    ids = {row.rtsp_url: row.id for row in db.session.execute(select(Camera.rtsp_url, Camera.id))}
    now = floor(now, MINUTE)
    with transaction():
        lives = [_Life(camera, ids[camera.url], now) for camera in fleet if camera.url in ids]
        db.session.execute(insert(StatusChange), changes := [row for life in lives for row in life.changes()])
        for life in lives:
            life.tell()
        for table in (CameraHealth.__table__, HOURS.table, DAYS.table):
            db.session.execute(insert(table), [row for life in lives for row in life.rows(table)])
        db.session.execute(
            update(Camera.__table__).where(Camera.__table__.c.id == bindparam("camera_id")),
            [life.present() for life in lives],
        )
    return len(changes)


class _Life:
    """One camera of the fleet through these days."""

    def __init__(self, camera: DemoCamera, camera_id: str, now: datetime) -> None:
        self.camera, self.id, self.now = camera, camera_id, now
        self.begin = begin(now)
        self.dice = random.Random("/".join((*camera.group_path, camera.name)))  # noqa: S311  nothing to hide here
        self.base_ms = self.dice.uniform(6, 34)
        self.episodes = list(_apart(self._episodes()))
        self.told = list(self._changes())

    def _episodes(self) -> Iterator[Episode]:
        now, name, group = self.now, self.camera.name, self.camera.group_path[-1]
        yield self._episode(75 * HOUR, 40 * MINUTE, Status.UNKNOWN, Outcome.SKIPPED)
        if group == "Works":
            yield self._episode(50 * HOUR, 26 * MINUTE, Status.OFFLINE, Outcome.TIMEOUT)
        if name == "Dock yard":
            yield self._episode(101 * HOUR, 2 * HOUR, Status.MAINTENANCE)
        if name == "Car park 1":
            yield self._episode(60 * HOUR, 95 * MINUTE, Status.DEGRADED, finding="blurred")
        if name == "Gate 1 · south":
            yield self._episode(28 * HOUR, 50 * MINUTE, Status.DEGRADED, finding="low_fps")
        if self.camera.varies:
            yield from (self._episode(30 * HOUR - n * 16 * MINUTE, 8 * MINUTE) for n in range(11))
        if self.camera.expected_state == "offline" and not self.camera.varies:
            since = now - self.dice.uniform(5, 44) * HOUR
            yield Episode(since, None, Status.OFFLINE, Outcome(self.camera.expected_outcome))
        if self.dice.random() < 0.4:
            for _ in range(self.dice.randint(1, 3)):
                ago = self.dice.uniform(2, 186) * HOUR
                yield self._episode(ago, self.dice.uniform(3, 70) * MINUTE, reason=self.dice.choice(REASONS))

    def _episode(
        self,
        ago: timedelta,
        length: timedelta,
        status: Status = Status.OFFLINE,
        reason: Outcome | None = Outcome.TIMEOUT,
        finding: str | None = None,
    ) -> Episode:
        seconds = timedelta(seconds=self.dice.randrange(60))
        checked = Outcome.ONLINE if status is Status.DEGRADED else None if status is Status.MAINTENANCE else reason
        return Episode(self.now - ago + seconds, self.now - ago + length + seconds, status, checked, finding)

    def _changes(self) -> Iterator[StatusChange]:
        yield self._change(self.begin + MINUTE, Status.IDLE, Status.LIVE, Outcome.ONLINE)
        for episode in self.episodes:
            yield self._change(episode.start, Status.LIVE, episode.status, episode.reason, episode.finding)
            if episode.end:
                ended_by = None if episode.status is Status.MAINTENANCE else Outcome.ONLINE
                yield self._change(episode.end, episode.status, Status.LIVE, ended_by)

    def _change(
        self, at: datetime, old: Status, new: Status, reason: Outcome | None, finding: str | None = None
    ) -> StatusChange:
        return StatusChange(id=new_id(), camera_id=self.id, at=at, old=old, new=new, reason=reason, finding=finding)

    def changes(self) -> list[dict[str, Any]]:
        names = StatusChange.__table__.c.keys()
        return [{name: getattr(change, name) for name in names} for change in self.told]

    def tell(self) -> None:
        """What was wrong with its picture, and what somebody said of an outage."""
        for episode in self.episodes:
            if episode.finding and episode.finding != "low_fps":
                found = {"finding": episode.finding, "raised_at": episode.start, "cleared_at": episode.end}
                db.session.add(ImageFinding(camera_id=self.id, **found))
        failed = [change for change in self.told if change.new == Status.OFFLINE]
        if failed and self.camera.name in ACKNOWLEDGED:
            known = {"actor": "k.lang@demo.example", "reason": ACKNOWLEDGED[self.camera.name]}
            db.session.add(Acknowledgement(change_id=failed[-1].id, at=failed[-1].at + 9 * MINUTE, **known))

    def rows(self, table: Any) -> Iterator[dict[str, Any]]:
        if table is CameraHealth.__table__:
            return self._readings()
        return self._roll_ups(HOURS if table is HOURS.table else DAYS)

    def _readings(self) -> Iterator[dict[str, Any]]:
        at = self.now - RAW
        while at < self.now:
            raw = self._reading(at)
            if raw:
                yield {"camera_id": self.id, "tick": at, "last_check": at} | raw._asdict()
            at += MINUTE

    def _reading(self, at: datetime) -> Raw | None:
        """What a check would have found; None while nobody checked."""
        episode = next((episode for episode in self.episodes if episode.covers(at)), None)
        if episode and episode.status is Status.UNKNOWN:
            return None
        if episode and episode.status is Status.OFFLINE:
            return Raw(OUTCOME_CODES[episode.reason or Outcome.TIMEOUT], False, None, None)
        slower = 1.6 if 7 <= at.hour < 17 else 1.0
        latency = self.base_ms * slower * self.dice.uniform(0.85, 1.2) * (4 if self.dice.random() < 0.004 else 1)
        share = 0.4 if episode and episode.finding == "low_fps" else self.dice.uniform(0.97, 1.01)
        return Raw(OUTCOME_CODES[Outcome.ONLINE], True, latency, self.camera.fps * share)

    def _roll_ups(self, grain: Grain) -> Iterator[dict[str, Any]]:
        """From every tenth minute: nobody can tell, and it takes a tenth of the time."""
        start = floor(self.begin, grain.length) + (grain.length if grain is DAYS else timedelta(0))
        while start + grain.length <= self.now:
            step = 10 * MINUTE if grain is HOURS else HOUR
            moments = (start + n * step for n in range(grain.length // step))
            found = digest([raw for raw in map(self._reading, moments) if raw])
            yield {"camera_id": self.id, grain.column.key: grain.key(start)} | _scaled(found, step // MINUTE)
            start += grain.length

    def present(self) -> dict[str, Any]:
        """The camera as the last check of its past left it; the next one is due."""
        last, is_up = self.told[-1], self.told[-1].new == Status.LIVE
        outcome = Outcome.ONLINE if is_up else last.reason
        known = {"created_at": self.begin, "checked_at": self.now - MINUTE, "tried_at": self.now - MINUTE}
        said = {"status": last.new, "status_since": last.at, "outcome": outcome, "failures": 0 if is_up else 2}
        connected = self.now - MINUTE if is_up else last.at
        return {"camera_id": self.id, "last_connected": connected, "next_due_at": self.now} | known | said


def _apart(episodes: Iterator[Episode]) -> Iterator[Episode]:
    """In the order of time, without those that would begin before another is well over."""
    free_at: datetime | None = None
    for episode in sorted(episodes, key=lambda found: found.start):
        if free_at is not None and episode.start < free_at:
            continue
        yield episode
        if episode.end is None:
            return
        free_at = episode.end + BETWEEN


def _scaled(found: Digest, times: int) -> dict[str, Any]:
    """As if every minute had been looked at."""
    counts = {name: getattr(found, name) * times for name in ("good", "failed", "ours")}
    names = ("worst_outcome", "latency_p50_ms", "latency_p95_ms", "fps_low", "fps_mean")
    return counts | {name: getattr(found, name) for name in names}
