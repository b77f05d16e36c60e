"""Jobs behind the import of files: dry run, trying out, storing, undoing; and going on where a worker died."""

from __future__ import annotations

from webapp.models import WorkState, utc_now
from webapp.services.imports import applying, checking, course, keeping, testing, undoing

from . import QueueName, is_waiting, work_on_import

ACTS = {
    WorkState.CHECKING: "check",
    WorkState.TESTING: "try_out",
    WorkState.QUEUED: "apply",
    WorkState.RUNNING: "apply",
    WorkState.UNDOING: "undo",
}
"""What is to be done with an import in this state."""


def check(import_id: str) -> None:
    checking.run(import_id, utc_now)
    testing.run(import_id, utc_now)


def try_out(import_id: str) -> None:
    testing.run(import_id, utc_now)


def check_and_apply(import_id: str) -> None:
    """For whoever asked for both at once, and reads afterwards what was left out."""
    checking.run(import_id, utc_now)
    applying.follow(import_id, utc_now())
    applying.run(import_id, utc_now)


def apply(import_id: str) -> None:
    applying.run(import_id, utc_now)


def undo(import_id: str) -> None:
    undoing.run(import_id, utc_now)


def go_on() -> None:
    """Take up again what a worker died over, or what Redis forgot."""
    for import_id, state in course.left_behind(utc_now()):
        if not is_waiting(QueueName.SLOW, f"import-{import_id}"):
            work_on_import(import_id, ACTS[state])


def forget_old() -> None:
    keeping.forget_old(utc_now())
