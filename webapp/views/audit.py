"""The audit: for auditors as a whole, by filter and as CSV; of one camera for everybody who sees that camera."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, request, stream_with_context, url_for

from .. import access
from ..models import Camera, utc_now
from ..schemas import InvalidInput
from ..services import audit_csv, audit_trail, audit_words
from ..services.audit_trail import AuditFilter, NoSuchEntry, Page, Reader
from . import audit_address
from .page import ALL, draw
from .wording import clock, own_zone

pages = Blueprint("audit", __name__)

SHORT = 5
"""As many entries the page of a camera shows."""


@pages.app_context_processor
def _for_the_page_of_a_camera() -> dict[str, object]:
    return {"history_of": lambda camera: _history(camera, size=SHORT)}


@pages.get("/audit")
@access.requires("audit:read")
def index() -> Response:
    try:
        wanted = audit_address.read(request.args)
    except InvalidInput as error:
        return _draw(Page([], None, None), error.problems, 422)
    return _draw(_page(wanted, _auditor()), {}, 200)


def _draw(page: Page, problems: object, code: int) -> Response:
    chosen = {action for action in request.args.getlist("action") if "." in action}  # also one there is no entry of
    people, actions = audit_trail.people(), audit_words.by_noun(sorted(chosen | set(audit_trail.actions())))
    context: dict[str, Any] = {
        "page": page,
        "people": people,
        "actions": actions,
        "nobody": audit_trail.NOBODY,
        "problems": problems,
    }
    here = partial(audit_address.link, request.args)
    return draw("audit/index.html", code, args=request.args, here=here, **context)


@pages.get("/audit.csv")
@access.requires("audit:read")
def as_csv() -> Response:
    try:
        wanted = audit_address.read(request.args)
    except InvalidInput:
        abort(400)
    lines = stream_with_context(audit_csv.stream(wanted, _auditor()))
    name = f"camkeeper-audit-{clock(utc_now(), '%Y-%m-%d')}.csv"
    return Response(lines, headers={"Content-Disposition": f'attachment; filename="{name}"'}, mimetype="text/csv")


@pages.get("/cameras/<camera_id>/history")
@access.requires("cameras:read")
def of_camera(camera_id: str) -> Response:
    camera = access.camera_for_read(camera_id)
    page = _history(camera, audit_trail.PAGE_SIZE)
    here = partial(url_for, "audit.of_camera", camera_id=camera.id)
    return draw("audit/of_camera.html", camera=camera, page=page, here=here, place=camera.group_id or ALL)


def _history(camera: Camera, size: int) -> Page:
    return _page(AuditFilter(camera_id=camera.id), _reader_of(camera), size)


def _page(wanted: AuditFilter, reader: Reader, size: int = audit_trail.PAGE_SIZE) -> Page:
    try:
        return audit_trail.find(wanted, reader, _id("before"), _id("after"), size)
    except NoSuchEntry:
        abort(404)


def _id(name: str) -> str:
    text = request.args.get(name, "")
    if text and not access.ID.fullmatch(text):
        abort(404)
    return text


def _auditor() -> Reader:
    return Reader(access.scope("audit:read"), own_zone() or UTC, is_auditor=True, may_write=True)


def _reader_of(camera: Camera) -> Reader:
    may_write = access.may("cameras:write", camera.group_id)
    return Reader(access.scope("cameras:read"), own_zone() or UTC, access.may("audit:read"), may_write)
