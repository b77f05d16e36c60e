"""Views called right: the picture is stored first, then its record, so that neither lies about the other.

Runs where checks run: measuring a picture takes OpenCV.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from ..extensions import db, settings, transaction
from ..models import Camera, CameraReference, User, new_id, utc_now
from ..storage import StorageError, storage_from_settings
from ..video.decode import decode
from ..video.failure import CheckFailed, Deadline
from ..video.quality.finding import Finding, Sensitivity
from ..video.quality.judging import findings
from ..video.quality.measures import measure
from ..video.quality.reference import Reference
from . import audit, latest_picture, live, rights
from .cameras import DeletedMeanwhile, locked
from .rights import EVERYTHING, Scope

log = logging.getLogger(__name__)

FOLDER = "references/"
DECODING_S = 5.0


@dataclass(frozen=True, slots=True)
class View:
    """A picture that is right, and what it is recognised by."""

    camera_id: str
    reference: Reference
    jpeg: bytes = field(repr=False)
    taken_at: datetime


def adopt(views: list[View]) -> None:
    """Make references of first good pictures, best effort: what fails now comes again with the next check."""
    if not views or not live.may_store(utc_now()):
        return
    for view in views:
        try:
            _keep(view)
        except (StorageError, DBAPIError, DeletedMeanwhile) as error:
            log.warning("The view of camera %s is no reference yet: %s", view.camera_id, error)


def call_right(camera_id: str, user: User | None, now: datetime) -> bool:
    """Make the latest picture the reference of its light; whoever acts stands in the audit.

    False when there is no picture to be had, when it is black or cannot be stored now, or when the person may no
    longer change the camera.
    """
    if user is None:
        return False
    try:
        view = _latest(camera_id, now)
        if view is None:
            return False
        _keep(view, user, now)
    except (StorageError, CheckFailed, DBAPIError, DeletedMeanwhile) as error:
        log.warning("The view of camera %s could not be called right: %s", camera_id, error)
        return False
    return True


def _latest(camera_id: str, now: datetime) -> View | None:
    camera = db.session.get(Camera, camera_id)
    if camera is None:
        raise DeletedMeanwhile
    taken_at = camera.picture_at or now
    jpeg = latest_picture.of_camera(camera).data
    db.session.commit()
    measures = measure(decode("mjpeg", jpeg, Deadline.after(DECODING_S)))
    is_black = any(each.finding is Finding.BLACK for each in findings(measures, (), (), Sensitivity.LOW))
    return None if is_black else View(camera_id, Reference.of(measures), jpeg, taken_at)


def _keep(view: View, user: User | None = None, now: datetime | None = None) -> None:
    """`now` when a person called the view right; else it was the first good one, taken when it was."""
    record = CameraReference(
        id=new_id(),
        camera_id=view.camera_id,
        light=str(view.reference.light),
        features=view.reference.stored().encode("ascii"),
        facts={"taken_at": view.taken_at.isoformat()},
        user_id=user.id if user else None,
        created_at=now or view.taken_at,
    )
    record.storage_path = f"{FOLDER}{view.camera_id}/{record.id}.jpg"
    storage = storage_from_settings(settings)
    storage.put(record.storage_path, view.jpeg)
    try:
        _record(record, rights.scope_of(user, "cameras:write") if user else EVERYTHING, now)
    except Exception:
        with suppress(StorageError):  # else it is an orphan; housekeeping finds those
            storage.delete(record.storage_path)
        raise


def _record(record: CameraReference, scope: Scope, called_at: datetime | None) -> None:
    with transaction():
        camera = locked(record.camera_id, scope)
        db.session.add(record)
        if called_at:
            audit.record("camera.view_right", camera, {"light": None}, {"light": record.light}, called_at)
