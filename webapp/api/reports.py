"""Health reports: asked for, followed, read as JSON or CSV."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_login import current_user
from typing_extensions import TypedDict
from werkzeug.wrappers import Response

import jobs

from .. import access
from ..models import Report, WorkState, utc_now
from ..schemas import NumberedPage, ReportInput
from ..services.reports import asking, reading, writing
from ..services.reports.reading import Reader
from .answers import Answer, Refused, moment, page_meta
from .operations import operation
from .shapes import Deleted, address

NOT_READY = "This report is not finished; it is {}."


class ReportShape(TypedDict):
    """`result` is there when the report is done, and only where one report is asked for."""

    id: str
    name: str
    group_id: str | None
    period: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    state: str
    percent: int
    problem: str | None
    result: dict[str, Any] | None
    createdAt: datetime


@operation("GET", "/reports", "cameras:read", query=NumberedPage, answer=list[ReportShape], is_paged=True)
def list_(query: NumberedPage) -> Answer:
    """List the reports one may read, the newest first. A page has 50."""
    lines, _ = reading.listed(_reader(), query.page)
    total, now = reading.count(_reader()), utc_now()
    is_there = (query.page - 1) * reading.PAGE < total
    shown = [_shape(line.report, now) | {"result": None} for line in lines] if is_there else []
    return Answer(shown, page_meta(query.page, reading.PAGE, total))


@operation(
    "POST",
    "/reports",
    "cameras:read",
    body=ReportInput,
    answer=ReportShape,
    code=202,
    codes=(503,),
    is_repeatable=True,
    example={"period": "month", "day": "2026-10-01", "time_zone": "Europe/Vienna"},
)
def create(given: ReportInput) -> Answer:
    """Have a report made about a group or everything. Follow it at the address in Location."""
    now = utc_now()
    report = asking.create(current_user, given, access.scope("cameras:read"), now)
    jobs.make_report(report.id)
    location = address("reports_show", report_id=report.id)
    return Answer(_shape(report, now) | {"result": None}, headers={"Location": location})


@operation("GET", "/reports/<uuid:report_id>", "cameras:read", answer=ReportShape, codes=(404,))
def show(report_id: str) -> Answer:
    """How far a report is; when it is done, with its result."""
    report = _load(report_id)
    result = report.result if report.state == WorkState.DONE else None
    return Answer(_shape(report, utc_now()) | {"result": result})


@operation("GET", "/reports/<uuid:report_id>/csv", "cameras:read", answer="text/csv", codes=(404, 409))
def as_csv(report_id: str) -> Response:
    """A finished report as CSV."""
    report = _load(report_id)
    if report.state != WorkState.DONE:
        raise Refused(409, NOT_READY.format(report.state))
    headers = {"Content-Disposition": 'attachment; filename="report.csv"', "Cache-Control": "no-store"}
    return Response(writing.as_csv(report), content_type="text/csv; charset=utf-8", headers=headers)


@operation("DELETE", "/reports/<uuid:report_id>", "cameras:read", answer=Deleted, codes=(404,))
def delete(report_id: str) -> Answer:
    """Delete a report: one's own, or as an administrator any."""
    report = _load(report_id)
    if report.user_id != current_user.id and not access.may("users:write"):
        raise Refused(403, "Only who asked for a report, or an administrator, may delete it.")
    asking.delete(report, utc_now())
    return Answer({"id": report_id, "deleted": True})


def _reader() -> Reader:
    return Reader(current_user, access.scope("cameras:read"))


def _load(report_id: str) -> Report:
    found = reading.load(report_id, _reader())
    if found is None:
        raise Refused(404, "There is no such report, or it is not yours to read.")
    return found


def _shape(report: Report, now: datetime) -> dict[str, Any]:
    return {
        "id": report.id,
        "name": report.name,
        "group_id": report.group_id,
        "period": report.period,
        "starts_at": moment(report.starts_at),
        "ends_at": moment(report.ends_at),
        "time_zone": report.time_zone,
        "state": str(report.state),
        "percent": reading.progress(report, now).percent,
        "problem": report.problem,
        "createdAt": moment(report.created_at),
    }
