"""The camera grid, the page of one camera, and checking it at once."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

import jobs

from .. import access
from ..htmx import is_fragment
from ..models import utc_now
from ..services import camera_page
from ..services.grid import GridQuery, open_grid, read_frame, watch_frame
from . import grid_address
from .live import draw_checking
from .page import ALL, draw

pages = Blueprint("cameras", __name__)


@pages.app_context_processor
def _address_helpers() -> dict[str, object]:
    return {name: getattr(grid_address, name) for name in ("link", "toggled", "SORTS", "SIZES")}


@pages.get("/")
def home() -> Response:
    return redirect(url_for("cameras.index"))


@pages.get("/cameras")
@access.requires("cameras:read")
def index() -> Response:
    return show_grid(grid_address.read(request.args))


def show_grid(query: GridQuery) -> Response:
    """The grid of the fleet or of a group; services.grid.NoSuchGroup when there is none."""
    grid = open_grid(query, utc_now())
    url = grid_address.poll(query, grid.watch)
    place = query.group_id or ALL
    return draw("cameras/index.html", frame=grid.frame, grid=grid, query=query, poll_url=url, place=place)


@pages.get("/cameras/<camera_id>")
@access.requires("cameras:read")
def show(camera_id: str) -> Response:
    frame = read_frame(utc_now())
    camera = access.camera_for_read(camera_id)
    url = grid_address.poll_camera(camera.id, watch_frame(frame, camera))
    page = camera_page.open_page(camera, utc_now())
    return draw("cameras/show.html", frame=frame, page=page, poll_url=url, place=camera.group_id or ALL)


@pages.post("/cameras/<camera_id>/check")
@access.requires("cameras:write")
def check(camera_id: str) -> Response:
    """Ask for a check now. The answer follows the camera closely until the result is there."""
    frame = read_frame(utc_now())
    camera = access.camera_for_write(camera_id)
    try:
        jobs.check_now(camera.id)
    except jobs.QueueAway:
        abort(503)
    if not is_fragment():
        return redirect(url_for("cameras.show", camera_id=camera.id), 303)
    return draw_checking(camera, frame)
