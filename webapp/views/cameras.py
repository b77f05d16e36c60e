"""The camera grid, the page of one camera, and checking it at once."""

from __future__ import annotations

import re

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import jobs

from .. import access
from ..htmx import is_fragment
from ..models import Camera, utc_now
from ..services import camera_page, finding, group_queries
from ..services.grid import GridQuery, open_grid, read_frame, watch_frame
from . import grid_address, grid_words
from .live import draw_checking
from .page import ALL, draw

pages = Blueprint("cameras", __name__)

HEAD = re.compile(r"[0-9a-f-]{6,36}")
"""How an id begins."""


@pages.app_context_processor
def _address_helpers() -> dict[str, object]:
    addresses = ("link", "toggled", "sorted_by", "hidden", "SORTS", "SIZES", "VIEWS")
    words = ("chips", "choices", "all_dropped", "only_problems")
    found = {name: getattr(grid_address, name) for name in addresses}
    found |= {name: getattr(grid_words, name) for name in words}
    return found | {"grid_home": grid_address.home}


@pages.get("/")
def home() -> Response:
    return redirect(url_for("cameras.index"))


@pages.get("/cameras")
@access.requires("cameras:read")
def index() -> Response:
    return show_grid(grid_address.read(request.args))


def show_grid(query: GridQuery) -> Response:
    """The grid of the fleet or of a group; services.grid.NoSuchGroup when there is none."""
    grid = open_grid(query, utc_now(), access.scope("cameras:read"))
    url = grid_address.poll(query, grid.watch)
    place = query.group_id or ALL
    scope = access.scope("cameras:read")
    return draw("cameras/index.html", frame=grid.frame, grid=grid, query=query, poll_url=url, place=place, scope=scope)


@pages.get("/c/<head>")
@access.requires("cameras:read")
def short(head: str) -> Response:
    """The short links of the matrix."""
    found = _beginning_with(head)
    if len(found) == 1:
        return redirect(url_for("cameras.show", camera_id=found[0].id))
    flash("Another camera has come since the page was opened, and the link fits both. Choose again.")
    return redirect(url_for("cameras.index", view="matrix"))


@pages.get("/g/<group_head>")
@access.requires("cameras:read")
def short_group(group_head: str) -> Response:
    """The short links to the groups of the matrix."""
    found = group_queries.beginning(group_head, access.scope("cameras:read")) if HEAD.fullmatch(group_head) else []
    if len(found) != 1:
        abort(404)
    return redirect(url_for("groups.show", group_id=found[0], view="matrix"))


@pages.get("/c/<head>/peek")
@access.requires("cameras:read")
def peek(head: str) -> str:
    """What the matrix says of the camera that the pointer or the focus is on."""
    found = _beginning_with(head)
    return render_template("cameras/_peek.html", camera=found[0] if len(found) == 1 else None)


def _beginning_with(head: str) -> list[Camera]:
    found = finding.beginning(head, access.scope("cameras:read")) if HEAD.fullmatch(head) else []
    if not found:
        abort(404)
    return found


@pages.get("/cameras/<camera_id>")
@access.requires("cameras:read")
def show(camera_id: str) -> Response:
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    camera = access.camera_for_read(camera_id)
    url = grid_address.poll_camera(camera.id, watch_frame(frame, camera))
    page = camera_page.open_page(camera, utc_now())
    return draw("cameras/show.html", frame=frame, page=page, poll_url=url, place=camera.group_id or ALL)


@pages.post("/cameras/<camera_id>/check")
@access.requires("cameras:write")
def check(camera_id: str) -> Response:
    """Ask for a check now. The answer follows the camera closely until the result is there."""
    frame = read_frame(utc_now(), access.scope("cameras:read"))
    camera = access.camera_for_write(camera_id)
    try:
        jobs.check_now(camera.id)
    except jobs.QueueAway:
        abort(503)
    if not is_fragment():
        return redirect(url_for("cameras.show", camera_id=camera.id), 303)
    return draw_checking(camera, frame)
