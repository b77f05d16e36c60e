"""Health reports: the list, asking for one, following it, reading it as a page, CSV or JSON."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

import jobs

from .. import access
from ..htmx import is_fragment, redirect_browser
from ..models import Report, WorkState, utc_now
from ..schemas import InvalidInput, Problems, ReportInput, parse, time_zones
from ..services import group_paths
from ..services.reports import asking, reading, writing
from ..services.reports.reading import Reader
from . import report_words
from .page import draw
from .wording import own_zone

pages = Blueprint("reports", __name__, url_prefix="/reports")

WAITS = "Redis does not answer. The report is made by itself when Redis is back."

pages.context_processor(report_words.words)


@pages.get("")
@access.requires("cameras:read")
def index() -> Response:
    number = request.args.get("page", 1, int)
    lines, count = reading.listed(_reader(), number)
    return draw("reports/index.html", lines=lines, number=number, pages=count, period_of=asking.period_of)


@pages.get("/new")
@access.requires("cameras:read")
def new() -> Response:
    return _draw_form({})


@pages.post("")
@access.requires("cameras:read")
def create() -> AnyResponse:
    try:
        given = parse(ReportInput, _sent())
        report = asking.create(current_user, given, access.scope("cameras:read"), utc_now())
    except InvalidInput as error:
        return _draw_form(error.problems)
    return _have_made(report)


@pages.get("/<report_id>")
@access.requires("cameras:read")
def show(report_id: str) -> Response:
    return _draw(_report_or_404(report_id))


@pages.get("/<report_id>/progress")
@access.requires("cameras:read")
def progress(report_id: str) -> AnyResponse:
    """How far it is; when it is over, the page itself."""
    report = _report_or_404(report_id)
    found = reading.progress(report, utc_now())
    if found.is_busy:
        return make_response(render_template("reports/_progress.html", progress=found, is_fragment=True))
    url = url_for("reports.show", report_id=report.id, finished=1)
    return redirect_browser(url) if is_fragment() else redirect(url, 303)


@pages.post("/<report_id>/again")
@access.requires("cameras:read")
def again(report_id: str) -> AnyResponse:
    """The same about the next period."""
    report = _report_or_404(report_id)
    try:
        made = asking.again(report, current_user, access.scope("cameras:read"), utc_now())
    except InvalidInput as error:
        return _draw(report, error.problems, 422)
    return _have_made(made)


@pages.route("/<report_id>/delete", methods=["GET", "POST"])
@access.requires("cameras:read")
def delete(report_id: str) -> AnyResponse:
    report = _report_or_404(report_id)
    if not _may_delete(report):
        abort(403)
    if request.method == "GET":
        return draw("reports/delete.html", report=report, period=asking.period_of(report))
    asking.delete(report, utc_now())
    flash("The report is deleted.")
    return redirect(url_for("reports.index"), 303)


@pages.get("/<report_id>.csv")
@access.requires("cameras:read")
def as_csv(report_id: str) -> Response:
    report = _finished_or_404(report_id)
    return _attached(writing.as_csv(report), "text/csv; charset=utf-8", report, "csv")


@pages.get("/<report_id>.json")
@access.requires("cameras:read")
def as_json(report_id: str) -> Response:
    report = _finished_or_404(report_id)
    text = json.dumps(reading.plain(report), ensure_ascii=False, indent=1)
    return _attached(text, "application/json", report, "json")


def _reader() -> Reader:
    return Reader(current_user, access.scope("cameras:read"))


def _report_or_404(report_id: str) -> Report:
    found = reading.load(report_id, _reader()) if access.ID.fullmatch(report_id) else None
    return found or abort(404)


def _finished_or_404(report_id: str) -> Report:
    report = _report_or_404(report_id)
    if report.state != WorkState.DONE:
        abort(404)
    return report


def _may_delete(report: Report) -> bool:
    return report.user_id == current_user.id or access.may("users:write")


def _sent() -> dict[str, str]:
    """The person's own zone counts more than the browser's; a browser may name one that nobody can choose."""
    fields = {name: request.form.get(name, "") for name in ReportInput.model_fields}
    if fields["period"] != "custom":
        fields["until"] = ""
    zone = str(own_zone() or fields["time_zone"])
    return fields | {"period": fields["period"] or "week", "time_zone": zone if zone in time_zones() else ""}


def _have_made(report: Report) -> AnyResponse:
    try:
        jobs.make_report(report.id)
    except jobs.QueueAway:
        flash(WAITS)
    return redirect(url_for("reports.show", report_id=report.id), 303)


def _draw_form(problems: Problems) -> Response:
    paths = group_paths.read(access.scope("cameras:read"))
    groups = sorted((group_paths.told(path), group_id) for group_id, path in paths.items())
    sent = request.form if request.method == "POST" else request.args
    return draw("reports/new.html", 422 if problems else 200, problems=problems, groups=groups, sent=sent)


def _draw(report: Report, problems: Problems | None = None, code: int = 200) -> Response:
    now = utc_now()
    context: dict[str, Any] = {
        "report": report,
        "period": asking.period_of(report),
        "progress": reading.progress(report, now),
    }
    rights = {"may_delete": _may_delete(report), "has_next": asking.has_next(report, now), "problems": problems or {}}
    known = {camera["id"]: camera for camera in (report.result or {}).get("each", ())}
    return draw("reports/show.html", code, **(context | rights), found=report.result, known=known)


def _attached(text: str, mimetype: str, report: Report, ending: str) -> Response:
    period = asking.period_of(report)
    response = Response(text, content_type=mimetype)
    name = f"{report.name} {period.first} to {period.last}.{ending}"
    response.headers.set("Content-Disposition", "attachment", filename=name.replace("/", "-").replace("\\", "-"))
    response.headers["Cache-Control"] = "no-store"
    return response
