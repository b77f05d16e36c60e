"""The clean-ups there are: what each does, and when the clock starts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from . import clips, database, expired, orphans, readings, records
from .work import Work

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    title: str
    about: str
    steps: tuple[Callable[[Work], None], ...]
    """Each may fail without the next being left out."""
    hour: int
    """In UTC."""
    weekday: int | None = None
    """0 is Monday; None: every day."""

    @property
    def cron(self) -> str:
        return f"0 {self.hour} * * {'*' if self.weekday is None else (self.weekday + 1) % 7}"

    @property
    def when(self) -> str:
        return f"{'Daily' if self.weekday is None else DAY_NAMES[self.weekday]} at {self.hour:02}:00 UTC"

    def next_due(self, now: datetime) -> datetime:
        due = now.astimezone(UTC).replace(hour=self.hour, minute=0, second=0, microsecond=0)
        while due <= now or (self.weekday is not None and due.weekday() != self.weekday):
            due += timedelta(days=1)
        return due


TASKS = (
    Task(
        "snapshots",
        "Snapshots",
        "Deletes pictures and clips past their expiry date, files without a record, and records without a file.",
        (expired.redate, expired.expire, clips.expire, orphans.clear),
        hour=2,
    ),
    Task(
        "health",
        "Health records",
        "Deletes the single checks of days that are over long enough; their hourly and daily figures stay.",
        (readings.drop,),
        hour=3,
        weekday=6,
    ),
    Task(
        "history",
        "Old history",
        "Deletes changes of status, acknowledgements, faults in pictures, hourly figures and reports of long ago.",
        (records.forget,),
        hour=4,
        weekday=6,
    ),
    Task(
        "database",
        "Database",
        "Gives back the space of what was deleted, and lets the database learn what its tables hold by now.",
        (database.optimise,),
        hour=5,
        weekday=6,
    ),
)
BY_NAME = {task.name: task for task in TASKS}
