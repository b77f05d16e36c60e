"""Drawing a page: its content within the frame that every signed-in page has and keeps live."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template
from flask_login import current_user

from .. import access
from ..models import utc_now
from ..services import saved_views
from ..services.grid import Frame, read_frame, watch_frame
from . import grid_address

ALL = "all"


def draw(template: str, code: int = 200, frame: Frame | None = None, **context: Any) -> Response:
    """`place` in the context marks the current row of the tree: a group's id, or ALL."""
    frame = frame or read_frame(utc_now(), access.scope("cameras:read"))
    around = {"frame": frame, "tree": frame.tree, "banner": frame.banner, "views": saved_views.listed(current_user)}
    usual = {"place": "", "poll_url": grid_address.poll_frame(watch_frame(frame)), "pace": pace()}
    return make_response(render_template(template, **(around | usual | context)), code)


def pace() -> int:
    """Milliseconds between two polls, 0 while paused; a little different per person, so that a shift does not beat."""
    seconds: int = current_user.live_seconds
    return seconds * 1000 + sum(current_user.id.encode()) * 137 % 1000 if seconds else 0
