"""Bulk actions: what one would do, starting it, following it, cancelling and undoing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

import jobs
from jobs import bulk as bulk_jobs

from .. import access
from ..models import BulkAction, utc_now
from ..schemas import BulkInput, InvalidInput, Problems, parse
from ..services import group_paths, groups
from ..services.bulk import progress, starting
from ..services.bulk.choice import Choice
from ..services.bulk.preview import Preview, preview
from ..services.rights import Scope
from . import bulk_fields, grid_address
from .page import ALL, draw

pages = Blueprint("bulk", __name__, url_prefix="/bulk")

AT_ONCE = 100
"""Cameras for which somebody waits; more are done by a worker."""
ACTIONS = {
    "move": "Move to group",
    "tag": "Add tags",
    "untag": "Remove tags",
    "disable": "Switch off",
    "enable": "Switch on",
    "maintenance": "Maintenance until",
    "resume": "End maintenance",
    "check": "Check now",
    "detection": "Set detection",
    "interval": "Set interval",
    "delete": "Delete",
}
BUTTONS = {
    "move": "Move {}",
    "tag": "Tag {}",
    "untag": "Remove tags from {}",
    "disable": "Switch off {}",
    "enable": "Switch on {}",
    "maintenance": "Put {} into maintenance",
    "resume": "End maintenance of {}",
    "check": "Check {}",
    "detection": "Set detection of {}",
    "interval": "Set interval of {}",
    "delete": "Delete {}",
}
NONE_CHOSEN: Problems = {"": ["No camera is chosen. Tick some, or choose all that match."]}
CHANGED: Problems = {"": ["The list has changed since you looked. These are the numbers now; look at them again."]}
NOT_TYPED = "Type {}, the number of cameras that would be deleted."


@pages.app_context_processor
def _actions() -> dict[str, object]:
    return {"BULK_ACTIONS": ACTIONS, "BULK_BUTTONS": BUTTONS}


@pages.get("")
@access.requires("cameras:write")
def index() -> Response:
    return draw("bulk/index.html", recent=progress.recent(current_user))


@pages.get("/groups")
@access.requires("cameras:write")
def offer_groups() -> Response:
    tree = groups.tree(utc_now(), access.scope("cameras:read"))
    return make_response(render_template("bulk/_groups.html", tree=tree))


@pages.post("")
@access.requires("cameras:write")
def ask() -> Response:
    """What the action would do; nothing is done yet."""
    return _ask(bulk_fields.from_bar)


@pages.post("/start")
@access.requires("cameras:write")
def start() -> Response:
    try:
        given = parse(BulkInput, bulk_fields.from_confirmed(request.form))
        found = starting.start(_choice(), given, _agreed(given), current_user, *_scopes(), utc_now())
    except InvalidInput as error:
        return _ask(bulk_fields.from_confirmed, error.problems)
    except starting.ChoiceChanged as error:
        return _draw_preview(given, error.preview, CHANGED, 409)
    _set_going(found)
    return _show(found, request.form.get("list"))


@pages.get("/<bulk_id>")
@access.requires("cameras:write")
def show(bulk_id: str) -> Response:
    return draw("bulk/show.html", **_followed(bulk_id))


@pages.get("/<bulk_id>/progress")
@access.requires("cameras:write")
def follow(bulk_id: str) -> Response:
    return make_response(render_template("bulk/_progress.html", is_fragment=True, **_followed(bulk_id)))


@pages.post("/<bulk_id>/resume")
@access.requires("cameras:write")
def resume(bulk_id: str) -> Response:
    """For one whose worker was stopped; should it still be at work, the two share what is left."""
    found = _own_or_404(bulk_id)
    try:
        bulk_jobs.start(found.id)
    except jobs.QueueAway:
        abort(503)
    return _show(found, request.args.get("back"))


@pages.post("/<bulk_id>/cancel")
@access.requires("cameras:write")
def cancel(bulk_id: str) -> Response:
    found = _own_or_404(bulk_id)
    starting.cancel(found, utc_now())
    return _show(found, request.args.get("back"))


@pages.post("/<bulk_id>/undo")
@access.requires("cameras:write")
def undo(bulk_id: str) -> Response:
    found = _own_or_404(bulk_id)
    try:
        found = starting.undo(found, current_user, utc_now())
        _set_going(found)
    except starting.CannotBeUndone:
        flash("There is nothing left to undo.")
    return _show(found, request.args.get("back"))


def _ask(read: Callable[[bulk_fields.Sent], dict[str, Any]], problems: Problems | None = None) -> Response:
    """The preview; where nothing can be counted, the fields again with what is wrong with them."""
    try:
        given = parse(BulkInput, read(request.form))
        found = preview(_choice(), given, *_scopes(), utc_now())
    except InvalidInput as error:
        return _draw("bulk/ask.html", 422, problems=error.problems)
    return _draw_preview(given, found, problems or {}, 422 if problems else 200)


def _choice() -> Choice:
    """InvalidInput when nothing is chosen, 400 for an address that is no list's."""
    if request.form.get("all"):
        of_list = grid_address.parse(request.form.get("list", ""))
        return Choice(of_list=of_list) if of_list else abort(400)
    ids = tuple(id for id in dict.fromkeys(request.form.getlist("camera")) if access.ID.fullmatch(id))
    if not ids:
        raise InvalidInput(NONE_CHOSEN)
    return Choice(ids)


