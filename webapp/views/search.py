"""What the search field offers while somebody types."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from .. import access
from ..htmx import is_fragment
from ..models import utc_now
from ..services import finding
from ..services.suggestions import suggest
from . import grid_address

pages = Blueprint("search", __name__)


@pages.get("/search")
@access.requires("cameras:read")
def show() -> Response | str:
    query = grid_address.read(request.args)
    if not is_fragment():
        return redirect(grid_address.link(query))
    found = suggest(query.search, access.scope("cameras:read"), utc_now())
    return render_template("search/_suggestions.html", found=found, query=query)


@pages.get("/search/tags")
@access.requires("cameras:read")
def tags() -> str:
    """What the filter offers as tags; asked for when its menu is opened."""
    return render_template("search/_tags.html", tags=finding.known_tags(access.scope("cameras:read")))
