"""The cameras of a list as a file; with their passwords only for who types their own again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request, stream_with_context, url_for
from flask_login import current_user

from .. import access, guessing
from ..extensions import limiter
from ..models import utc_now
from ..schemas import ExportInput, InvalidInput, Problems, parse
from ..services import exports, finding, groups
from ..services.finding import CameraFilter
from ..services.grid import GridQuery, NoSuchGroup, filter_of
from . import grid_address
from .page import ALL, draw
from .wording import clock

pages = Blueprint("exports", __name__)

TYPES = {"csv": "text/csv", "json": "application/json"}
OF_THE_PAGE = ("page", "size", "view", "sort")
"""What an address of the grid says of the page alone, not of the cameras that match."""


@pages.app_context_processor
def _links() -> dict[str, object]:
    return {"export_link": _link}


def _link(query: GridQuery, endpoint: str = "exports.show", **given: Any) -> str:
    return url_for(endpoint, **_said(query), **given)


def _said(query: GridQuery) -> dict[str, Any]:
    """The filter as arguments of url_for, the group of a group's page among them."""
    said = {name: value for name, value in grid_address.write(query).items() if name not in OF_THE_PAGE}
    return said | ({"within": query.group_id} if query.group_id else {})


@pages.get("/cameras/export")
@access.requires("cameras:read")
def show() -> Response:
    query = _query()
    wanted = _wanted(query, "cameras:read")
    try:
        given = _given(request.args.to_dict())
    except InvalidInput as error:
        return _draw(query, error.problems, 422)
    text = exports.start(wanted, given, _in_words(query), utc_now(), access.scope("cameras:write"))
    return _file(text, given, "cameras")


@pages.post("/cameras/export")
@access.requires("cameras:credentials")
@limiter.limit("5/minute", key_func=guessing.own_password, deduct_when=guessing.has_failed)
def with_passwords() -> Response:
    """The filter stands in the address, everything else in the form: a password is never part of an address."""
    query = _query()
    wanted = _wanted(query, "cameras:credentials")
    try:
        given = _given(request.form.to_dict())
        password = request.form.get("password", "")
        text = exports.start_with_passwords(wanted, given, _in_words(query), utc_now(), current_user, password)
    except InvalidInput as error:
        return _draw(query, error.problems, 422)
    return _file(text, given, "cameras-with-passwords")


@pages.get("/cameras/export/options")
@access.requires("cameras:read")
def options() -> Response:
    return _draw(_query(), {}, 200)


def _draw(query: GridQuery, problems: Problems, code: int) -> Response:
    total = finding.count(_wanted(query, "cameras:read"), utc_now())
    filters = [(name, one) for name, value in _said(query).items() for one in _each(value)]
    context: dict[str, Any] = {"query": query, "total": total, "filters": filters, "problems": problems}
    return draw("exports/options.html", code, place=query.group_id or ALL, **context)


def _each(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _query() -> GridQuery:
    within = request.args.get("within", "")
    return grid_address.read(request.args, within if access.ID.fullmatch(within) else None)


def _wanted(query: GridQuery, permission: str) -> CameraFilter:
    where = access.scope(permission)
    try:
        return filter_of(query, groups.tree(utc_now(), where) if query.needs_tree else None, where)
    except NoSuchGroup:
        abort(404)


def _given(sent: dict[str, str]) -> ExportInput:
    return parse(ExportInput, {name: sent[name] for name in ExportInput.model_fields if name in sent})


def _in_words(query: GridQuery) -> str:
    return urlencode(_said(query), doseq=True)


def _file(text: Iterator[str], given: ExportInput, what: str) -> Response:
    name = f"camkeeper-{what}-{clock(utc_now(), '%Y-%m-%d')}.{given.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(stream_with_context(text), headers=headers, mimetype=TYPES[given.format])
