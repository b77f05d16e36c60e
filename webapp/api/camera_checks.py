"""Checking a camera at once: whether it answers, and what it sees. Both are the one check of the sweep."""

from __future__ import annotations

import time
from datetime import datetime
from threading import BoundedSemaphore
from typing import NotRequired

from flask_login import current_user
from typing_extensions import TypedDict

import jobs

from .. import access
from ..models import Camera, utc_now
from ..outcomes import Outcome
from ..schemas import SnapshotInput, TestInput
from ..services import check_results
from .answers import Answer
from .operations import operation
from .shapes import address

MOST_WAITING = 4
"""In one process: the other threads answer requests meanwhile. Whoever comes on top gets 202 at once."""
LOOK_EVERY_S = 0.1
UNDER_WAY = "The check of {} is under way. Ask for its result at the address in the header Location."

_places = BoundedSemaphore(MOST_WAITING)


class Checked(TypedDict):
    """What the last check found; `success` is null while the one that was asked for is under way."""

    success: bool | None
    camera_id: str
    message: str
    outcome: str | None
    remedy: str | None
    latency_ms: int | None
    resolution: str | None
    fps: float | None
    codec: str | None
    checked_at: datetime | None


class Snapshot(Checked):
    picture_url: NotRequired[str | None]
    picture_at: NotRequired[datetime | None]


@operation(
    "POST",
    "/cameras/<uuid:camera_id>/test-connection",
    "cameras:read",
    body=TestInput,
    answer=Checked,
    codes=(202, 404, 503),
    example={"timeout_seconds": 10, "check_credentials": True},
)
def test_connection(camera_id: str, given: TestInput) -> Answer:
    """Connect to a camera now and say what came of it.

    The answer waits for the result; when it takes longer than timeout_seconds it is 202, and Location says where the
    result will be.
    """
    camera, is_done = _checked(camera_id, given.timeout_seconds)
    return Answer(_told(camera, given.check_credentials)) if is_done else _under_way(camera)


@operation("GET", "/cameras/<uuid:camera_id>/test-connection", "cameras:read", answer=Checked, codes=(404,))
def last_result(camera_id: str) -> Answer:
    """What the last check of a camera found."""
    return Answer(_told(access.camera_for_read(camera_id), True))


@operation(
    "POST",
    "/cameras/<uuid:camera_id>/snapshot",
    "cameras:read",
    body=SnapshotInput,
    answer=Snapshot,
    codes=(202, 404, 503),
    example={"timeout_seconds": 10, "save_thumbnail": True},
)
def snapshot(camera_id: str, given: SnapshotInput) -> Answer:
    """Take a picture now. The answer says where it is; when it takes longer than timeout_seconds it is 202.

    For those who may write, it is kept among the snapshots of the camera, unless save_thumbnail is false.
    """
    camera, is_done = _checked(camera_id, given.timeout_seconds, is_kept=given.save_thumbnail)
    if not is_done:
        return _under_way(camera)
    told = _told(camera, True)
    if given.save_thumbnail and camera.picture_hash:
        told |= {"picture_url": address("cameras_picture", camera_id=camera.id), "picture_at": camera.picture_at}
    return Answer(told)


def _checked(camera_id: str, seconds: float, is_kept: bool = False) -> tuple[Camera, bool]:
    """The camera after its check, or as it is when that takes too long. Raises QueueAway."""
    camera, asked_at = access.camera_for_read(camera_id), utc_now()
    if is_kept and access.may("cameras:write", camera.group_id):
        jobs.take_snapshot(camera.id, current_user.id)
    else:
        jobs.check_now(camera.id)
    if not _places.acquire(blocking=False):
        return camera, False
    try:
        found = _wait(camera.id, asked_at, time.monotonic() + seconds)
    finally:
        _places.release()
    return found or camera, found is not None


def _wait(camera_id: str, asked_at: datetime, until: float) -> Camera | None:
    found = check_results.since(camera_id, asked_at)
    while found is None and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
        found = check_results.since(camera_id, asked_at)
    return found


def _told(camera: Camera, needs_login: bool) -> dict[str, object]:
    outcome = Outcome(camera.outcome) if camera.outcome else None
    is_reached = outcome is Outcome.ONLINE or (not needs_login and outcome is Outcome.AUTH_FAILED)
    return {
        "success": None if outcome is None else is_reached and not camera.fault,
        "camera_id": camera.id,
        "message": _message(camera, outcome, is_reached),
        "outcome": Outcome.INTERNAL_ERROR.value if camera.fault else camera.outcome,
        "remedy": None if outcome is None or is_reached else outcome.remedy,
        "latency_ms": None if camera.latency_ms is None else round(camera.latency_ms),
        "resolution": camera.actual_resolution or camera.resolution,
        "fps": camera.actual_fps or camera.fps,
        "codec": camera.actual_codec or camera.codec,
        "checked_at": camera.tried_at,
    }


def _message(camera: Camera, outcome: Outcome | None, is_reached: bool) -> str:
    if camera.fault:
        return f"{Outcome.INTERNAL_ERROR.sentence} {camera.fault}"
    if outcome is None:
        return f"{camera.name} was not checked yet."
    if is_reached:
        return f"Successfully connected to {camera.name}"
    return f"{outcome.sentence} {camera.detail or ''}".strip()


def _under_way(camera: Camera) -> Answer:
    told = _told(camera, True) | {"success": None, "message": UNDER_WAY.format(camera.name)}
    location = address("camera_checks_last_result", camera_id=camera.id)
    return Answer(told, code=202, headers={"Location": location, "Retry-After": "1"})