def _scopes() -> tuple[Scope, Scope]:
    """What the person sees, and what of it they may change."""
    return access.scope("cameras:read"), access.scope("cameras:write")


def _agreed(given: BulkInput) -> starting.Agreed:
    """How many cameras the person was told of, and which; of a deletion they have to type the number."""
    agreed = request.form.get("agreed", -1, int)
    typed = "".join(filter(str.isdecimal, request.form.get("typed", "")))
    if given.action == "delete" and typed != str(agreed):
        raise InvalidInput({"typed": [NOT_TYPED.format(agreed)]})
    return starting.Agreed(agreed, request.form.get("digest", ""))


def _draw_preview(given: BulkInput, found: Preview, problems: Problems, code: int) -> Response:
    context = {"given": given, "preview": found, "fields": bulk_fields.written(given), "problems": problems}
    return _draw("bulk/preview.html", code, target=_path(given.group_id), **context)


def _draw(template: str, code: int, **context: Any) -> Response:
    """With the choice as it was sent, to be sent again."""
    chosen = [] if request.form.get("all") else request.form.getlist("camera")
    return draw(
        template, code, place=ALL, chosen=chosen, sent=request.form, back=_back(request.form.get("list")), **context
    )


def _set_going(found: BulkAction) -> None:
    """At once when it is little, else by a worker. Without Redis it does not begin: a worker that took it up hours
    later would surprise everybody."""
    if progress.progress(found, utc_now()).total <= AT_ONCE:
        return bulk_jobs.run_here(found.id)
    try:
        bulk_jobs.start(found.id)
    except jobs.QueueAway:
        starting.cancel(found, utc_now())
        abort(503)


def _own_or_404(bulk_id: str) -> BulkAction:
    found = starting.load(bulk_id, current_user) if access.ID.fullmatch(bulk_id) else None
    return found or abort(404)


def _followed(bulk_id: str) -> dict[str, Any]:
    found, now = _own_or_404(bulk_id), utc_now()
    given = starting.given_of(found)
    return {
        "progress": progress.progress(found, now),
        "left": progress.left(found),
        "undone_by": progress.undone_by(found),
        "given": given,
        "target": _path(given.group_id),
        "back": _back(request.args.get("back")),
    }


def _path(group_id: str | None) -> str:
    return group_paths.told(group_paths.read(access.scope("cameras:read")).get(group_id or "", ()))


def _back(address: str | None) -> str:
    return access.safe_next(address) or url_for("cameras.index")


def _show(found: BulkAction, back: str | None) -> Response:
    return redirect(url_for("bulk.show", bulk_id=found.id, back=access.safe_next(back)), 303)
