"""The views of a camera that are right: their pictures, and saying that the view of now is one."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

import jobs

from .. import access
from ..htmx import is_fragment
from ..models import utc_now
from ..services import image_health
from ..services.grid import read_frame
from .live import draw_checking
from .pictures import FOR_EVER, clean_failures, jpeg

pages = Blueprint("image_health", __name__, url_prefix="/cameras/<camera_id>")


@pages.post("/view-is-right")
@access.requires("cameras:write")
def call_right(camera_id: str) -> Response:
    """The answer follows the camera closely until a check has judged its picture anew."""
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    camera = access.camera_for_write(camera_id)
    try:
        jobs.call_view_right(camera.id, current_user.id)
    except jobs.QueueAway:
        abort(503)
    if not is_fragment():
        return redirect(url_for("cameras.show", camera_id=camera.id), 303)
    return draw_checking(camera, frame)


@pages.get("/references/<reference_id>.jpg")
@access.requires("cameras:read")
def reference(camera_id: str, reference_id: str) -> Response:
    camera = access.camera_for_read(camera_id)
    found = image_health.find_reference(camera, reference_id) if access.ID.fullmatch(reference_id) else None
    if found is None:
        abort(404)
    with clean_failures():
        return jpeg(image_health.picture_of(found), FOR_EVER)
