"""What is cleaned up, and when: each clean-up with what it did last, tried out or run by hand."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

import jobs
from jobs import housekeeping as housekeeping_jobs

from .. import access
from ..models import utc_now
from ..services.housekeeping import overview, running
from ..services.housekeeping.tasks import BY_NAME
from ..services.system_checks import told_bytes
from .page import draw
from .wording import plural

pages = Blueprint("housekeeping", __name__, url_prefix="/housekeeping")

COUNTED = {
    "days": ("day", "days"),
    "pictures": ("picture", "pictures"),
    "clips": ("clip", "clips"),
    "orphans": ("file without a record", "files without a record"),
    "records_without_file": ("record without a file", "records without a file"),
    "redated": ("picture got another expiry date", "pictures got another expiry date"),
    "readings": ("check", "checks"),
    "changes": ("change of status", "changes of status"),
    "findings": ("fault in a picture", "faults in pictures"),
    "hours": ("hourly figure", "hourly figures"),
    "reports": ("report", "reports"),
    "runs": ("clean-up's note", "clean-ups' notes"),
    "mutes": ("mute", "mutes"),
    "windows": ("maintenance window", "maintenance windows"),
    "tables": ("table looked through", "tables looked through"),
    "refused": ("file that the store kept", "files that the store kept"),
}
"""What a run counts, in the order in which it is told."""


@pages.get("")
@access.requires("users:write")
def index() -> Response:
    now = utc_now()
    page = overview.read(now)
    return draw("housekeeping/index.html", page=page, moment=now, told=told, told_bytes=told_bytes, BY_NAME=BY_NAME)


@pages.post("/<task>")
@access.requires("users:write")
def start(task: str) -> Response:
    if task not in BY_NAME:
        abort(404)
    is_dry = request.form.get("act") != "run"
    try:
        run_id = running.start(task, is_dry, utc_now(), current_user)
        _enqueue(run_id)
        flash(f"{BY_NAME[task].title}: the {'dry run' if is_dry else 'clean-up'} begins as soon as a worker is free.")
    except (running.AlreadyRunning, jobs.QueueAway) as error:
        flash(str(error))
    return redirect(url_for("housekeeping.index"), 303)


def _enqueue(run_id: str) -> None:
    try:
        housekeeping_jobs.start(run_id)
    except jobs.QueueAway as error:
        running.give_up(run_id, str(error), utc_now())
        raise


def told(found: Mapping[str, int]) -> str:
    """2 days, 31 pictures, 4.1 MB."""
    parts = [plural(found[name], one, many) for name, (one, many) in COUNTED.items() if found.get(name)]
    if found.get("bytes"):
        parts.append(told_bytes(found["bytes"]))
    if found.get("reusable_bytes"):
        parts.append(f"{told_bytes(found['reusable_bytes'])} of free space inside the file")
    return ", ".join(parts) or "nothing"
