"""The grid of one group with everything beneath it."""

from __future__ import annotations

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from .. import access
from ..services.grid import NoSuchGroup
from . import grid_address
from .cameras import show_grid

pages = Blueprint("groups", __name__)


@pages.get("/groups/<group_id>")
@access.requires("cameras:read")
def show(group_id: str) -> Response:
    try:
        return show_grid(grid_address.read(request.args, group_id))
    except NoSuchGroup:
        abort(404)
