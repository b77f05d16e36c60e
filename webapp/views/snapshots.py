"""The kept pictures of a camera: taking one, the filmstrip of a day, the pictures themselves, deleting one."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

import jobs

from .. import access
from ..htmx import is_fragment
from ..models import Camera, CameraSnapshot, utc_now
from ..services import filmstrip
from ..services.cameras import DeletedMeanwhile
from ..services.grid import read_frame
from .live import draw_checking
from .page import ALL, draw
from .pictures import FOR_EVER, clean_failures, jpeg
from .wording import clock, own_zone

pages = Blueprint("snapshots", __name__, url_prefix="/cameras/<camera_id>/snapshots")

NEWEST = 8
"""As many as the page of a camera shows."""
KINDS = {"regular": "Kept regularly", "finding": "Evidence of a fault in the picture", "manual": "Taken by hand"}
SIDES = {"before": "Last before an outage", "after": "First after an outage"}


@pages.app_context_processor
def _for_the_page_of_a_camera() -> dict[str, object]:
    return {"newest_snapshots": lambda camera: filmstrip.latest(camera, NEWEST)}


@pages.app_template_global("snapshot_kind")
def kind_of(snapshot: CameraSnapshot) -> str:
    return SIDES.get(snapshot.side or "") or KINDS.get(snapshot.kind, snapshot.kind)


@pages.get("")
@access.requires("cameras:read")
def index(camera_id: str) -> Response:
    camera = access.camera_for_read(camera_id)
    zone, shown = own_zone() or UTC, _chosen(camera)
    day = shown.created_at.astimezone(zone).date() if shown else _asked_day()
    day = day or filmstrip.newest_day(camera, zone) or utc_now().astimezone(zone).date()
    film = filmstrip.of_day(camera, day, zone, shown, request.args.get("page", type=int))
    return draw("snapshots/index.html", camera=camera, film=film, place=camera.group_id or ALL)


@pages.post("")
@access.requires("cameras:write")
def take(camera_id: str) -> Response:
    """Ask for a check whose picture is kept. The answer follows the camera closely until the result is there."""
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    camera = access.camera_for_write(camera_id)
    try:
        jobs.take_snapshot(camera.id, current_user.id)
    except jobs.QueueAway:
        abort(503)
    if not is_fragment():
        return redirect(url_for("cameras.show", camera_id=camera.id), 303)
    return draw_checking(camera, frame)


@pages.get("/<snapshot_id>.jpg")
@access.requires("cameras:read")
def picture(camera_id: str, snapshot_id: str) -> Response:
    camera = access.camera_for_read(camera_id)
    snapshot = _snapshot(camera, snapshot_id)
    with clean_failures():
        answer = jpeg(filmstrip.read(snapshot), FOR_EVER)
    if "download" in request.args:
        answer.headers.set("Content-Disposition", "attachment", filename=_name(camera, snapshot.created_at))
    return answer


@pages.post("/<snapshot_id>/delete")
@access.requires("cameras:write")
def delete(camera_id: str, snapshot_id: str) -> Response:
    camera = access.camera_for_write(camera_id)
    snapshot = _snapshot(camera, snapshot_id)
    try:
        filmstrip.remove(camera, snapshot, utc_now(), access.scope("cameras:write"))
    except DeletedMeanwhile:
        abort(404)
    flash(f"The picture of {clock(snapshot.created_at, '%Y-%m-%d %H:%M:%S')} is deleted.")
    day = snapshot.created_at.astimezone(own_zone() or UTC).date()
    return redirect(url_for("snapshots.index", camera_id=camera.id, day=day), 303)


def _snapshot(camera: Camera, snapshot_id: str) -> CameraSnapshot:
    found = filmstrip.find(camera, snapshot_id) if access.ID.fullmatch(snapshot_id) else None
    if found is None:
        abort(404)
    return found


def _chosen(camera: Camera) -> CameraSnapshot | None:
    """One that is gone meanwhile leaves the day to be shown."""
    wanted = request.args.get("at", "")
    return filmstrip.find(camera, wanted) if access.ID.fullmatch(wanted) else None


def _asked_day() -> date | None:
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _name(camera: Camera, moment: datetime) -> str:
    return f"{camera.name} {clock(moment, '%Y-%m-%d %H-%M-%S')}.jpg".replace("/", "-")
