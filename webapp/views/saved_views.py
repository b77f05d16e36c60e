"""Saved views: keeping a page of the grid under a name, sharing, renaming and deleting it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from .. import access
from ..models import SavedView, utc_now
from ..schemas import InvalidInput, Problems, SavedViewInput, parse
from ..services import saved_views
from . import grid_address
from .page import draw

pages = Blueprint("saved_views", __name__, url_prefix="/views")


@pages.get("")
@access.requires(access.SEE_NOTHING)
def index() -> Response:
    return _draw()


@pages.post("")
@access.requires(access.SEE_NOTHING)
def create() -> AnyResponse:
    query = grid_address.parse(request.form.get("address", ""))
    if query is None:
        abort(400)
    address = grid_address.link(query, number=1)
    try:
        view = saved_views.create(_sent(), address, current_user, utc_now())
    except InvalidInput as error:
        return _draw(422, error.problems, address)
    flash(f"The view {view.name} is saved.")
    return redirect(view.address, 303)


@pages.post("/<view_id>")
@access.requires(access.SEE_NOTHING)
def update(view_id: str) -> AnyResponse:
    view = _own(view_id)
    try:
        saved_views.update(view, _sent(), current_user, utc_now())
    except InvalidInput as error:
        return _draw(422, error.problems, of=view.id)
    return redirect(url_for("saved_views.index"), 303)


@pages.post("/<view_id>/delete")
@access.requires(access.SEE_NOTHING)
def delete(view_id: str) -> AnyResponse:
    view = _own(view_id)
    saved_views.delete(view, utc_now())
    flash(f"The view {view.name} is deleted.")
    return redirect(url_for("saved_views.index"), 303)


def _own(view_id: str) -> SavedView:
    view = saved_views.load_own(view_id, current_user) if access.ID.fullmatch(view_id) else None
    return view or abort(404)


def _sent() -> SavedViewInput:
    return parse(SavedViewInput, {name: request.form[name] for name in ("name", "is_shared") if name in request.form})


def _draw(code: int = 200, problems: Problems | None = None, address: str = "", of: str = "") -> Response:
    """`problems` belong to the new view at `address`, or to the view `of`."""
    return draw("saved_views/index.html", code, problems=problems or {}, address=address, of=of, sent=request.form)
