"""The import of a file of cameras, step by step: upload, columns, dry run, import, undo."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

import jobs

from .. import access
from ..htmx import is_fragment, redirect_browser
from ..models import Import, utc_now
from ..schemas import ImportOptions, InvalidInput, parse
from ..services.imports import applying, course, drafts, rejected, showing, template, undoing
from ..services.imports.course import Failed, OutOfTurn
from ..services.imports.table import MAX_BYTES, Unreadable
from . import import_fields
from .import_pages import WORDS, attached, draw_import, draw_new, draw_undo
from .page import draw

pages = Blueprint("imports", __name__, url_prefix="/imports")

LARGEST_BODY = MAX_BYTES + 1024 * 1024
"""With what surrounds the file in a form."""
LARGEST_DRAINED = 200 * 1024 * 1024
TOO_LARGE = "This is larger than 20 MB. Split the file into several; pasted rows may have 2 MB."
NOTHING = "Choose a file, or paste the rows."
WAITS = "Redis does not answer. This begins by itself when Redis is back."


pages.context_processor(lambda: WORDS)


@pages.url_value_preprocessor
def _allow_large_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before anything reads the form, as the check of its token does."""
    if endpoint == "imports.create":
        request.max_content_length = LARGEST_BODY
        request.max_form_memory_size = import_fields.MAX_PASTED


@pages.errorhandler(RequestEntityTooLarge)
@access.requires("cameras:write")
def _too_large(_error: RequestEntityTooLarge) -> Response:
    """The rest is taken in and thrown away: a browser that is cut off in mid-sentence shows no answer at all."""
    body, left = request.environ["wsgi.input"], min(request.content_length or 0, LARGEST_DRAINED)
    while left > 0 and (piece := body.read(min(left, 65_536))):
        left -= len(piece)
    return draw_new(TOO_LARGE, 413)


@pages.errorhandler(OutOfTurn)
def _gone_on(error: OutOfTurn) -> AnyResponse:
    """Somebody pressed another button meanwhile, or the same one twice."""
    flash(str(error))
    return redirect(url_for("imports.show", **(request.view_args or {})), 303)


@pages.get("")
@access.requires("cameras:write")
def index() -> Response:
    number = request.args.get("page", 1, int)
    lines, count = showing.history(current_user, _sees_all(), max(1, number))
    return draw("imports/index.html", lines=lines, number=number, pages=count, sees_all=_sees_all())


@pages.get("/new")
@access.requires("cameras:write")
def new() -> Response:
    return draw_new()


@pages.get("/template.csv")
@access.requires("cameras:write")
def example() -> Response:
    return attached(template.template(), "text/csv", "cameras-template.csv")


@pages.post("")
@access.requires("cameras:write")
def create() -> AnyResponse:
    found = import_fields.uploaded(request.files.get("file"), request.form)
    if found is None:
        return draw_new(NOTHING, 422)
    try:
        import_ = drafts.create(current_user, *found, utc_now())
    except Unreadable as error:
        return draw_new(str(error), 413 if len(found[1]) > MAX_BYTES else 422)
    return _show(import_)


@pages.get("/<import_id>")
@access.requires("cameras:write")
def show(import_id: str) -> Response:
    return draw_import(_import_or_404(import_id))


@pages.post("/<import_id>/read")
@access.requires("cameras:write")
def read(import_id: str) -> AnyResponse:
    """The file again, in the encoding and with the delimiter somebody chose."""
    import_ = _import_or_404(import_id)
    try:
        drafts.read_again(import_, import_fields.asked(request.form), utc_now())
    except Unreadable as error:
        return draw_import(import_, {"": [str(error)]}, 422)
    return draw_import(_import_or_404(import_id)) if is_fragment() else _show(import_)


@pages.post("/<import_id>/check")
@access.requires("cameras:write")
def check(import_id: str) -> AnyResponse:
    import_ = _import_or_404(import_id)
    if not import_fields.asked(request.form).is_as(drafts.found_of(import_)):
        return read(import_id)  # without scripts a choice may come with this button
    sent = import_fields.options(request.form, len(drafts.found_of(import_).headings))
    if drafts.gaps(sent["mapping"]) and "anyway" not in request.form:
        return draw_import(import_, {}, 422, sent)
    try:
        drafts.start_check(import_, parse(ImportOptions, sent), access.scope("cameras:write"), utc_now())
    except InvalidInput as error:
        return draw_import(import_, error.problems, 422, sent)
    return _have_done(import_, "check")


@pages.post("/<import_id>/columns")
@access.requires("cameras:write")
def columns(import_id: str) -> AnyResponse:
    """Back to the columns and options."""
    import_ = _import_or_404(import_id)
    drafts.reopen(import_, utc_now())
    return _show(import_)


@pages.post("/<import_id>/apply")
@access.requires("cameras:write")
def apply(import_id: str) -> AnyResponse:
    import_ = _import_or_404(import_id)
    try:
        applying.start(import_, "is_all_or_nothing" in request.form, utc_now(), current_user)
    except Failed as error:
        return draw_import(import_, {"": [str(error)]}, 422)
    return _have_done(import_, "apply")


@pages.post("/<import_id>/go-on")
@access.requires("cameras:write")
def go_on(import_id: str) -> AnyResponse:
    import_ = _import_or_404(import_id)
    applying.go_on(import_, utc_now(), current_user)
    return _have_done(import_, "apply")


@pages.post("/<import_id>/cancel")
@access.requires("cameras:write")
def cancel(import_id: str) -> AnyResponse:
    import_ = _import_or_404(import_id)
    course.cancel(import_.id, utc_now())
    return _show(import_)


@pages.route("/<import_id>/undo", methods=["GET", "POST"])
@access.requires("cameras:write")
def undo(import_id: str) -> AnyResponse:
    import_ = _import_or_404(import_id)
    if request.method == "GET":
        return draw_undo(import_)
    undoing.start(import_, utc_now(), current_user)
    return _have_done(import_, "undo")


@pages.get("/<import_id>/progress")
@access.requires("cameras:write")
def progress(import_id: str) -> AnyResponse:
    """How far it is; when it is over, the page itself."""
    import_ = _import_or_404(import_id)
    found = showing.progress(import_, utc_now())
    if found.is_busy:
        return make_response(render_template("imports/_progress.html", progress=found, is_fragment=True))
    url = url_for("imports.show", import_id=import_.id, finished=1)
    return redirect_browser(url) if is_fragment() else redirect(url, 303)


@pages.get("/<import_id>/rejected")
@access.requires("cameras:write")
def rejected_rows(import_id: str) -> Response:
    """Only for whoever uploaded the file: the passwords in it are shown to nobody else."""
    import_ = _import_or_404(import_id)
    if import_.user_id != current_user.id:
        abort(404)
    try:
        found = rejected.download(import_)
    except Unreadable as error:
        return draw_import(import_, {"": [str(error)]}, 410)
    return attached(found.data, found.mimetype, found.name)


def _sees_all() -> bool:
    """Imports of everybody, as the audit shows them."""
    return access.may("audit:read")


def _import_or_404(import_id: str) -> Import:
    found = showing.load(import_id, current_user, _sees_all()) if access.ID.fullmatch(import_id) else None
    return found or abort(404)


def _have_done(import_: Import, act: str) -> AnyResponse:
    try:
        jobs.work_on_import(import_.id, act)
    except jobs.QueueAway:
        flash(WAITS)
    return _show(import_)


def _show(import_: Import) -> AnyResponse:
    return redirect(url_for("imports.show", import_id=import_.id), 303)
